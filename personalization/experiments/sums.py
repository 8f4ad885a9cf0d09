"""What do visitors of an arm add up to? Sums that a page of results is made from. Changes of single visitors come in,
changes of sums go out: a chunk of the log costs as much as it has news, however many visitors there are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

import msgspec
from django.db.backends.utils import CursorWrapper

from personalization.adding import upsert
from personalization.experiments.tables import SPOT, OutcomeSum

DIMENSIONS = ("device", "browser", "channel", "cluster")
_TYPES = dict(zip(SPOT, ("bigint", "integer", "text", "date", "text", "text"), strict=True))
Spot = tuple[int, int, str, str, str, str]  # as SPOT; the day as text


class Totals(NamedTuple):
    """Of one visitor and one goal: how often it was reached, and what that was worth in minor units."""

    n: int = 0
    v: int = 0


class Member(NamedTuple):
    """A unit, as sums look at it."""

    visitor: str
    treatment: int
    phase: int
    arm: str
    first_at: int
    day: date
    kinds: Mapping[str, str]  # by dimension
    before: Mapping[int, Totals]  # by goal: in the weeks before they took part

    def spots(self) -> Iterable[Spot]:
        """Where they count: among all, and among those of each of their kinds."""
        where = (self.treatment, self.phase, self.arm, self.day.isoformat())
        yield (*where, "", "")
        for dimension in DIMENSIONS:
            yield (*where, dimension, self.kinds.get(dimension, ""))


class Changes:
    """Of sums, until they are stored."""

    def __init__(self) -> None:
        self.units: defaultdict[Spot, list[int]] = defaultdict(lambda: [0, 0])
        self.outcomes: defaultdict[tuple[Spot, int], list[int]] = defaultdict(lambda: [0] * len(OutcomeSum.MEASURES))

    def join(self, member: Member) -> None:
        """Somebody takes part from now on, who has reached nothing yet."""
        for spot in member.spots():
            self.units[spot][0] += 1
        for goal, before in member.before.items():
            self._add(member, goal, measures_of(Totals(), before))

    def cross(self, member: Member) -> None:
        for spot in member.spots():
            self.units[spot][1] += 1

    def reach(self, member: Member, goal: int, was: Totals, now: Totals) -> None:
        before = member.before.get(goal, Totals())
        pairs = zip(measures_of(now, before), measures_of(was, before), strict=True)
        self._add(member, goal, [after - earlier for after, earlier in pairs])

    def _add(self, member: Member, goal: int, change: Iterable[int]) -> None:
        change = list(change)
        for spot in member.spots():
            sums = self.outcomes[spot, goal]
            for place, number in enumerate(change):
                sums[place] += number

    def store(self, cursor: CursorWrapper) -> None:
        if self.units:
            rows = [_named(spot) | {"units": n, "crossed": crossed} for spot, (n, crossed) in self.units.items()]
            cursor.execute(ADD_UNITS, [msgspec.json.encode(rows).decode()])
        if self.outcomes:
            rows = [
                # As text: JSON's numbers end where squares of money begin.
                _named(spot) | {"goal_id": goal} | dict(zip(OutcomeSum.MEASURES, map(str, sums), strict=True))
                for (spot, goal), sums in self.outcomes.items()
            ]
            cursor.execute(ADD_OUTCOMES, [msgspec.json.encode(rows).decode()])


def measures_of(now: Totals, before: Totals) -> tuple[int, ...]:
    """What one visitor adds to each of `OutcomeSum.MEASURES`."""
    reached = int(now.n > 0)
    return (
        *(reached, now.n, now.n**2, now.v, now.v**2, now.n * now.v),
        *(before.n, before.n**2, before.v, before.v**2),
        *(reached * before.n, now.n * before.n, now.v * before.v),
    )


def _named(spot: Spot) -> dict[str, Any]:
    return dict(zip(SPOT, spot, strict=True))


ADD_UNITS = upsert("personalization_unitsum", SPOT, _TYPES, {"units": "bigint", "crossed": "bigint"})
ADD_OUTCOMES = upsert(
    "personalization_outcomesum",
    (*SPOT, "goal_id"),
    _TYPES | {"goal_id": "bigint"},
    dict.fromkeys(OutcomeSum.MEASURES, "numeric"),
)
