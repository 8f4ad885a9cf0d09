"""How does a request become events, and why was one dropped?

`Pipeline.receive` walks the request through `STEPS`. Each step looks at all messages of the request at once, adds what
it knows to their events, or drops some of them with a `Reason`; a step that returns a `Fault` refuses the whole
request. Nothing here waits, reads a clock or touches a store.

What is the same for all messages of a request, or for a stretch of them, is worked out once; what repeats between
requests is remembered by string (user agents, addresses, referrers). A batch of ten so costs a few tens of microseconds
(`benchmarks/intake.py`).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import msgspec

from sites.config import SiteConfig, Sites
from tracking.addresses import subscriber
from tracking.event import Arrival
from tracking.formats.segment import Fault
from tracking.intake import Intake, Limits, Request
from tracking.reasons import KEPT, STATUS, Reason
from tracking.steps.description import correct_clocks, describe_devices, mark_currencies, read_pages
from tracking.steps.identity import group_by_visitor, prove_users, pseudonymise
from tracking.steps.permission import ask_consent, refuse_bots, refuse_haste, refuse_history
from tracking.steps.reading import check_origin, decode, find_site, limit_messages, limit_rate, unpack_body

# Last part of the path -> kind. The letters are what @segment/analytics-next calls in a browser.
KINDS = {
    "batch": "batch", "b": "batch", "import": "batch",
    "track": "track", "t": "track",
    "page": "page", "p": "page",
    "screen": "screen", "s": "screen",
    "identify": "identify", "i": "identify",
    "alias": "alias", "a": "alias",
    "group": "group", "g": "group",
    "m": "metrics",
}  # fmt: skip

Step = Callable[[Intake], Fault | None]
ARRIVE: tuple[Step, ...] = (limit_rate, unpack_body, decode, find_site, check_origin, limit_messages)
STEPS: tuple[Step, ...] = (
    ask_consent,
    refuse_bots,
    correct_clocks,
    refuse_history,
    refuse_haste,
    read_pages,
    describe_devices,
    prove_users,
    mark_currencies,
    pseudonymise,
    group_by_visitor,
)
FAULTS_TOLD = 100  # rejected messages that an answer lists; all are counted


class Received(NamedTuple):
    """The answer, and what to append before it is given. `site` is None while the key is unknown."""

    status: int
    body: bytes
    arrivals: list[Arrival]
    drops: dict[Reason, int]
    site: SiteConfig | None = None
    retry_after: int = 0  # seconds, with status 429


class Pipeline:
    """The pipeline of one process; it remembers who sent how much lately, and nothing else. The defaults limit
    nothing."""

    def __init__(
        self,
        rate: int = 0,
        trusted_proxies: int = 0,
        pages_per_minute: int = 0,
        *,
        site_rate: int = 0,
        max_age_days: int = 0,
    ) -> None:
        self.limits = Limits(rate, site_rate, pages_per_minute, trusted_proxies, max_age_days)

    def wait(self, address: str, now: int) -> int:
        """For calls that bring no messages: 0, or the seconds after which this address may ask again. They share the
        address's bucket."""
        return self.limits.buckets.wait(subscriber(address), now)

    def receive(self, request: Request, sites: Sites, now: int) -> Received:
        """`now` in milliseconds. Always answers; never raises on anything that a client may send."""
        if request.kind == "metrics":  # the client's own telemetry: taken, and not kept
            return Received(200, b'{"success":true}', [], {})
        intake = Intake(request, sites, now, self.limits)
        for step in ARRIVE:
            fault = step(intake)
            if fault is not None:
                return _refused(intake, fault)
        for step in STEPS:
            if not intake.stretches:
                break
            step(intake)
        return _answered(intake)


def _refused(intake: Intake, fault: Fault) -> Received:
    """Counts what the refusal costs: the messages that were decoded, else one."""
    drops = {**intake.drops, fault.reason: intake.drops.get(fault.reason, 0) + max(1, intake.size())}
    body = {"success": False, "code": fault.reason, "message": fault.message, "field": fault.field}
    return Received(STATUS[fault.reason], msgspec.json.encode(body), [], drops, _site(intake), intake.retry_after)


def _site(intake: Intake) -> SiteConfig | None:
    return intake.site if intake.site.id else None


def _answered(intake: Intake) -> Received:
    """200 while anything of it was in order; a request whose every message is at fault is refused like a single message
    would be."""
    accepted = 0
    for arrival in intake.arrivals:
        accepted += len(arrival.events)
    if not intake.drops:
        return Received(200, _all_accepted(accepted), intake.arrivals, intake.drops, intake.site)
    answer: dict = {"success": True, "accepted": accepted}
    if intake.faults:
        answer["rejected"] = [
            {"index": one.index, "code": one.reason, "field": one.field, "message": one.message}
            for one in intake.faults[:FAULTS_TOLD]
        ]
    if dropped := {
        reason: number for reason, number in intake.drops.items() if reason not in STATUS and reason not in KEPT
    }:
        answer["dropped"] = dropped
    if mended := {reason: number for reason, number in intake.drops.items() if reason in KEPT}:
        answer["mended"] = mended
    status = 200
    if intake.faults and not intake.envelope.messages:
        first = intake.faults[0]
        status = STATUS[first.reason]
        answer |= {"success": False, "code": first.reason, "message": first.message, "field": first.field}
    return Received(status, msgspec.json.encode(answer), intake.arrivals, intake.drops, intake.site)


@lru_cache(maxsize=4096)
def _all_accepted(number: int) -> bytes:
    return b'{"success":true,"accepted":%d}' % number
