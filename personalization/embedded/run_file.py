"""Where does the Segue that runs from this folder answer? Written by `up`, so that a command in another shell reaches
the same servers."""

import json
import os
from pathlib import Path
from typing import Any

from .process import is_alive

NAME = "run.json"


def write(var: Path, state: dict[str, Any]) -> None:
    """Whole or not at all, and for our own eyes: the URLs hold passwords."""
    unfinished = var / f".{NAME}"
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps({"supervisor": os.getpid()} | state, indent=2))
    unfinished.rename(var / NAME)


def read(var: Path) -> dict[str, Any]:
    """Empty when nothing runs from this folder; what a killed supervisor left does not count."""
    try:
        state = json.loads((var / NAME).read_text())
    except (FileNotFoundError, PermissionError):
        return {}
    return state if is_alive(state["supervisor"]) else {}


def remove(var: Path) -> None:
    (var / NAME).unlink(missing_ok=True)
