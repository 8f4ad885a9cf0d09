"""Children end with their parent, and what a killed server leaves is no obstacle."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from personalization.embedded import process
from personalization.embedded.process import EmbeddedError, Program

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")


def wait_for(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)
    return result


def test_child_ends_when_its_parent_is_killed():
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(f"""
                from personalization.embedded import process
                child = process.start(process.Program("sleep", {SLEEP!r}))
                print(child.pid, flush=True)
                child.wait()
            """),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    child = int(parent.stdout.readline())
    assert process.is_alive(child)

    parent.kill()
    parent.wait()

    wait_for(lambda: not process.is_alive(child))


def test_stop_ends_the_whole_group_of_one_that_ignores_the_signal():
    stubborn = """
import signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(subprocess.Popen(["sleep", "60"]).pid, flush=True)
time.sleep(60)
"""
    program = Program("stubborn", (sys.executable, "-c", stubborn), stop_seconds=0.3)
    child = process.start(program, subprocess.PIPE)
    grandchild = int(child.stdout.readline())

    process.stop(program, child)

    assert child.returncode == -signal.SIGKILL
    wait_for(lambda: not process.is_alive(grandchild))


def test_a_program_that_is_not_ours_gets_none_of_our_secrets(monkeypatch):
    """Security finding C8: Postgres inherited the address of Redis with its password."""
    monkeypatch.setenv("REDIS_URL", "redis://:secret@127.0.0.1/0")
    told = (sys.executable, "-c", "import os; print(sorted(os.environ))")
    ours = process.start(Program("ours", told), subprocess.PIPE)
    foreign = process.start(Program("foreign", told, {"OWN": "1"}, inherits=False), subprocess.PIPE)

    assert b"REDIS_URL" in ours.communicate()[0]
    names = foreign.communicate()[0]
    assert b"REDIS_URL" not in names and b"OWN" in names and b"PATH" in names


def test_program_that_is_not_there_is_named():
    with pytest.raises(EmbeddedError, match=r"ghost cannot be started: .*No such file"):
        process.start(Program("ghost", ("/no/such/program",)))


def test_program_that_ends_while_starting_is_reported_with_its_code():
    program = Program("short", (sys.executable, "-c", "raise SystemExit(3)"), is_ready=lambda: False)

    with pytest.raises(EmbeddedError, match="short ended with code 3"):
        process.wait_until_ready(program, process.start(program))


def test_program_that_stays_silent_is_not_waited_for_for_ever():
    program = Program("silent", SLEEP, is_ready=lambda: False, start_seconds=0.1)
    child = process.start(program)

    with pytest.raises(EmbeddedError, match="silent does not answer"):
        process.wait_until_ready(program, child)

    process.stop(program, child)


def test_zombie_does_not_count_as_alive():
    child = subprocess.Popen([sys.executable, "-c", ""])

    wait_for(lambda: not process.is_alive(child.pid))

    child.wait()


@pytest.mark.parametrize("content", ["99999999\n/data\n", "", "no number\n"])
def test_stale_pid_file_is_removed(tmp_path, content):
    file = tmp_path / "server.pid"
    file.write_text(content)

    process.clear_pid_file(file, "server")

    assert not file.exists()


def test_pid_file_of_another_program_with_the_same_number_is_stale(tmp_path):
    file = tmp_path / "server.pid"
    file.write_text(f"{os.getpid()}\n")

    process.clear_pid_file(file, "some-other-server")

    assert not file.exists()


def test_server_that_still_runs_is_named(tmp_path):
    file = tmp_path / "server.pid"
    file.write_text(f"{os.getpid()}\n")

    with pytest.raises(EmbeddedError, match=f"process {os.getpid()} still uses"):
        process.clear_pid_file(file, "python", seconds=0.1)
