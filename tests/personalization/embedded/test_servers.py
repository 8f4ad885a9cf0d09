"""Embedded Postgres and Valkey: what they keep, whom they let in, what a crash costs."""

import os
import tempfile
from pathlib import Path

import psycopg
import pytest
import redis

from personalization.embedded import postgres, private, process, valkey
from personalization.embedded.process import Account, EmbeddedError


@pytest.fixture
def var():
    """Not pytest's own folder: as root, Postgres runs as another user, who may not enter it."""
    with tempfile.TemporaryDirectory(prefix="segue-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture
def run():
    """Runs a program until the end of the test."""
    running = []

    def start(program):
        child = process.start(program)
        running.append((program, child))
        process.wait_until_ready(program, child)
        return child

    yield start
    for program, child in running:
        process.stop(program, child)


def crash(child):
    process.kill_group(child.pid)
    child.wait()


def test_postgres_keeps_committed_rows_through_a_crash(var, run):
    server, url = postgres.program(var)
    child = run(server)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")

    crash(child)
    run(server)

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*), current_setting('fsync') FROM kept").fetchone() == (1000, "on")


def test_postgres_asks_for_its_password(var, run):
    server, url = postgres.program(var)
    run(server)
    password = (postgres._data_folder(var, server.account, "18").parent / "password").read_text()

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(password, "guess"))


def test_interrupted_first_start_is_no_obstacle(var, run):
    data = postgres._data_folder(var, postgres._account(var), postgres._major_version(postgres.find_binaries()))
    (data.parent / f".{data.name}-unfinished").mkdir()
    (data.parent / f".{data.name}-unfinished" / "PG_VERSION").write_text("18\n")

    server, url = postgres.program(var)
    run(server)

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("segue",)


def test_folder_that_the_server_user_cannot_enter_is_seen(var):
    account = Account("stranger", uid=54321, gid=54321)
    (var / "open").mkdir()
    (var / "closed" / "inner").mkdir(parents=True)
    (var / "closed").chmod(0o700)

    assert postgres._can_reach(var / "open", account)
    assert not postgres._can_reach(var / "closed" / "inner", account)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as another user")
def test_data_of_a_closed_folder_lies_where_the_server_user_can_reach_it(var):
    closed = var / "closed"
    closed.mkdir(mode=0o700)

    folder = postgres._data_folder(closed, postgres._account(var), "18")

    assert folder.is_relative_to(postgres.SYSTEM_FOLDER)
    assert folder != postgres._data_folder(var / "closed" / "other", postgres._account(var), "18")
    for made in (folder.parent, postgres._data_folder(var / "closed" / "other", postgres._account(var), "18").parent):
        made.rmdir()


def test_neither_server_inherits_our_environment(var):
    """Security finding C8."""
    assert [server.inherits for server, _ in (postgres.program(var), valkey.program(var))] == [False, False]


def test_valkey_keeps_acknowledged_writes_through_a_crash(var, run):
    server, url = valkey.program(var)
    child = run(server)
    client = redis.Redis.from_url(url)
    for number in range(200):
        client.xadd("log", {"e": number})

    crash(child)
    run(server)

    assert client.xlen("log") == 200
    client.close()


def test_valkey_asks_for_its_password(var, run):
    server, url = valkey.program(var)
    run(server)

    with (
        pytest.raises(redis.AuthenticationError),
        redis.Redis(port=redis.Redis.from_url(url).connection_pool.connection_kwargs["port"]) as client,
    ):
        client.ping()


def test_valkey_password_is_not_on_the_command_line(var):
    server, _ = valkey.program(var)

    assert not any(private.secret_in(var, "password") in word for word in server.command)
    assert (var / "valkey" / "valkey.conf").stat().st_mode & 0o777 == 0o600


def test_servers_stop_cleanly(var, run):
    for server, _ in (postgres.program(var), valkey.program(var)):
        child = run(server)

        process.stop(server, child)

        assert child.returncode == 0


@pytest.mark.parametrize(
    ("find", "variable"), [(postgres.find_binaries, "DATABASE_URL"), (valkey.find_binary, "REDIS_URL")]
)
def test_missing_binaries_say_what_to_do(monkeypatch, find, variable):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(Path, "glob", lambda self, pattern: iter(()))

    with pytest.raises(EmbeddedError, match=f"set {variable}, install the package .*, or run `apt-get install"):
        find()
