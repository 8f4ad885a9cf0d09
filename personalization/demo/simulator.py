"""How do simulated visitors reach a running Segue? Over HTTP, like everybody else: their past as an import, their
present live."""

import http.client
import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from personalization.demo.personas import Simulated, Visit

BATCH_BYTES = 300_000
TRIES = 30


class Unreachable(Exception):
    """Segue did not take the request; a later try can help."""


class Refused(Exception):
    """Segue will never take this request."""


class Client:
    """One connection, opened again when it breaks. The key is that of the site's servers: it imports a past, and names
    users."""

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

    def post_until_taken(
        self, path: str, body: dict[str, Any], sleep: Callable[[float], None] = time.sleep
    ) -> dict[str, Any]:
        """Tries again for a while: repeats are harmless. Raises `Unreachable` in the end, `Refused` at once."""
        for attempt in itertools.count(1):
            try:
                return self.post(path, body)
            except Unreachable:
                if attempt >= TRIES:
                    raise
                sleep(min(10, attempt))
        raise AssertionError


def import_history(client: Client, visitors: int, until: int, days: int) -> Iterator[int]:
    """Sends the past of so many visitors, in order of time, and yields the number of messages of each batch."""
    visits = sorted(
        (visit for number in range(visitors) for visit in Simulated(number).history(until, days)),
        key=lambda visit: visit[0]["timestamp"],
    )
    batch: list[dict[str, Any]] = []
    size = 0
    for message in itertools.chain.from_iterable(visits):
        length = len(json.dumps(message))
        if size + length > BATCH_BYTES:
            client.post_until_taken("/v1/import", {"batch": batch})
            yield len(batch)
            batch, size = [], 0
        batch.append(message)
        size += length
    if batch:
        client.post_until_taken("/v1/import", {"batch": batch})
        yield len(batch)


def live_visit(
    client: Client, visitor: Simulated, rng: random.Random, now: int, pause: Callable[[], None]
) -> Counter[str]:
    """One visit as it happens: each page asks for decisions with the events before it, looks at them, and sometimes
    clicks."""
    done: Counter[str] = Counter()
    visitor.rng = rng
    visit = Visit(visitor, rng.randint(1_000_000, 9_999_999), now, client.base_url)
    messages = list(visit.messages())
    shift = now - visit.at  # it ends now, so that no time is in the future
    for page in _pages(messages):
        for message in page:
            message["timestamp"] = _shift(message["timestamp"], shift)
        context = page[0]["context"]
        answer = client.post(
            "/v1/decide",
            {
                "anonymousId": visitor.anonymous_id,
                "context": context,
                "placements": _placements_on(context["page"]["path"]),
                "events": page,
            },
        )
        done["events"] += len(page)
        pause()
        done += _react(client, answer["decisions"], rng, visitor)
    return done


def _pages(messages: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Messages from one page view to the next."""
    page: list[dict[str, Any]] = []
    for message in messages:
        if message["type"] == "page" and page:
            yield page
            page = []
        page.append(message)
    yield page


def _placements_on(path: str) -> list[str]:
    if path.startswith("/demo/p/"):
        return ["home-hero", "product-offer"]
    if path.startswith("/demo/cart"):
        return ["cart-message", "product-offer"]
    return ["category-banner"] if path.startswith("/demo/c/") else ["home-hero", "category-banner"]


def _interest(decision: dict[str, Any], visitor: Simulated) -> float:
    """How likely somebody clicks."""
    if decision["rule"] is None:
        return 0.03
    return 0.16 if visitor.persona.cheap or visitor.persona.one_category else 0.1


def _react(client: Client, decisions: list[dict[str, Any]], rng: random.Random, visitor: Simulated) -> Counter[str]:
    """Most are seen; those chosen for somebody are clicked more often than the defaults."""
    done: Counter[str] = Counter()
    for decision in decisions:
        if not decision.get("impressionUrl") or rng.random() < 0.15:
            continue
        token = decision["impressionUrl"].rsplit("/", 1)[-1]
        interest = _interest(decision, visitor)
        for kind in ("impression", "click") if rng.random() < interest else ("impression",):
            client.post("/v1/engagement", {"token": token, "type": kind})
            done[kind] += 1
    return done


def _shift(timestamp: str, shift_ms: int) -> str:
    return (datetime.fromisoformat(timestamp) + timedelta(milliseconds=shift_ms)).isoformat(timespec="milliseconds")
