"""How do experiments learn what happened? A step of the consumer, in the transaction that stores events and decisions:
each fact counts once, and all that a visitor was shown and did comes through the consumer of their partition, one chunk
after the other.

An event may come before the decision that it followed, by moments: decisions are gathered before they are logged. So
whoever takes part is asked for what they did since, and before; and whoever did something, whether they take part.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, NamedTuple

import msgspec
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from campaigns.goals import FrozenGoal, Told
from personalization.experiments import outcomes, units
from personalization.experiments.exposures import Exposed, Spot, exposures_of
from personalization.experiments.moving import move
from personalization.experiments.outcomes import counted
from personalization.experiments.plans import Plans, plans_of
from personalization.experiments.reaching import (
    CANCELLED,
    CLICK,
    CLICKS,
    REFUND,
    Happened,
    Reached,
    names_of,
    reached_by,
)
from personalization.experiments.sums import Changes, Member, Totals
from personalization.results.days import zones_of
from sites.times import DAY_MS, ms_of
from tracking.decision import LoggedDecision
from tracking.event_table import LoggedEntry

BEFORE_MS = 28 * DAY_MS  # what visitors did so long before they took part tells them apart (CUPED)
# By the index of a visitor's events; those of the same chunk are in the table already.
DONE = """
SELECT site_id, visitor_id, message_id, at, type, name, properties, context FROM tracking_event
WHERE visitor_id = ANY(%s::uuid[]) AND name = ANY(%s) AND at >= to_timestamp(%s / 1000.0)
"""


class Sought(NamedTuple):
    """What events of a site may be outcomes: the goals by the names of their events."""

    by_name: Mapping[str, Sequence[FrozenGoal]]

    def reached(self, event: Happened) -> list[Reached]:
        return reached_by(event, self.by_name.get(event.told.name, ()))


def record(
    connection: BaseDatabaseWrapper, entries: Sequence[LoggedEntry], decisions: Sequence[LoggedDecision]
) -> None:
    """The step that `tracking.consumer` calls for each chunk."""
    sites = {entry.site for entry in entries} | {decision.site for decision in decisions}
    plans = plans_of(sites)
    if not plans:
        return
    with connection.cursor() as cursor:
        # Against `rebuilding`, which deletes what is known here and counts it again: before anything is read.
        cursor.execute("LOCK TABLE personalization_unit IN ROW EXCLUSIVE MODE")
        move(cursor, entries)
        exposures = units.of_persons(cursor, exposures_of(decisions, plans))
        count(cursor, exposures, list(_happened(entries, sought_by(plans))), plans)


def count(cursor: CursorWrapper, exposures: Sequence[Exposed], events: Sequence[Happened], plans: Plans) -> None:
    """Everything that follows from these."""
    sought = sought_by(plans)
    reached = [one for event in events if event.site in sought for one in sought[event.site].reached(event)]
    known = units.known_of(cursor, [*(one.visitor for one in exposures), *(one.visitor for one in reached)])
    zones = zones_of(cursor, {one.site for one in exposures}) if exposures else {}
    fresh = units.new_members(cursor, exposures, known, zones)
    done = _done_by(cursor, fresh, sought)
    reached += _taken_back(cursor, reached, known, sought)
    fresh = {spot: _with_past(member, done[member.visitor], plans) for spot, member in fresh.items()}
    changes = Changes()
    units.store(cursor, fresh.values(), {pk: plan.site for pk, plan in plans.items()})
    for member in fresh.values():
        changes.join(member)
    for member in units.cross(cursor, exposures, {**known, **fresh}):
        changes.cross(member)
    since = [one for found in done.values() for one in found]
    told = counted(reached, known.values(), plans) + counted([*reached, *since], fresh.values(), plans)
    outcomes.store(cursor, told, plans, changes)
    changes.store(cursor)


def sought_by(plans: Plans) -> dict[int, Sought]:
    """By site."""
    goals: defaultdict[int, dict[int, FrozenGoal]] = defaultdict(dict)
    for plan in plans.values():
        goals[plan.site].update(plan.goals)
    found = {}
    for site in {plan.site for plan in plans.values()}:
        by_name: defaultdict[str, list[FrozenGoal]] = defaultdict(list)
        for goal in goals[site].values():
            for name in names_of([goal]):
                by_name[name].append(goal)
        found[site] = Sought(by_name)
    return found


def _happened(entries: Iterable[LoggedEntry], sought: Mapping[int, Sought]) -> Iterable[Happened]:
    for entry in entries:
        names = sought[entry.site].by_name if entry.site in sought else {}
        for event in entry.events:
            if event.name in names or (event.name == CLICK and event.type == "engagement"):
                properties = msgspec.json.decode(event.properties)
                currency = msgspec.json.decode(event.context).get("currency", "")
                told = Told(event.type, event.name, properties, currency)
                yield Happened(entry.site, entry.visitor, event.message_id, event.at, told)


def _done_by(
    cursor: CursorWrapper, fresh: Mapping[Spot, Member], sought: Mapping[int, Sought]
) -> defaultdict[str, list[Reached]]:
    """By visitor: what they reached before they took part and, where it was stored first, since."""
    names = {CLICK, *(name for one in sought.values() for name in one.by_name)}
    since = min((member.first_at for member in fresh.values()), default=0) - BEFORE_MS
    return _read(cursor, {member.visitor for member in fresh.values()}, names, since, sought)


def _taken_back(
    cursor: CursorWrapper, reached: Sequence[Reached], known: Mapping[Spot, Member], sought: Mapping[int, Sought]
) -> list[Reached]:
    """What is stored already of refunds of whoever ordered now: they are told in whatever sequence."""
    ordering = {one.visitor for one in reached if one.number and not one.order}
    members = [member for member in known.values() if member.visitor in ordering]
    if not members or not any(REFUND in one.by_name for one in sought.values()):
        return []
    since = min(member.first_at for member in members)
    found = _read(cursor, {member.visitor for member in members}, {REFUND, CANCELLED}, since, sought)
    return [one for refunds in found.values() for one in refunds]


def _read(
    cursor: CursorWrapper, visitors: Set[str], names: Set[str], since: int, sought: Mapping[int, Sought]
) -> defaultdict[str, list[Reached]]:
    done: defaultdict[str, list[Reached]] = defaultdict(list)
    if not visitors:
        return done
    cursor.execute(DONE, [sorted(visitors), sorted(names), since])
    for site, visitor, message_id, at, kind, name, properties, context in cursor.fetchall():
        told = Told(kind, name, _json(properties), str(_json(context).get("currency", "")))
        if site in sought:
            done[visitor.hex] += sought[site].reached(Happened(site, visitor.hex, message_id, ms_of(at), told))
    return done


def _json(told: object) -> dict[str, Any]:
    return msgspec.json.decode(told) if isinstance(told, str | bytes) else told  # type: ignore[return-value]  # jsonb


def _with_past(member: Member, done: Iterable[Reached], plans: Plans) -> Member:
    """With what they reached in the weeks before, each order once. Of clicks there is none: they had not seen it."""
    plan = plans[member.treatment]
    earlier: defaultdict[int, dict[str, Reached]] = defaultdict(dict)
    for one in sorted(done, key=lambda one: (one.at, one.key)):
        is_before = member.first_at - BEFORE_MS <= one.at < member.first_at
        if is_before and one.goal != CLICKS and one.goal in plan.goals:
            earlier[one.goal].setdefault(one.key, one)
    before = {
        goal: plan.capped(goal, Totals(sum(one.number for one in found.values()), _worth_of(found.values())))
        for goal, found in earlier.items()
    }
    return member._replace(before=before)


def _worth_of(found: Iterable[Reached]) -> int:
    """Refunds take from their orders, and no more than these brought."""
    left: dict[str, int] = {}
    for one in found:
        key = one.order or one.key
        left[key] = max(left.get(key, 0) + one.value_minor, 0)
    return sum(left.values())
