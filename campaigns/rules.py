"""What is a rule as a decision reads it, who wins over whom, and which may win at all, whoever the visitor is?

Sets of rules are bitmaps over the rules of a release; bit i is rule i, and the lowest bit wins.
"""

from collections.abc import Container, Iterable, Sequence

import msgspec

from campaigns.caps import Caps
from campaigns.hours import ALWAYS, Hours
from campaigns.index import Index
from campaigns.index.bits import bitmap
from segments.conditions.shapes import Condition
from sites.local_time import QUARTER_MS, local

# Stands for the first publication of a rule that had none: behind all dates, and the same whenever one looks.
UNDATED = 1 << 53
_NEVER = 1 << 62


def precedence(priority: int, targeted: bool, first_published_at: int, id: int) -> tuple[int, bool, int, int]:
    """What rules are sorted by, the winner first: the higher priority, then targeted before untargeted, then the
    earlier first publication (milliseconds, `UNDATED` for none), then the lower id."""
    return -priority, not targeted, first_published_at, id


def join_conditions(conditions: Iterable[Condition]) -> Condition:
    """One condition that holds where all of them hold; {} where none of them asks for anything."""
    asking = [condition for condition in conditions if condition]
    return {"$and": asking} if len(asking) > 1 else next(iter(asking), {})


class RuleFacts(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A rule but for its condition. Rules are sorted by who wins (`place`)."""

    id: int
    name: str
    campaign: str  # key
    campaign_name: str
    placement: str  # key
    priority: int
    segment: str  # key of the segment named by the rule, "" without one
    treatment: int  # index into the release's treatments
    starts_at: int  # milliseconds, 0 for no bound: the later of rule and campaign
    ends_at: int  # milliseconds, 0 for no bound: the earlier of rule and campaign
    cap_per_day: int  # 0: no cap
    cap_total: int  # 0: no cap
    first_published_at: int = 0  # of a new rule: when it was frozen
    targeted: bool = True  # has a condition
    campaign_id: int = 0

    @property
    def place(self) -> tuple[int, bool, int, int]:
        return precedence(self.priority, self.targeted, self.first_published_at, self.id)


class FrozenRule(RuleFacts, array_like=True, frozen=True, gc=False):
    """A rule as it is frozen."""

    condition: Condition = {}  # the segment's and the rule's own, joined; {} matches everybody
    hours: Hours = ALWAYS  # in which it may win, by the clocks of the site; those of rule and campaign
    caps: Caps | None = None  # beside those of a day and in all


class PackedRule(RuleFacts, array_like=True, frozen=True, gc=False):
    """A rule as an edge process holds it. Matching reads the index; 10,000 unpacked conditions would cost 50 ms at each
    load."""

    packed: msgspec.Raw = msgspec.Raw(b"\x80")
    hours: Hours = ALWAYS
    caps: Caps | None = None  # beside those of a day and in all

    @property
    def is_capped(self) -> bool:
        return bool(self.cap_per_day or self.cap_total or self.caps)

    @property
    def condition(self) -> Condition:
        return msgspec.msgpack.decode(self.packed)


class Schedule:
    """The rules within their dates and hours, computed anew only when a start or an end has passed, and each quarter of
    an hour where a rule has hours: on those, hours begin in every time zone."""

    def __init__(self, rules: Sequence[FrozenRule | PackedRule], time_zone: str = "UTC"):
        self._size = len(rules)
        self._time_zone = time_zone
        self._hourly = [(1 << i, rule.hours) for i, rule in enumerate(rules) if rule.hours]
        self._dated = [
            (i, rule.starts_at, rule.ends_at or _NEVER)
            for i, rule in enumerate(rules)
            if rule.starts_at or rule.ends_at
        ]
        self._undated = ((1 << self._size) - 1) & ~bitmap((i for i, _, _ in self._dated), self._size)
        self._valid = (1, 0, 0)  # since, until, bitmap: one value, so that a thread never sees half of a new one

    def live(self, now: int) -> int:
        """Rules that have started and not ended at `now`, and whose hours it is."""
        since, until, live = self._valid
        if since <= now < until:
            return live
        self._valid = self._compute(now)
        return self._valid[2]

    def _compute(self, now: int) -> tuple[int, int, int]:
        bounds = [bound for _, starts_at, ends_at in self._dated for bound in (starts_at, ends_at)]
        since = max((bound for bound in bounds if bound <= now), default=-_NEVER)
        until = min((bound for bound in bounds if bound > now), default=_NEVER)
        live = bitmap((i for i, starts_at, ends_at in self._dated if starts_at <= now < ends_at), self._size)
        rules = self._undated | live
        if self._hourly:
            since, until = max(since, now - now % QUARTER_MS), min(until, now - now % QUARTER_MS + QUARTER_MS)
            _, hour, weekday = local(self._time_zone, now)
            for bit, hours in self._hourly:
                if not hours[weekday - 1] >> hour & 1:
                    rules &= ~bit
        return since, until, rules


def is_within_dates(rule: RuleFacts, now: int) -> bool:
    return rule.starts_at <= now < (rule.ends_at or _NEVER)


def find_contextual(rules: Sequence[PackedRule], personal_treatments: Container[int], index: Index) -> int:
    """Rules that may be decided without knowing anything about the visitor: they ask for `context.*` only, count
    nothing, and their treatment, of which `personal_treatments` tells by its index, fills no slot and draws no lot."""
    personal = index.speaking_of(lambda path: not path.startswith("context."))
    counting = bitmap(
        (i for i, rule in enumerate(rules) if rule.is_capped or rule.treatment in personal_treatments), len(rules)
    )
    return ((1 << len(rules)) - 1) & ~(personal | counting)
