"""What does it cost to be held, asked and shouted at by very many? Short forms of these stand in
`tests/faults/test_connections.py`."""

import http.client
import statistics
import time

import pytest

from tests.faults.holding import HELD, KEY, OPEN, database_sessions, held, prepare
from tests.running import Segue
from tests.studies.hostile import Request
from tests.studies.memory import resident_mb
from tests.studies.wire import Wire

pytestmark = [pytest.mark.study, pytest.mark.timeout(3_000)]

PROBES, PROBE_SECONDS = 50, 0.2
PAGES = 1_000
SHOUTS, HEADER_BYTES, GROWN_MB = 1_000, 300_000, 20
LOG_IN = """
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.create_superuser("ada"))
print(f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}")
"""
SHOUTED = (
    b"authorization",
    b"x-write-key",
    b"cookie",
    b"referer",
    b"user-agent",
    b"accept-language",
    b"x-forwarded-for",
)
LISTENERS = (
    ("POST", b"/v1/batch"),
    ("POST", b"/v1/decide"),
    ("GET", b"/v1/stream"),
    ("GET", b"/v1/i/x"),
    ("GET", b"/"),
    ("GET", b"/api/v1/items/"),
)
BODY = (
    b'{"writeKey":"%b","anonymousId":"a","placements":["hero"],"batch":[{"type":"page","anonymousId":"a","properties":{"url":"https://shop.example/"}}]}'
    % KEY.encode()
)


@pytest.fixture(scope="module")
def segue():
    """Behind a proxy, so that X-Forwarded-For is read."""
    with Segue(
        "--no-worker",
        "--web-workers",
        "1",
        SEGUE_ADDRESS_STREAMS="0",
        SEGUE_ADDRESS_RATE="0",
        SEGUE_TRUSTED_PROXIES="1",
    ) as running:
        prepare(running)
        yield running


@pytest.mark.parametrize("what", HELD)
def test_a_probe_is_answered_at_once_beside_very_many_open_connections(segue, what):
    """Security finding A1."""
    with held(segue.port, what):
        _probe(segue)  # answered when all of them have been taken in
        taken = sorted(_probe(segue) for _ in range(PROBES))

    print(
        f"\n/health/live beside {OPEN} {what}: median {statistics.median(taken) * 1000:.1f} ms, worst of {PROBES}"
        f" {taken[-1] * 1000:.1f} ms"
    )
    assert taken[-1] < PROBE_SECONDS


def _probe(segue: Segue) -> float:
    began = time.perf_counter()
    assert segue.get("/health/live")[0] == 200
    return time.perf_counter() - began


@pytest.mark.parametrize("is_logged_in", [False, True], ids=["strangers", "staff"])
def test_pages_keep_no_connection_to_postgres(segue, is_logged_in):
    """Security finding A2."""
    cookie = segue.manage("shell", "-v", "0", "-c", LOG_IN).strip() if is_logged_in else ""
    statuses, counted = set(), []
    for number in range(PAGES):
        client = http.client.HTTPConnection("127.0.0.1", segue.port, timeout=20)
        client.request("GET", "/", headers={"Cookie": cookie or f"sessionid=made-up-{number:022}"})
        statuses.add(client.getresponse().status)
        client.close()
        if number % 50 == 49:
            counted.append(database_sessions(segue))

    print(
        f"\nPostgres connections over {PAGES} pages of {'staff' if is_logged_in else 'strangers'}: first {counted[0]},"
        f" last {counted[-1]}, most {max(counted)}"
    )
    assert statuses == ({200} if is_logged_in else {302})
    assert max(counted) <= counted[0] + 5


def test_long_headers_leave_no_memory_behind(segue):
    """Security finding B4: 300 Authorization headers of 300 KB, each another, cost 170 MB."""
    wire, statuses = Wire(segue.port), set()

    def shout(numbers: range) -> float:
        for number in numbers:
            method, target = LISTENERS[number // len(SHOUTED) % len(LISTENERS)]
            name = SHOUTED[number % len(SHOUTED)]
            value = b"Bearer " * (name == b"authorization") + b"%07d" % number * (HEADER_BYTES // 7)
            statuses.add(
                wire.send(Request("shout", method, target, ((name, value),), BODY if method == "POST" else b"")).status
            )
        return resident_mb(segue, "web")

    at_first = resident_mb(segue, "web")
    before = shout(range(SHOUTS))  # what Django's requests leave to the garbage collector has its full size by then
    after = shout(range(SHOUTS, 2 * SHOUTS))

    print(
        f"\nheaders of {HEADER_BYTES} bytes: web {at_first:.0f} MB, {before:.0f} MB after {SHOUTS}, {after:.0f} MB"
        f" after {2 * SHOUTS}; {sorted(statuses)}"
    )
    assert statuses <= {200, 302, 400, 401, 403, 431}
    assert after < before + GROWN_MB
