"""Whatever is sent to the edge is answered, and what it acknowledges is stored."""

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

import psycopg
import pytest
from redis import Redis

from sites import keys
from tests.running import Segue
from tests.studies.hostile import ASKED_KEY, ASKED_SECRET, KEY, PLACEMENTS, SECRET, Hostile, Request
from tests.studies.memory import resident_mb
from tests.studies.wire import Answer, Wire

SEED = 77
CONNECTIONS = 8
ROUNDS, ROUND = 20, 10_000  # requests
HANG_SECONDS = 3.0
PREPARE = f"""
from campaigns import seed
from campaigns.publish import publish
from sites.models import Site
from sites import editing
from sites.pages.history import Actor
for name, key, secret in (("Collected", "{KEY}", "{SECRET}"), ("Asked", "{ASKED_KEY}", "{ASKED_SECRET}")):
    site = Site(name=name, domain="shop.example", write_key=key, secret_key=secret, consent_in_europe="opt_out")
    editing.save(site, Actor.command("shell"))
    seed.install(site, Actor.command("shell"))
    publish(site, None)
"""
STORED = """
SELECT message_id FROM tracking_event JOIN sites_site ON sites_site.id = site_id
WHERE write_key = %s AND NOT (type = 'alias' AND tracking_event.name = 'Visitor Merged')
"""
DUPLICATES = "segue:drops:*"


@dataclass
class Found:
    """What came of all requests."""

    statuses: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    failures: list[tuple[Request, Answer]] = field(default_factory=list)  # 5xx, closed, late
    accepted: int = 0  # events of the collecting calls
    surely: set[str] = field(default_factory=set)  # ids of accepted messages
    asked: set[str] = field(default_factory=set)  # ids that came with questions and were accepted
    miscounted: list[tuple[Request, Answer]] = field(default_factory=list)

    def note(self, request: Request, answer: Answer) -> None:
        self.statuses[f"{answer.status}"] += 1
        self.slowest = max(self.slowest, answer.seconds)
        if answer.status <= 0 or answer.status >= 500 or answer.seconds > HANG_SECONDS:
            self.failures.append((request, answer))
        if answer.status == 200 and request.kind in ("batch", "single"):
            self._note_collected(request, answer)
        elif answer.status == 200 and request.kind == "decide" and request.ids:
            said = json.loads(answer.body)
            rejected = {fault["index"] for fault in said.get("rejected", ())}
            if said["accepted"]:
                self.asked |= {name for index, name in enumerate(request.ids) if name and index not in rejected}

    def _note_collected(self, request: Request, answer: Answer) -> None:
        said = json.loads(answer.body)
        self.accepted += said["accepted"]
        if request.ids is None or "dropped" in said:
            return
        rejected = {fault["index"] for fault in said.get("rejected", ())}
        taken = [name for index, name in enumerate(request.ids) if index not in rejected]
        if len(taken) != said["accepted"]:
            self.miscounted.append((request, answer))
        self.surely |= {name for name in taken if name}


class Running:
    """A Segue with two sites and tokens of real decisions."""

    def __init__(self, segue: Segue) -> None:
        self.segue = segue
        segue.manage("shell", "-v", "0", "-c", PREPARE)
        segue.wait_for(lambda: self.decide(0))
        self.tokens = [token for number in range(40) for token in self.decide(number)]

    def decide(self, number: int) -> list[str]:
        _, answer = self.segue.post(
            "/v1/decide", {"writeKey": ASKED_KEY, "anonymousId": f"browser-{number}", "placements": PLACEMENTS}
        )
        return [
            one["impressionUrl"].rpartition("/")[2] for one in answer.get("decisions", ()) if one.get("impressionUrl")
        ]

    def stored(self, write_key: str) -> list[str]:
        with psycopg.connect(self.segue.state["database_url"]) as connection:
            return [row[0] for row in connection.execute(STORED, [write_key])]

    def drain(self, seconds: float = 120) -> None:
        """Until the log is empty."""
        with Redis.from_url(self.segue.state["redis_url"]) as client:
            self.segue.wait_for(lambda: not sum(client.xlen(key) for key in client.scan_iter("segue:*:log")), seconds)

    def dead(self) -> list[bytes]:
        with Redis.from_url(self.segue.state["redis_url"]) as client:
            return [fields[b"reason"] for partition in range(8) for _, fields in client.xrange(keys.dead(partition))]

    def duplicates(self, write_key: str) -> int:
        """Messages of a site that the log had already."""
        with psycopg.connect(self.segue.state["database_url"]) as connection:
            [site] = connection.execute("SELECT id FROM sites_site WHERE write_key = %s", [write_key]).fetchone()
        with Redis.from_url(self.segue.state["redis_url"]) as client:
            return sum(int(client.hget(key, f"{site}:duplicate") or 0) for key in client.scan_iter(DUPLICATES))

    def memory(self) -> str:
        return ", ".join(f"{name} {resident_mb(self.segue, name):.0f} MB" for name in ("web", "consumer", "valkey"))


def throw(running: Running, source: Hostile, number: int, found: Found) -> None:
    """Sends the next so many requests over several connections, and notes what came of them."""
    last, lock = source.number + number, threading.Lock()

    def work() -> None:
        wire = Wire(running.segue.port)
        while True:
            with lock:
                if source.number == last:
                    break
                request = next(source)
            answer = wire.send(request)
            with lock:
                found.note(request, answer)
        wire.close()

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def check(running: Running, found: Found) -> None:
    for request, answer in (found.failures + found.miscounted)[:20]:
        print(answer, request)
    assert not found.failures
    assert not found.miscounted
    running.drain()
    collected, duplicates = running.stored(KEY), running.duplicates(KEY)
    print(
        f"accepted {found.accepted}, stored {len(collected)}, repeats {duplicates}; looked up by id {len(found.surely)}"
        f" and {len(found.asked)}",
        flush=True,
    )
    assert running.dead() == []
    assert found.surely <= set(collected)
    assert found.asked <= set(running.stored(ASKED_KEY))
    assert len(collected) == len(set(collected)) == found.accepted - duplicates


@pytest.fixture(scope="module")
def running():
    with Segue("--web-workers", "1", "--no-worker", SEGUE_ADDRESS_RATE="0", SEGUE_ADDRESS_STREAMS="0") as segue:
        yield Running(segue)


def test_a_seed_says_what_is_sent():
    """Whatever is done to one request leaves the next as it would have been."""
    one, other = (islice(Hostile(SEED, ["a-token"], datetime(2026, 1, 1, tzinfo=UTC)), 2_000) for _ in range(2))

    assert list(one) == list(other)


def test_hostile_requests_are_answered_and_what_is_acknowledged_is_stored(running):
    found = Found()

    throw(running, Hostile(SEED, running.tokens, datetime.now(UTC)), 700, found)

    check(running, found)


@pytest.mark.study
@pytest.mark.timeout(6_000)
def test_many_hostile_requests_are_answered_and_what_is_acknowledged_is_stored(running):
    """Security finding A4 and section F of that report: 98 of what 200,000 requests had acknowledged were not
    stored."""
    source, found = Hostile(SEED, running.tokens, datetime.now(UTC)), Found()
    print("\nat first:", running.memory(), flush=True)
    for _ in range(ROUNDS):
        began = time.perf_counter()
        throw(running, source, ROUND, found)
        took = time.perf_counter() - began
        print(
            f"{source.number} requests, {ROUND / took:.0f}/s, slowest {found.slowest:.2f} s; {running.memory()};"
            f" {dict(found.statuses.most_common())}"
        )
        check(running, found)
