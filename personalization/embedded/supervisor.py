"""Who keeps the programs of one Segue alive? Starts them, forwards what they print, restarts those that crash, ends
them in order.

One thread and one loop: the kernel binds each child to the thread that started it (see `process`).
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from . import process
from .process import EmbeddedError, Program

FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 5  # everything else waits for what is away
# A program that ran this long had started well: its next crash counts as the first.
HEALTHY_SECONDS = 10


class StopRequested(Exception):
    """Ctrl-C, or a signal that asks us to end."""


@dataclass
class Child:
    program: Program
    handle: subprocess.Popen[bytes]
    started: float
    crashes: int = 0
    restart_at: float | None = None
    unfinished_line: bytes = b""


class Supervisor:
    """`write(name, line)` receives every line that a child prints; ours have the name `segue`.

    `stop_order` names who ends first; programs that it does not name end before those.
    """

    def __init__(
        self,
        write: Callable[[str, str], None],
        stop_order: Sequence[str] = (),
        on_change: Callable[[dict[str, int]], None] = lambda pids: None,
    ) -> None:
        self.write = write
        self.stop_order = stop_order
        self.on_change = on_change
        self.children: dict[str, Child] = {}
        # Whose end is the business of the method that waits for it.
        self.awaited: tuple[str, ...] = ()
        self.selector = selectors.DefaultSelector()
        self.stop_requests = 0

    def listen_to_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._request_stop)

    def start(self, *programs: Program) -> None:
        """Starts them without waiting."""
        for program in programs:
            self.children[program.name] = self._spawn(program)
        self._tell_change()

    def wait_until_ready(self, *names: str) -> None:
        """Raises EmbeddedError when one ends or stays silent instead; what it printed has been forwarded by then."""
        self.awaited = names
        for child in [self.children[name] for name in names]:
            deadline = time.monotonic() + child.program.start_seconds
            while not child.program.is_ready():
                self.turn(0.02)
                if (code := child.handle.poll()) is not None:
                    self._forward(child)
                    raise EmbeddedError(f"{child.program.name} cannot start: it ended with code {code}")
                if time.monotonic() > deadline:
                    raise EmbeddedError(f"{child.program.name} is not ready after {child.program.start_seconds:.0f} s")
        self.awaited = ()

    def finish(self, name: str) -> None:
        """Waits for a program that does its work and ends. Raises EmbeddedError when it fails."""
        child = self.children[name]
        self.awaited = (name,)
        while (code := child.handle.poll()) is None:
            self.turn(0.02)
        self._forward(child)
        self._forget(child)
        self.awaited = ()
        if code:
            raise EmbeddedError(f"{name} failed with code {code}")

    def watch(self) -> None:
        """Until StopRequested."""
        while True:
            self.turn(0.2)

    def turn(self, seconds: float) -> None:
        """One round: forwards what was printed within so many seconds, notices who died, restarts those whose time has
        come."""
        if self.stop_requests:
            raise StopRequested
        for key, _ in self.selector.select(seconds):
            self._forward(key.data)
        for name in self.children.keys() - set(self.awaited):
            self._revive(self.children[name])

    def stop(self) -> None:
        """Ends every child and its process group, one after the other. A further request to stop kills what is left."""
        requests = self.stop_requests
        for child in sorted(self.children.values(), key=self._stop_rank):
            if child.handle.poll() is None:
                child.handle.send_signal(child.program.stop_signal)
            deadline = time.monotonic() + child.program.stop_seconds
            while child.handle.poll() is None and time.monotonic() < deadline and self.stop_requests == requests:
                for key, _ in self.selector.select(0.02):
                    self._forward(key.data)
            if child.handle.poll() is None:
                self.write("segue", f"{child.program.name} does not end; killing it")
            process.kill_group(child.handle.pid)
            child.handle.wait()
            self._forward(child)
            self._forget(child)

    def _stop_rank(self, child: Child) -> int:
        return self.stop_order.index(child.program.name) if child.program.name in self.stop_order else -1

    def _request_stop(self, *_: Any) -> None:
        self.stop_requests += 1

    def _spawn(self, program: Program) -> Child:
        handle = process.start(program, subprocess.PIPE)
        assert handle.stdout
        os.set_blocking(handle.stdout.fileno(), False)
        child = Child(program, handle, time.monotonic())
        self.selector.register(handle.stdout, selectors.EVENT_READ, child)
        return child

    def _forward(self, child: Child) -> None:
        """Whole lines only, so that those of two programs never mix."""
        assert child.handle.stdout
        try:
            chunk = os.read(child.handle.stdout.fileno(), 65536)
        except (BlockingIOError, ValueError):
            return
        if not chunk:
            self._close(child)
        *lines, child.unfinished_line = (child.unfinished_line + chunk).split(b"\n")
        for line in lines:
            self.write(child.program.name, line.decode(errors="replace").rstrip())

    def _close(self, child: Child) -> None:
        assert child.handle.stdout
        if not child.handle.stdout.closed:
            self.selector.unregister(child.handle.stdout)
            child.handle.stdout.close()

    def _forget(self, child: Child) -> None:
        self._close(child)
        del self.children[child.program.name]
        self._tell_change()

    def _revive(self, child: Child) -> None:
        now = time.monotonic()
        if child.restart_at is None and (code := child.handle.poll()) is not None:
            process.kill_group(child.handle.pid)  # what it started itself
            child.crashes = 1 if now - child.started > HEALTHY_SECONDS else child.crashes + 1
            wait = _backoff(child.crashes, at_once=child.program.back_at_once)
            child.restart_at = now + wait
            self.write("segue", f"{child.program.name} ended with code {code}; starting it again in {wait:g} s")
        elif child.restart_at is not None and now >= child.restart_at:
            self._forward(child)
            self._close(child)
            self._restart(child)

    def _restart(self, child: Child) -> None:
        try:
            successor = self._spawn(child.program)
        except EmbeddedError as error:
            child.restart_at = time.monotonic() + LONGEST_BACKOFF_SECONDS
            self.write("segue", str(error))
            return
        successor.crashes = child.crashes
        self.children[child.program.name] = successor  # keeps its place in the order
        self._tell_change()

    def _tell_change(self) -> None:
        self.on_change({name: child.handle.pid for name, child in self.children.items()})


def _backoff(crashes: int, *, at_once: bool) -> float:
    """Seconds to wait after so many crashes in a row."""
    doublings = crashes - 1 - at_once
    return 0 if doublings < 0 else min(FIRST_BACKOFF_SECONDS * 2**doublings, LONGEST_BACKOFF_SECONDS)
