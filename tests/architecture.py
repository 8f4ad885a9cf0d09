"""What is there to look through? The apps, by who may import whom, and the files of the project."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# From top to bottom; siblings share a line. A test compares it with the import contract.
LAYERS = [{"personalization"}, {"campaigns", "recommendations"}, {"segments"}, {"tracking"}, {"privacy"}, {"sites"}]
RANKS = {app: rank for rank, layer in enumerate(LAYERS) for app in layer}


def tracked_files() -> list[Path]:
    """Below ROOT."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        # An unpacked archive has no list to ask; where the suite decides what lands, there must be one.
        assert not os.environ.get("CI"), listed.stderr
        pytest.skip("NOT A GIT CHECKOUT: the names of its files cannot be listed")
    return [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def sources() -> list[Path]:
    """The modules of all apps, but for migrations."""
    return [
        path for app in sorted(RANKS) for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts
    ]
