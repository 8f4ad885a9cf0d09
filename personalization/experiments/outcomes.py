"""What did visitors who take part reach? Each outcome once, whoever tells of it, and what it changes in the sums."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from django.db.backends.utils import CursorWrapper

from personalization.experiments.plans import Plans
from personalization.experiments.reaching import Reached, limited
from personalization.experiments.sums import Changes, Member, Totals

# What is there already is told again: by a retry, by page and server of one order.
INSERT = """
INSERT INTO personalization_outcome (visitor_id, treatment_id, phase, goal_id, key, at, number, value_minor)
SELECT visitor_id, treatment_id, phase, goal_id, key, to_timestamp(at / 1000.0), number, value_minor
FROM json_to_recordset(%s) AS n(visitor_id uuid, treatment_id bigint, phase integer, goal_id bigint, key text,
    at bigint, number smallint, value_minor bigint)
ON CONFLICT DO NOTHING RETURNING visitor_id, treatment_id, phase, goal_id, number, value_minor
"""
TOTALS = """
SELECT visitor_id, treatment_id, phase, goal_id, sum(number), sum(value_minor) FROM personalization_outcome
JOIN json_to_recordset(%s) AS n(visitor_id uuid, treatment_id bigint, phase integer, goal_id bigint)
    USING (visitor_id, treatment_id, phase, goal_id)
GROUP BY visitor_id, treatment_id, phase, goal_id
"""
OF_ORDERS = """
SELECT visitor_id, treatment_id, phase, goal_id, split_part(key, %s, 1), sum(value_minor) FROM personalization_outcome
JOIN json_to_recordset(%s) AS n(visitor_id uuid, treatment_id bigint, phase integer, goal_id bigint)
    USING (visitor_id, treatment_id, phase, goal_id)
GROUP BY visitor_id, treatment_id, phase, goal_id, split_part(key, %s, 1)
"""
REFUND = ":refund:"  # stands in a key between the order and the message that takes from it

Spot = tuple[str, int, int, int]  # visitor, treatment, phase, goal


class Counted(NamedTuple):
    """Something reached by somebody who takes part, within the window."""

    member: Member
    reached: Reached

    @property
    def spot(self) -> Spot:
        return self.member.visitor, self.member.treatment, self.member.phase, self.reached.goal

    def row(self) -> dict[str, Any]:
        told = self.reached
        key = f"{told.order}{REFUND}{told.key}" if told.order else told.key
        amount = {"at": told.at, "number": told.number, "value_minor": told.value_minor}
        return _named(self.spot) | {"key": key[:200]} | amount


def counted(reached: Iterable[Reached], members: Iterable[Member], plans: Plans) -> list[Counted]:
    """What counts for whom: what is measured, from the first exposure on, within the window of its goal. In the order
    of their moments."""
    by_visitor: defaultdict[str, list[Member]] = defaultdict(list)
    for member in members:
        by_visitor[member.visitor].append(member)
    found = [
        Counted(member, one) for one in reached for member in by_visitor[one.visitor] if _counts(one, member, plans)
    ]
    return sorted(found, key=lambda one: (one.reached.at, one.reached.key))


def _counts(one: Reached, member: Member, plans: Plans) -> bool:
    plan = plans.get(member.treatment)
    window = plan.window_of(one.goal) if plan else None
    if window is None or one.treatment not in (0, member.treatment):
        return False
    return 0 <= one.at - member.first_at <= window


def store(cursor: CursorWrapper, found: Sequence[Counted], plans: Plans, changes: Changes) -> None:
    """Refunds last: they take from what is known by then."""
    members = {one.spot: one.member for one in found}
    gained: defaultdict[Spot, list[int]] = defaultdict(lambda: [0, 0])
    for spot, number, value_minor in _insert(cursor, [one for one in found if not one.reached.order]):
        gained[spot][0] += number
        gained[spot][1] += value_minor
    for spot, number, value_minor in _insert(cursor, _refunds(cursor, [one for one in found if one.reached.order])):
        gained[spot][0] += number
        gained[spot][1] += value_minor
    for spot, now in _totals(cursor, gained).items():
        (_, treatment, _, goal), (n, v) = spot, gained[spot]
        plan = plans[treatment]
        was = Totals(now.n - n, now.v - v)
        changes.reach(members[spot], goal, plan.capped(goal, was), plan.capped(goal, now))


def _insert(cursor: CursorWrapper, found: Sequence[Counted]) -> Iterator[tuple[Spot, int, int]]:
    if not found:
        return
    cursor.execute(INSERT, [_rows(one.row() for one in found)])
    for visitor, treatment, phase, goal, number, value_minor in cursor.fetchall():
        yield (visitor.hex, treatment, phase, goal), number, value_minor


def _refunds(cursor: CursorWrapper, found: Sequence[Counted]) -> list[Counted]:
    """Each no more than is left of its order."""
    if not found:
        return []
    cursor.execute(OF_ORDERS, [REFUND, _rows(_named(one.spot) for one in found), REFUND])
    left: defaultdict[Spot, dict[str, int]] = defaultdict(dict)
    for visitor, treatment, phase, goal, order, value_minor in cursor.fetchall():
        left[visitor.hex, treatment, phase, goal][order] = int(value_minor)
    refunds = []
    for one in found:
        told, known = one.reached, left[one.spot]
        taken = limited(told.value_minor, known, told.order)
        if told.order in known:
            known[told.order] += taken
            refunds.append(Counted(one.member, told._replace(value_minor=taken)))
    return refunds


def _totals(cursor: CursorWrapper, spots: Iterable[Spot]) -> Mapping[Spot, Totals]:
    wanted = list(spots)
    if not wanted:
        return {}
    cursor.execute(TOTALS, [_rows(map(_named, wanted))])
    return {
        (visitor.hex, treatment, phase, goal): Totals(int(n), int(v))
        for visitor, treatment, phase, goal, n, v in cursor.fetchall()
    }


def _named(spot: Spot) -> dict[str, Any]:
    return dict(zip(("visitor_id", "treatment_id", "phase", "goal_id"), spot, strict=True))


def _rows(rows: Iterable[dict[str, Any]]) -> str:
    """Each once, as it was told first: a chunk may tell of one order twice."""
    told: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        told.setdefault(tuple(row.get(name) for name in _KEY), row)
    return msgspec.json.encode(list(told.values())).decode()


_KEY = ("visitor_id", "treatment_id", "phase", "goal_id", "key")
