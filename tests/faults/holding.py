"""How are very many connections held open at one Segue, each in the middle of something?"""

import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import psycopg

from tests.running import Segue

OPEN = 1_100  # more than granian takes by itself
KEY = "wk_connections"
SITE = f"""
from sites.models import Site
from sites import editing
from sites.pages.history import Actor
editing.save(Site(name="Shop", domain="shop.example", write_key="{KEY}"), Actor.command("shell"))
"""

# What a connection has sent so far, by its number.
HELD: dict[str, Callable[[int], bytes]] = {
    "half-sent bodies": lambda number: b"POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500000\r\n\r\n{",
    "half-sent forms": lambda number: (
        b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 500000\r\n\r\nx"
    ),
    "streams": lambda number: (
        b"GET /v1/stream?writeKey=%b&anonymousId=v%d&placements=hero HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        % (KEY.encode(), number)
    ),
}


def prepare(segue: Segue) -> None:
    """A site that the web processes know."""
    segue.manage("shell", "-v", "0", "-c", SITE)
    segue.wait_for(lambda: segue.post("/v1/decide", {"writeKey": KEY, "placements": ["hero"]})[0] == 200)


@contextmanager
def held(port: int, what: str) -> Iterator[list[socket.socket]]:
    """So many connections as long as the block runs; streams are answered by then."""
    _allow_many_files()
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20)) for _ in range(OPEN)]
        for number, one in enumerate(sockets):
            one.sendall(HELD[what](number))
        if what == "streams":
            assert {one.recv(12) for one in sockets} == {b"HTTP/1.1 200"}
        yield sockets


def _allow_many_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * OPEN)), hard))


def database_sessions(segue: Segue) -> int:
    """How many connections its database has."""
    with psycopg.connect(segue.state["database_url"]) as connection:
        [number] = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        ).fetchone()
        return number
