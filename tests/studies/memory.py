"""How much memory does a part of a running Segue hold?"""

from pathlib import Path

from tests.running import Segue


def resident_mb(segue: Segue, name: str) -> float:
    """Resident megabytes of a process that the supervisor started; of the web server that of its largest worker."""
    pid = segue.state["processes"][name]
    return max(_resident_mb(one) for one in (pid, *_children(pid)))


def _children(pid: int) -> list[int]:
    return [int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()]


def _resident_mb(pid: int) -> float:
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024
