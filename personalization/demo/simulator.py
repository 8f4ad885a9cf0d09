"""How do simulated visitors reach a running Segue? Over HTTP, like everybody else, each thing at the moment at which it
happens: what they look at is told when the page opens, and an order comes after what led to it."""

import http.client
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any
from urllib.parse import urlsplit

from personalization.demo.course import Act, Course, Offered, React
from personalization.demo.past import offered_of
from personalization.demo.personas import Simulated, Visit
from sites.times import MINUTE_MS, moment_of, now_ms

LOOK_SECONDS = 0.5  # between two looks at whether somebody has paused or resumed the visitors


class Unreachable(Exception):
    """Segue did not take the request; a later try can help."""


class Refused(Exception):
    """Segue will never take this request."""


class Client:
    """One connection, opened again when it breaks. The key is that of the site's servers, which name users."""

    def __init__(self, base_url: str, secret_key: str) -> None:
        self.base_url, self.secret_key = base_url, secret_key
        self.host = urlsplit(base_url).netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=30)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Raises `Unreachable` or `Refused`."""
        data = json.dumps({"writeKey": self.secret_key, **body}).encode()
        try:
            self.connection.request(
                "POST", path, data, {"Content-Type": "application/json", "User-Agent": "segue-simulator/1"}
            )
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            raise Unreachable(str(error)) from error
        if answer.status != 200:
            kind = Unreachable if answer.status == 429 or answer.status >= 500 else Refused
            raise kind(f"{path} answered {answer.status}: {content[:200].decode(errors='replace')}")
        return json.loads(content)


@dataclass
class Live:
    """Visits that go on at the same time. `speed` is how many seconds of a visit pass in one of ours; clock and sleep
    are arguments so that tests need not wait."""

    client: Client
    visitors: int  # among whom those who come are drawn
    rng: random.Random
    per_minute: float  # visits that begin
    speed: float = 1
    clock: Callable[[], int] = now_ms
    sleep: Callable[[float], None] = time.sleep
    is_paused: Callable[[], bool] = lambda: False
    settle: Callable[[dict[str, Any]], dict[str, Any]] = lambda message: message  # lets an order redeem its code
    done: Counter[str] = field(default_factory=Counter)
    paused_ms: int = 0
    # Moments (of a clock that stands still while paused) with a number that settles ties, and what is to be done then.
    due: list[tuple[int, int, "_Visiting | None"]] = field(default_factory=list)
    numbers: int = 0

    def run(self, visits: int = -1) -> Counter[str]:
        """So many visits, each to its end; without a number until stopped. Raises `Unreachable`: calling again goes
        on where this stopped, but for the visit that met it."""
        if not any(visiting is None for _, _, visiting in self.due):
            self._put(self._now(), None)
        while self.due:
            self._wait_while_paused()
            at, _, visiting = self.due[0]
            if (wait := at - self._now()) > 0:
                self.sleep(min(wait / 1000, LOOK_SECONDS))
                continue
            heappop(self.due)
            if visiting is not None:
                self._go_on(visiting)
            elif visits:
                visits -= 1
                self._begin()
                self._put(at + round(self.rng.expovariate(self.per_minute) * MINUTE_MS), None)
        return self.done

    def _now(self) -> int:
        return self.clock() - self.paused_ms

    def _wait_while_paused(self) -> None:
        since = self.clock()
        while self.is_paused():
            self.sleep(LOOK_SECONDS)
        self.paused_ms += self.clock() - since

    def _put(self, at: int, visiting: "_Visiting | None") -> None:
        self.numbers += 1
        heappush(self.due, (at, self.numbers, visiting))

    def _begin(self) -> None:
        visitor, now = Simulated(self.rng.randrange(self.visitors)), self._now()
        visit = Visit(visitor, self.rng.randint(1_000_000, 9_999_999), now, self.client.base_url)
        course = visit.course()
        self.done["visits"] += 1
        self._plan(_Visiting(visitor, course, next(course), now))

    def _plan(self, visiting: "_Visiting") -> None:
        self._put(visiting.began_at + round((visiting.act.at - visiting.began_at) / self.speed), visiting)

    def _go_on(self, visiting: "_Visiting") -> None:
        offered = self._do(visiting.visitor, visiting.act)
        try:
            visiting.act = visiting.course.send(offered)
        except StopIteration:
            return
        self._plan(visiting)

    def _do(self, visitor: Simulated, act: Act) -> list[Offered]:
        if isinstance(act, React):
            lines = [{"token": token, "type": act.kind} for token in act.tokens]
            self.client.post("/v1/engagement", {"engagements": lines})
            self.done[act.kind] += len(lines)
            return []
        stamp = moment_of(self.clock()).isoformat(timespec="milliseconds")
        messages = [{**self.settle(message), "timestamp": stamp} for message in act.messages]
        self.done["events"] += len(messages)
        if not act.placements:
            self.client.post("/v1/batch", {"batch": messages})
            return []
        who = {"anonymousId": visitor.anonymous_id, "context": messages[0]["context"]}
        question = {**who, "placements": list(act.placements), "events": messages}
        return [offered_of(decision) for decision in self.client.post("/v1/decide", question)["decisions"]]


@dataclass
class _Visiting:
    """How far a visit has come."""

    visitor: Simulated
    course: Course
    act: Act
    began_at: int
