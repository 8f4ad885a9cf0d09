"""Can the production image be built? The lines of the Dockerfile that can be run without an engine, as they stand
there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "var", "node_modules", "staticfiles", ".*_cache", "__pycache__", ".hypothesis"
)


def test_the_line_that_gathers_static_files_runs(tmp_path):
    """Security finding A6: its key was shorter than the settings demand."""
    dockerfile = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
    [line] = [line for line in re.findall(r"^RUN (.*)", dockerfile, re.MULTILINE) if "collectstatic" in line]
    source = shutil.copytree(ROOT, tmp_path / "segue", ignore=LEFT_OUT)
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "SEGUE_ENV": "production",
        "SEGUE_VAR": str(tmp_path / "var"),
    }

    done = subprocess.run(["sh", "-c", line], cwd=source, env=environment, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert (source / "staticfiles" / "tracker").stat().st_mode & 0o005 == 0o005  # for the user whom the image runs as
    assert (source / "staticfiles" / "tracker" / "t.js").stat().st_mode & 0o004
