"""What many connections cost: none of Postgres is left behind by a page, and a thousand open streams leave room for a
probe."""

import http.client

import pytest

from tests.faults.holding import HELD, database_sessions, held, prepare

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def segue(running_segue):
    prepare(running_segue)
    return running_segue


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
    before = database_sessions(segue)
    ask(60)

    assert statuses == {302}
    assert database_sessions(segue) <= before + 20  # some are on their way out; a leak would leave all 60


@pytest.mark.parametrize("what", HELD)
def test_open_connections_leave_room_for_a_probe(segue, what):
    """Security finding A1: 1,024 streams or half-sent bodies hung a worker. `make study` measures how soon the answer
    comes."""
    with held(segue.port, what):
        assert segue.get("/health/live")[0] == 200
