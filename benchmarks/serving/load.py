"""How is a server loaded? `wrk` on a core of its own, and the CPU time of the server's process group beside the
requests."""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]


@dataclass(frozen=True)
class Figures:
    """One run: requests a second, CPU microseconds of the server a request, latencies in milliseconds, answers that
    were no 2xx, and all."""

    rate: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    failed: int
    requests: int


REPORT = """
done = function(summary, latency, requests)
  io.write(string.format("RESULT %f %d %d %d %d\\n", summary.requests / (summary.duration / 1e6),
  latency:percentile(50),
    latency:percentile(99), summary.errors.status + summary.errors.connect + summary.errors.read +
    summary.errors.timeout, summary.requests))
end
"""


def require_wrk() -> str:
    """The path of wrk; installs it as root where apt is at hand. Raises SystemExit with the way to get it."""
    if found := shutil.which("wrk"):
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False, capture_output=True)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "wrk"], check=False, capture_output=True
        )
    if found := shutil.which("wrk"):
        return found
    raise SystemExit("the HTTP benchmarks need wrk: apt-get install wrk")


def load(url: str, group: int, *, script: str = "", seconds: int = 4, connections: int = 32) -> Figures:
    """Loads `url` and reads what it cost the process group `group`."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script + REPORT)
        file.flush()
        before = cpu_seconds(group)
        command = [
            "taskset",
            "-c",
            str(LOAD_CORE),
            require_wrk(),
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--timeout",
            "20s",  # a slow server is a figure, not a failure
            "-s",
            file.name,
            url,
        ]
        output = subprocess.run(command, capture_output=True, text=True, check=False)
        spent = cpu_seconds(group) - before
    match = re.search(r"RESULT (\S+) (\d+) (\d+) (\d+) (\d+)", output.stdout)
    if not match:
        raise RuntimeError(f"wrk failed: {output.stdout[-300:]}{output.stderr[-300:]}")
    rate, p50, p99, failed, requests = (float(part) for part in match.groups())
    return Figures(rate, spent / max(requests, 1) * 1e6, p50 / 1000, p99 / 1000, int(failed), int(requests))


def cpu_seconds(group: int) -> float:
    """User and system time so far of all processes of a group: steadier than wall time beside busy neighbours."""
    total = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[2]) == group:
                total += int(fields[11]) + int(fields[12])
    return total / TICKS
