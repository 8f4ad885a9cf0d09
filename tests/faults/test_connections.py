"""What many connections cost: none of Postgres is left behind by a page, and a thousand open streams leave room for a probe."""

import http.client
import resource
import socket
import time
from contextlib import ExitStack

import psycopg
import pytest

from tests.running import Segue

pytestmark = pytest.mark.faults
OPEN = 1_100  # more than granian takes by itself
KEY = "wk_connections"
SITE = f"""
from tracking.models import Site
from tracking.sites import save_site
save_site(Site(name="Shop", domain="shop.example", write_key="{KEY}"))
"""


@pytest.fixture(scope="module")
def segue():
    _allow_many_files()
    with Segue("--no-worker", "--web-workers", "1", SEGUE_ADDRESS_STREAMS="0") as running:
        running.manage("shell", "-v", "0", "-c", SITE)
        yield running


def sessions(segue: Segue) -> int:
    with psycopg.connect(segue.state["database_url"]) as connection:
        [number] = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()").fetchone()
        return number


def test_pages_leave_no_connections_to_postgres_behind(segue):
    """Security finding A2: each request kept one, and some 75 took the database away from everybody."""
    statuses = set()

    def ask(times: int) -> None:
        for number in range(times):
            client = http.client.HTTPConnection("127.0.0.1", segue.port, timeout=20)
            client.request("GET", "/", headers={"Cookie": f"sessionid=made-up-{number:022}"})
            statuses.add(client.getresponse().status)
            client.close()

    ask(5)
    before = sessions(segue)
    ask(60)

    assert statuses == {302}
    assert sessions(segue) <= before + 20  # some are on their way out; a leak would leave all 60


def _allow_many_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * OPEN)), hard))


HELD = {
    "half-sent bodies": lambda number: b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n{",
    "half-sent forms": lambda number: b"POST /admin/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\nx",
    "streams": lambda number: b"GET /v1/stream?writeKey=%b&anonymousId=v%d&placements=hero HTTP/1.1\r\nHost: x\r\n\r\n" % (KEY.encode(), number),
}


@pytest.mark.parametrize("request_of", HELD.values(), ids=HELD)
def test_open_connections_leave_room_for_a_probe(segue, request_of):
    """Security finding A1: 1,024 streams or half-sent bodies hung a worker."""
    segue.wait_for(lambda: KEY in _ask(segue, f"/v1/projects/{KEY}/settings"))
    with ExitStack() as held:
        sockets = []
        for number in range(OPEN):
            one = held.enter_context(socket.create_connection(("127.0.0.1", segue.port), timeout=20))
            one.sendall(request_of(number))
            sockets.append(one)
        if request_of is HELD["streams"]:
            assert {one.recv(12) for one in sockets} == {b"HTTP/1.1 200"}
        began = time.perf_counter()
        status = segue.get("/health/live")[0]
        took = time.perf_counter() - began

    print(f"/health/live beside {OPEN} open connections: {took * 1000:.0f} ms")
    assert status == 200


def _ask(segue: Segue, path: str) -> str:
    client = http.client.HTTPConnection("127.0.0.1", segue.port, timeout=20)
    client.request("GET", path)
    body = client.getresponse().read().decode()
    client.close()
    return body
