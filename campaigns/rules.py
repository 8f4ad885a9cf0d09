"""Which rules may win at all, whoever the visitor is? Bitmaps over the rules of a release; bit i is rule i, and the
lowest bit wins.

What orders the rules is `campaigns.release.precedence`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from campaigns.index import Index
from campaigns.index.bits import bitmap

if TYPE_CHECKING:  # releases know their schedule
    from campaigns.release import RuleFacts, Variant

_NEVER = 1 << 62


class Schedule:
    """The rules within their dates, computed anew only when a start or an end has passed."""

    def __init__(self, rules: Sequence["RuleFacts"]):
        self._size = len(rules)
        self._dated = [
            (i, rule.starts_at, rule.ends_at or _NEVER)
            for i, rule in enumerate(rules)
            if rule.starts_at or rule.ends_at
        ]
        self._undated = ((1 << self._size) - 1) & ~bitmap((i for i, _, _ in self._dated), self._size)
        self._valid = (1, 0, 0)  # since, until, bitmap: one value, so that a thread never sees half of a new one

    def live(self, now: int) -> int:
        """Rules that have started and not ended at `now`."""
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
        return since, until, self._undated | live


def is_scheduled(rule: "RuleFacts", now: int) -> bool:
    return rule.starts_at <= now < (rule.ends_at or _NEVER)


def contextual(rules: Sequence["RuleFacts"], variants: Sequence["Variant"], index: Index) -> int:
    """Rules that may be decided without knowing anything about the visitor: they ask for `context.*` only, count
    nothing and fill no slot."""
    personal = index.speaking_of(lambda path: not path.startswith("context."))
    counting = bitmap(
        (i for i, rule in enumerate(rules) if rule.cap_per_day or rule.cap_total or variants[rule.variant].slot),
        len(rules),
    )
    return ((1 << len(rules)) - 1) & ~(personal | counting)
