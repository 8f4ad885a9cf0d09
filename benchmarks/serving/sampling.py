"""Where does a thread's time go? Its stack, looked at after each few milliseconds that it worked.

A sampler in a thread of its own waits for the interpreter's lock, and so finds the other thread mostly where that gives
the lock away, never in between. A profiler that is told of each call makes short functions dear. Here the kernel counts
the CPU time of one thread and sends it a signal (timer_create(2) with CLOCK_THREAD_CPUTIME_ID), so every microsecond
has the same chance, whichever thread holds the lock.

The interpreter handles a signal between instructions: after the call that is under way, or before the first instruction
of the function that begins. So time in C counts for the Python function that called it, and a function found at its
first instruction has done nothing yet: what went before counts for its caller. One error remains: what the loop does in
C before it resumes a coroutine counts for the coroutine.
"""

import ctypes
import dis
import signal
import threading
from collections import Counter
from types import FrameType

CLOCK_THREAD_CPUTIME_ID = 3
SIGEV_THREAD_ID = 4
RESUME = dis.opmap["RESUME"]
_LIBC = ctypes.CDLL(None, use_errno=True)

Stack = tuple[str, ...]  # module:function, innermost first


class _Event(ctypes.Structure):
    """struct sigevent of Linux, 64 bytes."""

    _fields_ = (
        ("value", ctypes.c_void_p),
        ("signal", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("thread", ctypes.c_int),
        ("unused", ctypes.c_int * 11),
    )


class _Interval(ctypes.Structure):
    """struct itimerspec: seconds and nanoseconds, of the interval and of the first time."""

    _fields_ = (
        ("seconds", ctypes.c_long),
        ("nanoseconds", ctypes.c_long),
        ("first_seconds", ctypes.c_long),
        ("first_nanoseconds", ctypes.c_long),
    )


class Sampler:
    """Of the thread that starts it, which must be the main one: no other handles signals."""

    def __init__(self) -> None:
        self.stacks: Counter[Stack] = Counter()
        self._timer = ctypes.c_void_p()

    def start(self, every_us: int = 1000) -> None:
        """The kernel looks at clocks of this kind once a tick, so no more than CONFIG_HZ samples a second come."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("only the main thread handles signals")
        signal.signal(signal.SIGPROF, self._note)
        signal.siginterrupt(signal.SIGPROF, False)
        event = _Event(signal=signal.SIGPROF, notify=SIGEV_THREAD_ID, thread=threading.get_native_id())
        interval = _Interval(0, every_us * 1000, 0, every_us * 1000)
        _call("timer_create", CLOCK_THREAD_CPUTIME_ID, ctypes.byref(event), ctypes.byref(self._timer))
        _call("timer_settime", self._timer, 0, ctypes.byref(interval), None)

    def stop(self) -> None:
        _call("timer_delete", self._timer)
        signal.signal(signal.SIGPROF, signal.SIG_IGN)  # a last one may be under way, and would end the process

    def taken(self) -> list[tuple[int, Stack]]:
        """How often each stack was found since this was asked last."""
        stacks, self.stacks = self.stacks, Counter()
        return [(count, stack) for stack, count in stacks.items()]

    def _note(self, _number: int, frame: FrameType | None) -> None:
        if frame is not None and _is_beginning(frame):
            frame = frame.f_back
        names = []
        while frame is not None:
            names.append(f"{frame.f_globals.get('__name__', '')}:{frame.f_code.co_name}")
            frame = frame.f_back
        self.stacks[tuple(names)] += 1


def _call(name: str, *arguments: object) -> None:
    if getattr(_LIBC, name)(*arguments):
        raise OSError(ctypes.get_errno(), f"{name} failed")


def _is_beginning(frame: FrameType) -> bool:
    return frame.f_lasti >= 0 and frame.f_code.co_code[frame.f_lasti] == RESUME
