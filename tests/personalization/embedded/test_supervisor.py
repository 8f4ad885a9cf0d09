"""The supervisor restarts what crashes, reports what cannot start, and ends everything in order."""

import os
import signal
import sys
import time

import pytest

from personalization.embedded import process
from personalization.embedded import supervisor as supervising
from personalization.embedded.process import EmbeddedError, Program
from personalization.embedded.supervisor import StopRequested, Supervisor


def python(name, code, **fields):
    return Program(name, (sys.executable, "-c", code), {"PYTHONUNBUFFERED": "1"}, **fields)


SLEEP = "print('started'); import time; time.sleep(60)"


@pytest.fixture
def lines():
    return []


@pytest.fixture
def supervisor(lines):
    supervisor = Supervisor(lambda name, line: lines.append((name, line)), stop_order=("first", "last"))
    yield supervisor
    supervisor.stop()


def turn_until(supervisor, condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        supervisor.turn(0.02)


def test_forwards_whole_lines_under_the_name_of_the_program(supervisor, lines):
    supervisor.start(
        python(
            "talker", "import sys, time; sys.stdout.write('one\\ntw'); sys.stdout.flush(); time.sleep(0.1); print('o')"
        )
    )

    supervisor.finish("talker")

    assert lines == [("talker", "one"), ("talker", "two")]


def test_crashed_program_is_started_again(supervisor, lines):
    supervisor.start(python("server", SLEEP))
    turn_until(supervisor, lambda: ("server", "started") in lines)
    first = supervisor.children["server"].handle.pid

    os.kill(first, signal.SIGKILL)
    turn_until(supervisor, lambda: lines.count(("server", "started")) == 2)

    assert supervisor.children["server"].handle.pid != first
    assert ("segue", "server ended with code -9; starting it again in 0.5 s") in lines


def test_waits_longer_after_each_crash(supervisor, lines):
    supervisor.start(python("server", "raise SystemExit(4)"))

    turn_until(supervisor, lambda: any("again in 1 s" in line for _, line in lines))

    assert [line for name, line in lines if name == "segue"] == [
        "server ended with code 4; starting it again in 0.5 s",
        "server ended with code 4; starting it again in 1 s",
    ]


def test_a_store_comes_back_at_once(supervisor, lines):
    """Issue 7, part 9d: everything else waits for it."""
    supervisor.start(python("store", "raise SystemExit(4)", back_at_once=True))

    turn_until(supervisor, lambda: len([line for name, line in lines if name == "segue"]) == 3)

    assert [line.partition("again in ")[2] for name, line in lines if name == "segue"] == ["0 s", "0.5 s", "1 s"]


def test_no_program_waits_longer_than_five_seconds_however_often_it_crashed():
    assert [supervising._backoff(crashes, at_once=False) for crashes in (1, 2, 3, 4, 5, 100)] == [0.5, 1, 2, 4, 5, 5]


def test_a_program_that_ran_for_ten_seconds_is_forgiven_its_crashes(supervisor, lines):
    supervisor.start(python("server", SLEEP))
    turn_until(supervisor, lambda: ("server", "started") in lines)
    child = supervisor.children["server"]
    child.crashes, child.started = 7, child.started - supervising.HEALTHY_SECONDS - 1

    os.kill(child.handle.pid, signal.SIGKILL)

    turn_until(supervisor, lambda: ("segue", "server ended with code -9; starting it again in 0.5 s") in lines)


def test_grandchildren_of_a_crashed_program_end_before_it_starts_again(supervisor, lines):
    supervisor.start(
        python("server", "import subprocess, time; print(subprocess.Popen(['sleep', '60']).pid); time.sleep(60)")
    )
    turn_until(supervisor, lambda: lines)
    grandchild = int(lines[0][1])

    os.kill(supervisor.children["server"].handle.pid, signal.SIGKILL)

    turn_until(supervisor, lambda: not process.is_alive(grandchild))


def test_program_that_cannot_start_is_reported(supervisor, lines):
    supervisor.start(python("server", "print('no such table'); raise SystemExit(1)", is_ready=lambda: False))

    with pytest.raises(EmbeddedError, match="server cannot start: it ended with code 1"):
        supervisor.wait_until_ready("server")

    assert ("server", "no such table") in lines


def test_failed_work_is_reported(supervisor):
    supervisor.start(python("migrate", "raise SystemExit(1)"))

    with pytest.raises(EmbeddedError, match="migrate failed with code 1"):
        supervisor.finish("migrate")


def test_ends_programs_in_the_order_given(supervisor, lines):
    graceful = (
        "import signal, sys, time; signal.signal(15, lambda *_: (print('bye'), sys.exit(0))); print('started');"
        " time.sleep(60)"
    )
    supervisor.start(python("last", graceful), python("first", graceful))
    turn_until(supervisor, lambda: len(lines) == 2)

    supervisor.stop()

    assert [name for name, line in lines if line == "bye"] == ["first", "last"]
    assert not supervisor.children


def test_kills_what_does_not_end(supervisor, lines):
    supervisor.start(
        python(
            "deaf",
            "import signal, time; signal.signal(15, signal.SIG_IGN); print('started'); time.sleep(60)",
            stop_seconds=0.3,
        )
    )
    turn_until(supervisor, lambda: lines)

    supervisor.stop()

    assert ("segue", "deaf does not end; killing it") in lines


def test_request_to_stop_ends_the_watch(supervisor):
    supervisor._request_stop(signal.SIGTERM, None)

    with pytest.raises(StopRequested):
        supervisor.watch()


def test_tells_which_processes_run():
    seen = []
    supervisor = Supervisor(lambda name, line: None, on_change=seen.append)

    supervisor.start(python("server", SLEEP))
    pid = supervisor.children["server"].handle.pid
    supervisor.stop()

    assert seen == [{"server": pid}, {}]
