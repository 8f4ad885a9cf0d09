"""A recording sent through the real pipeline, for tests of what comes of it."""

import io
from pathlib import Path
from typing import Any

from django.core.management import call_command


def replay(file: Path, format: str, **options: Any) -> str:
    """What the command says of it."""
    out = io.StringIO()
    call_command("replay", str(file), format=format, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue()
