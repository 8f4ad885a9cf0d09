"""What is known so far of one request on its way through the pipeline?"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from sites.config import Access, SiteConfig, Sites
from sites.times import DAY_MS
from tracking.bots import Pace
from tracking.event import Arrival, Event
from tracking.formats.segment import Context, Decoded, Fault, Message
from tracking.rates import TokenBuckets
from tracking.reasons import Reason

NOWHERE = SiteConfig(0, "", "", "", "", "")
NO_SITES = Sites.empty()  # where the site is known already


class CollectRequest(NamedTuple):
    """What the edge knows of one request; `headers` have lower-case names."""

    kind: str  # "batch", or the type of the one message that the body is
    headers: Mapping[str, str]
    body: bytes
    address: str = ""  # of the client, proxies already seen through
    query_string: bytes = b""


class Limits:
    """What one process remembers between requests to notice who sends too much."""

    def __init__(
        self, address_rate: int, site_rate: int, pages_per_minute: int, trusted_proxies: int, max_age_days: int
    ) -> None:
        self.buckets = TokenBuckets(address_rate)
        self.site_buckets = TokenBuckets(site_rate)
        self.max_age_ms = max_age_days * DAY_MS
        self.pace = Pace(pages_per_minute)
        self.trusted_proxies = trusted_proxies


class Stretch(msgspec.Struct, gc=False):
    """Consecutive messages of one sender in one context: what holds for the first of them holds for all, and is worked
    out once."""

    first: Message  # its ids are those of all; they never leave the pipeline in clear
    context: Context
    messages: list[Message]
    events: list[Event] = []  # what `correct_clocks` makes of the messages
    agent: str = ""  # the visitor's user agent
    proved: bool = True  # whether the sender may speak for the user whom the messages name


class Intake:
    """One request and what the steps made of it so far."""

    __slots__ = (
        "agent",
        "arrivals",
        "body",
        "correction",
        "drops",
        "envelope",
        "faults",
        "is_secret",
        "limits",
        "now",
        "repeats_ids",
        "request",
        "retry_after",
        "site",
        "sites",
        "stretches",
    )

    def __init__(self, request: CollectRequest, now: int, limits: Limits, sites: Sites = NO_SITES) -> None:
        self.request, self.now, self.limits, self.sites = request, now, limits, sites
        self.agent = ""  # the visitor's user agent as the header says it
        self.body = b""
        self.envelope: Decoded
        self.site = NOWHERE  # until `find_site` has passed
        self.is_secret = False  # whether the key that came is that of the site's servers
        self.correction = 0  # milliseconds to add to the client's times
        self.retry_after = 0
        self.stretches: list[Stretch] = []  # in the order of the messages
        self.faults: list[Fault] = []
        self.repeats_ids: bool | None = None  # see `tracking.steps.ids`
        self.drops: dict[Reason, int] = {}
        self.arrivals: list[Arrival] = []

    @property
    def names_users(self) -> bool:
        """Whether userIds of this request need no proof."""
        return Access(self.site, self.is_secret).names_users

    def keep(self, kept: list[Stretch], reason: Reason) -> None:
        """Goes on with `kept` only; counts the others."""
        if len(kept) < len(self.stretches):
            self.count(reason, self.size() - sum([len(stretch.messages) for stretch in kept]))
            self.stretches = kept

    def size(self) -> int:
        """How many messages are still on their way."""
        return sum([len(stretch.messages) for stretch in self.stretches])

    def count(self, reason: Reason, number: int = 1) -> None:
        self.drops[reason] = self.drops.get(reason, 0) + number
