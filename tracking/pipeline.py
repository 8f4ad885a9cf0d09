"""How does a request become events, and why was one dropped? Data in, data out: HTTP is the business of who asks.

`Pipeline.receive` walks the request through `STEPS`. Each step looks at all messages of the request at once, adds what
it knows to their events, or drops some of them with a `Reason`; a step that returns a `Fault` refuses the whole
request. Nothing here waits, reads a clock or touches a store.

What is the same for all messages of a request, or for a stretch of them, is worked out once; what repeats between
requests is remembered by string (user agents, addresses, referrers). A batch of ten so costs a few tens of microseconds
(`benchmarks/intake.py`).
"""

from collections.abc import Callable
from typing import NamedTuple

from sites.config import Access, SiteConfig, Sites
from tracking.addresses import subscriber
from tracking.event import Arrival
from tracking.formats.segment import Decoded, Fault
from tracking.intake import CollectRequest, Intake, Limits
from tracking.reasons import Reason
from tracking.steps.description import correct_clocks, describe_devices, mark_currencies, read_pages
from tracking.steps.identity import group_by_visitor, prove_users, pseudonymise
from tracking.steps.permission import ask_consent, refuse_bots, refuse_haste, refuse_history
from tracking.steps.reading import check_origin, decode, find_site, limit_messages, limit_rate, take, unpack_body

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


class Received(NamedTuple):
    """What became of a request. `tracking.answers` says it to the client."""

    site: SiteConfig | None  # None while the key is unknown
    arrivals: list[Arrival]  # to be recorded before the client hears that they were taken
    drops: dict[Reason, int]
    faults: list[Fault] = []  # of single messages
    refusal: Fault | None = None  # why nothing of the request could be taken
    retry_after: int = 0  # seconds, where the refusal is one of too many messages

    @property
    def accepted(self) -> int:
        """How many events there are to record."""
        return sum([len(arrival.events) for arrival in self.arrivals])


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

    def receive(self, request: CollectRequest, sites: Sites, now: int) -> Received:
        """`now` in milliseconds. Never raises on anything that a client may send."""
        intake = Intake(request, now, self.limits, sites)
        for step in ARRIVE:
            fault = step(intake)
            if fault is not None:
                return _refused(intake, fault)
        return _walked(intake)

    def receive_along(self, request: CollectRequest, access: Access, decoded: Decoded, now: int) -> Received:
        """Messages that came along with a call which has been admitted. They join the others once they are decoded, and
        cost the sender as much."""
        intake = Intake(request, now, self.limits)
        intake.site, intake.is_secret = access
        intake.body = request.body
        fault = limit_rate(intake)
        if fault is None:
            take(intake, decoded)
            fault = limit_messages(intake)
        return _walked(intake) if fault is None else _refused(intake, fault)


def _walked(intake: Intake) -> Received:
    """A request whose every message is at fault is refused like a single message would be."""
    refusal = intake.faults[0] if intake.faults and not intake.stretches else None
    for step in STEPS:
        if not intake.stretches:
            break
        step(intake)
    return Received(intake.site, intake.arrivals, intake.drops, intake.faults, refusal)


def _refused(intake: Intake, fault: Fault) -> Received:
    """Counts what the refusal costs: the messages that were decoded, else one."""
    drops = {**intake.drops, fault.reason: intake.drops.get(fault.reason, 0) + max(1, intake.size())}
    return Received(intake.site if intake.site.id else None, [], drops, [], fault, intake.retry_after)
