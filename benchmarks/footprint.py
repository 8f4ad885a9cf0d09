"""How large is the tracker, and how long does the demo take to its first page? Bounds of our own, so each is its own
yardstick."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.measure import Row
from personalization.edge.tracker import Tracker
from personalization.embedded.process import free_port

ROOT = Path(__file__).resolve().parent.parent


def run() -> list[Row]:
    size = len(Tracker().served.compressed)
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        Path(folder).chmod(0o755)
        cold, warm = first_page(folder), first_page(folder)
    return [
        Row("t.js, gzipped", size, "bytes", "4 KB", 4096, size / 4096, 1.0, 1.0, lower=True),
        Row(
            "demo to first page, empty",
            cold,
            "s",
            "60 s",
            60,
            cold / 60,
            1.0,
            0.5,
            lower=True,
            note="packages installed, no data yet",
        ),
        Row("demo to first page, again", warm, "s", "10 s", 10, warm / 10, 1.0, 0.7, lower=True),
    ]


def first_page(folder: str) -> float:
    """Seconds from the command to the shop's first page, as somebody who typed `make demo` waits."""
    port = free_port()
    environment = {**os.environ, "SEGUE_VAR": folder, "SEGUE_LOG_LEVEL": "ERROR"}
    command = [sys.executable, "manage.py", "up", "--demo", "--no-visitors", "--port", str(port)]
    begun = time.monotonic()
    child = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while not answers(f"http://127.0.0.1:{port}/demo/"):
            if child.poll() is not None or time.monotonic() - begun > 180:
                raise RuntimeError("the demo did not start")
            time.sleep(0.05)
        return time.monotonic() - begun
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(30)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as page:
            return page.status == 200
    except (urllib.error.URLError, OSError):
        return False
