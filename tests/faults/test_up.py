"""`manage.py up`: crashes, signals and mistakes of whoever starts it."""

import os
import signal
import socket
import time
from pathlib import Path

import psycopg
import pytest
import redis

from personalization.embedded import process
from tests.running import Segue

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def everything():
    """With worker and beat, as `make run` starts it."""
    with Segue("--web-workers", "1") as segue:
        segue.wait_for(lambda: "worker" in segue.state["processes"])
        yield segue


def family(pid: int) -> set[int]:
    """The process and all that descend from it."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def living(pids: set[int]) -> set[int]:
    return {pid for pid in pids if process.is_alive(pid)}


def wait_until_gone(pids: set[int], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while left := living(pids):
        assert time.monotonic() < deadline, {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in left}
        time.sleep(0.05)


def test_killed_supervisor_leaves_no_process_and_no_damage(everything):
    with psycopg.connect(everything.state["database_url"], autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    with redis.Redis.from_url(everything.state["redis_url"]) as client:
        client.set("kept", 7)
    # The worker's pool and granian's workers are grandchildren.
    everyone = everything.wait_for(lambda: len(members := family(everything.supervisor.pid)) > 12 and members)

    everything.supervisor.kill()
    everything.supervisor.wait()
    wait_until_gone(everyone)
    began = time.monotonic()
    everything.start()

    assert time.monotonic() - began < 60
    with psycopg.connect(everything.state["database_url"]) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    with redis.Redis.from_url(everything.state["redis_url"]) as client:
        assert client.get("kept") == b"7"


@pytest.mark.parametrize("name", ["web", "consumer", "valkey", "postgres"])
def test_killed_process_is_started_again(everything, name):
    killed = everything.kill(name)

    everything.wait_for(lambda: everything.state["processes"].get(name, killed) != killed)

    everything.wait_for(lambda: is_up(everything))
    assert f"{name} ended with code -9; starting it again" in everything.printed()


def is_up(segue: Segue) -> bool:
    try:
        with (
            psycopg.connect(segue.state["database_url"]) as connection,
            redis.Redis.from_url(segue.state["redis_url"]) as client,
        ):
            return (
                connection.execute("SELECT 1").fetchone() == (1,)
                and client.ping()
                and segue.get("/health/live")[0] == 200
            )
    except (OSError, psycopg.OperationalError, redis.ConnectionError):
        return False


def test_killed_web_worker_is_replaced_by_its_server(everything):
    server = everything.state["processes"]["web"]
    [worker] = everything.wait_for(lambda: family(server) - {server})

    os.kill(worker, signal.SIGKILL)

    everything.wait_for(lambda: (now := family(server) - {server}) and worker not in now)
    everything.wait_for(lambda: is_up(everything))


def test_second_start_from_the_same_folder_is_refused(everything):
    second = everything.command("up", "--port", str(process.free_port()))

    assert second.returncode == 1
    assert f"already at {everything.base_url}" in second.stderr
    assert "SEGUE_VAR" in second.stderr


def test_command_in_another_shell_reaches_the_embedded_servers(everything):
    answer = everything.manage(
        "shell",
        "-v",
        "0",
        "-c",
        "from django.db import connection as c; c.ensure_connection(); print(c.settings_dict['PORT'])",
    )

    assert f":{answer.strip()}/" in everything.state["database_url"]


def test_nothing_that_a_run_leaves_behind_is_for_others(everything):
    """Security finding B7: snapshots of sites, with their salts, could be read by every user of the machine."""
    everything.manage("shell", "--no-imports", "-c", "from sites.push import push; push()")
    everything.wait_for(lambda: (everything.var / "snapshots" / "sites").exists())

    kept = [path for path in everything.var.rglob("*") if path.is_dir() or path.is_file()]
    assert {path.name for path in kept if path.stat().st_mode & 0o077} <= {"up.log"}  # which is ours, not Segue's
    assert everything.var.stat().st_mode & 0o066 == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_everything_cleanly(everything, number):
    if everything.supervisor.poll() is not None:
        everything.start()
    everyone = family(everything.supervisor.pid)
    assert len(everyone) > 5

    code = everything.stop(number)

    assert code == 0
    assert not living(everyone)
    assert everything.state == {}
    assert "killing it" not in everything.printed()


def test_taken_port_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(
            AssertionError,
            match=rf"Port {port} of 127.0.0.1 cannot be used: Address already in use.*make run PORT={port + 1}",
        ):
            Segue("--no-worker", port=port).__enter__()


def test_an_unknown_host_is_no_matter_of_the_port():
    with pytest.raises(AssertionError, match=r"of no-such-host.invalid cannot be used: [^.]*\.\s"):
        Segue("--no-worker", "--host", "no-such-host.invalid").__enter__()


@pytest.fixture(scope="module")
def in_production():
    """A new installation, without a worker."""
    port = process.free_port()
    with Segue(
        "--web-workers",
        "1",
        "--no-worker",
        port=port,
        SEGUE_ENV="production",
        SEGUE_SECRET_KEY="x" * 50,
        SEGUE_PUBLIC_URL=f"http://127.0.0.1:{port}",
    ) as segue:
        yield segue


def test_a_new_installation_is_ready_when_it_says_so(in_production):
    """Issue 7, part 9a: it waited for beat, which says after a minute that there are no sites, and without a worker for
    good."""
    assert in_production.get("/health/ready")[0] == 200


def test_in_production_the_pages_have_their_styles(in_production):
    assert in_production.get("/static/css/segue.css")[0] == 200
