"""How does a child process begin, show that it works, die with its parent, and end?"""

import ctypes
import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from typing import IO, NamedTuple

PR_SET_PDEATHSIG = 1
NEEDED = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
_libc = ctypes.CDLL(None, use_errno=True)


class EmbeddedError(Exception):
    """A server or process cannot be run; the message says what to do. Trying again without a change does not help."""


class Account(NamedTuple):
    """The user that a program runs as, where it is not our own."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of_name(cls, name: str) -> "Account":
        """Raises KeyError when there is no such user."""
        entry = pwd.getpwnam(name)
        return cls(name, entry.pw_uid, entry.pw_gid)


def _nothing() -> None:
    pass


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Program:
    """What to run, as whom, and how to tell that it works."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    # Our environment too; not for what is not ours, which has no use for the secrets in it.
    inherits: bool = True
    account: Account | None = None
    stop_signal: Signals = signal.SIGTERM
    # Sent by the kernel when the process that started this one is gone, however it went.
    death_signal: Signals = signal.SIGTERM
    # Called before each start, so that a crash leaves nothing in the way of the next one.
    prepare: Callable[[], None] = _nothing
    is_ready: Callable[[], bool] = _always
    # Started again without a pause after a first crash: for what all others cannot do without.
    back_at_once: bool = False
    start_seconds: float = 30
    stop_seconds: float = 10


def start(program: Program, output: IO[bytes] | int | None = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Starts the program as the leader of a new process group. Its death signal is tied to the calling thread: call
    from the main one."""
    program.prepare()
    parent = os.getpid()

    def bind_to_parent() -> None:
        # After the change of user, which would clear it. The parent may be gone already: then nobody would send the
        # signal.
        die_with_parent(program.death_signal)
        if os.getppid() != parent:
            os._exit(1)

    account = program.account
    try:
        return subprocess.Popen(
            program.command,
            env={**(os.environ if program.inherits else clean_environment()), **program.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=bind_to_parent,
            process_group=0,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except OSError as error:
        raise EmbeddedError(f"{program.name} cannot be started: {error}") from error


def clean_environment() -> dict[str, str]:
    """What any program needs, of our environment."""
    return {name: os.environ[name] for name in NEEDED if name in os.environ}


def die_with_parent(number: Signals) -> None:
    """Has the kernel send us this signal when the thread that started us ends."""
    _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def wait_until_ready(program: Program, child: subprocess.Popen[bytes]) -> None:
    """Raises EmbeddedError when the child ends or stays silent instead."""
    deadline = time.monotonic() + program.start_seconds
    while not program.is_ready():
        if (code := child.poll()) is not None:
            raise EmbeddedError(f"{program.name} ended with code {code} while starting")
        if time.monotonic() > deadline:
            raise EmbeddedError(f"{program.name} does not answer after {program.start_seconds:.0f} s")
        time.sleep(0.01)


def stop(program: Program, child: subprocess.Popen[bytes]) -> None:
    """Asks the child to end, and ends its whole group if it or a child of its own does not."""
    if child.poll() is None:
        child.send_signal(program.stop_signal)
        with suppress(subprocess.TimeoutExpired):
            child.wait(program.stop_seconds)
    kill_group(child.pid)
    child.wait()


def kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def is_alive(pid: int) -> bool:
    """False for a zombie too: where PID 1 reaps slowly, a killed server lingers as one."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def clear_pid_file(file: Path, executable: str, seconds: float = 15) -> None:
    """Removes what a killed server left. One that is still shutting down is waited for, so that two never share a data
    folder."""
    deadline = time.monotonic() + seconds
    while (pid := _pid_in(file)) and is_alive(pid) and _runs(pid, executable):
        if time.monotonic() > deadline:
            raise EmbeddedError(f"process {pid} still uses {file.parent}; stop it first")
        time.sleep(0.05)
    file.unlink(missing_ok=True)


def _pid_in(file: Path) -> int:
    try:
        return int(file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return 0


def _runs(pid: int, executable: str) -> bool:
    try:
        return executable in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
