"""What came of each arm of a bandit? A step of the consumer, in the transaction that stores decisions and events,
behind the step that stores conversions: each decision is a trial once, each reward counts once. So the rows are the
same however often the log is read, and weights made of them too."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from campaigns.bandits.delays import bucket_of
from campaigns.bandits.state import NO_CLUSTER
from campaigns.models import Treatment
from personalization.adding import upsert
from personalization.bandits.tables import SPOT
from personalization.engagement import OUR_DECISION, Reaction, reaction_of
from personalization.reasons import Detail
from personalization.situation import NO_VISITOR
from sites.times import DAY_MS, HOUR_MS, ms_of
from tracking.decision import LoggedDecision
from tracking.event_table import LoggedEntry

CLICK = "click"
LONGEST_MS = 90 * DAY_MS  # so long ago may a decision lie that is rewarded: the longest window of a goal

_TYPES = dict(zip(SPOT, ("bigint", "text", "integer", "boolean", "bigint"), strict=True))
Spot = tuple[int, str, int, bool, int]  # as SPOT; the hour in milliseconds


class Shown(NamedTuple):
    """A decision that showed an arm of a bandit."""

    decision: str  # hex
    treatment: int
    arm: str
    at: int
    cluster: int = NO_CLUSTER
    is_random: bool = False

    @property
    def spot(self) -> Spot:
        return self.treatment, self.arm, self.cluster, self.is_random, self.at - self.at % HOUR_MS


class Told(NamedTuple):
    """A reward."""

    shown: Shown  # as the event tells it: without cluster and slice
    key: str
    at: int
    value_minor: int = 0


# By the message ids of this chunk, of which the step before has stored the conversions.
CONVERTED = """
SELECT decision_id, treatment_id, arm, message_id, at, value_minor FROM personalization_conversion
WHERE site_id = ANY(%s) AND message_id = ANY(%s) AND campaign_id > 0 AND treatment_id = ANY(%s) AND is_credited
"""
DECIDED = """
SELECT id, treatment_id, arm, at, context->>'cluster', context->>'is_random' FROM personalization_decision
WHERE id = ANY(%s::uuid[]) AND at BETWEEN to_timestamp(%s / 1000.0) AND to_timestamp(%s / 1000.0)
"""
INSERT = """
INSERT INTO personalization_reward (decision_id, key, treatment_id, at, value_minor)
SELECT decision_id, key, treatment_id, to_timestamp(at / 1000.0), value_minor
FROM json_to_recordset(%s) AS n(decision_id uuid, key text, treatment_id bigint, at bigint, value_minor bigint)
ON CONFLICT DO NOTHING RETURNING decision_id, value_minor
"""
SUMS = """
SELECT decision_id, count(*), sum(value_minor) FROM personalization_reward WHERE decision_id = ANY(%s::uuid[])
GROUP BY decision_id
"""


MEASURES = {"trials": "bigint", "rewards": "bigint", "total": "float8", "squares": "float8", "unmatched": "bigint"}
_HOUR = {"hour": "to_timestamp(hour / 1000.0)"}
ADD_TRIALS = upsert("personalization_trial", SPOT, _TYPES, MEASURES, _HOUR)
ADD_DELAYS = upsert(
    "personalization_delay", (*SPOT, "delay"), _TYPES | {"delay": "smallint"}, {"rewards": "bigint"}, _HOUR
)


class Changes:
    """Of rows, until they are stored."""

    def __init__(self) -> None:
        self.trials: defaultdict[Spot, dict[str, float]] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
        self.delays: defaultdict[tuple[Spot, int], int] = defaultdict(int)

    def store(self, cursor: CursorWrapper) -> None:
        if self.trials:
            rows = [_named(spot) | measures for spot, measures in self.trials.items()]
            cursor.execute(ADD_TRIALS, [msgspec.json.encode(rows).decode()])
        if self.delays:
            rows = [_named(spot) | {"delay": delay, "rewards": n} for (spot, delay), n in self.delays.items()]
            cursor.execute(ADD_DELAYS, [msgspec.json.encode(rows).decode()])


def learn(connection: BaseDatabaseWrapper, entries: Sequence[LoggedEntry], decisions: Sequence[LoggedDecision]) -> None:
    """The step that `tracking.consumer` calls for each chunk."""
    sites = {entry.site for entry in entries} | {decision.site for decision in decisions}
    bandits = dict(
        Treatment.objects.filter(site__in=sites, kind=Treatment.Kind.BANDIT).order_by("id").values_list("id", "reward")
    )
    if not bandits:
        return
    changes = Changes()
    with connection.cursor() as cursor:
        for shown in shown_by(decisions, bandits):
            changes.trials[shown.spot]["trials"] += 1
        reward(cursor, [*_clicks(entries, bandits), *_conversions(cursor, entries, bandits)], changes)
        changes.store(cursor)


def shown_by(decisions: Iterable[LoggedDecision], bandits: Mapping[int, str]) -> Iterator[Shown]:
    """Not what somebody set by hand: it says nothing of how the arms do."""
    for decision in decisions:
        exposure, context = decision.exposure, decision.context
        if exposure.treatment_id in bandits and decision.visitor != NO_VISITOR and decision.detail != Detail.OVERRIDE:
            kind = (int(context.get("cluster", NO_CLUSTER)), bool(context.get("is_random", False)))
            yield Shown(decision.id.hex(), exposure.treatment_id, exposure.arm, decision.at, *kind)


def reward(cursor: CursorWrapper, told: Sequence[Told], changes: Changes) -> None:
    """Counts them, each once. Where a decision is not known, for the arm that its event names."""
    rows = {(one.shown.decision, one.key): one for one in reversed(told)}
    gained: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    if rows:
        cursor.execute(INSERT, [msgspec.json.encode([_reward_row(one) for one in rows.values()]).decode()])
        for decision, value_minor in cursor.fetchall():
            gained[decision.hex][0] += 1
            gained[decision.hex][1] += value_minor
    if not gained:
        return
    first = {one.shown.decision: one for one in reversed(told) if one.shown.decision in gained}
    known = _decided(cursor, [one.shown for one in first.values()])
    cursor.execute(SUMS, [sorted(gained)])
    for decision, number, total in cursor.fetchall():
        one, (new, brought) = first[decision.hex], gained[decision.hex]
        shown = known.get(decision.hex, one.shown)
        row = changes.trials[shown.spot]
        row["total"] += brought
        row["squares"] += float(total) ** 2 - float(total - brought) ** 2
        row["unmatched"] += 0 if decision.hex in known else new
        if number == new:  # the first of its rewards
            row["rewards"] += 1
            changes.delays[shown.spot, bucket_of(one.at - shown.at)] += 1


def _clicks(entries: Iterable[LoggedEntry], bandits: Mapping[int, str]) -> Iterator[Told]:
    wanted = {pk for pk, kind in bandits.items() if kind == Treatment.Reward.CLICK}
    for entry in entries if wanted else ():
        for event in entry.events:
            if event.type == "engagement" and event.name == "Click":
                properties = msgspec.json.decode(event.properties)
                clicked = reaction_of(entry.site, entry.visitor, event.at, event.message_id, event.name, properties)
                if clicked.exposure.treatment_id in wanted and OUR_DECISION.fullmatch(clicked.decision):
                    yield Told(_claimed(clicked), CLICK, event.at)


def _claimed(clicked: Reaction) -> Shown:
    shown = clicked.exposure
    return Shown(clicked.decision, shown.treatment_id, shown.arm, clicked.decided_at)


def _conversions(cursor: CursorWrapper, entries: Sequence[LoggedEntry], bandits: Mapping[int, str]) -> Iterator[Told]:
    wanted = [pk for pk, kind in bandits.items() if kind != Treatment.Reward.CLICK]
    messages = [event.message_id for entry in entries for event in entry.events if event.type == "track"]
    if not wanted or not messages:
        return
    cursor.execute(CONVERTED, [sorted({entry.site for entry in entries}), messages, wanted])
    for decision, treatment, arm, message, at, value_minor in cursor.fetchall():
        decided_at = min(decision.int >> 80, ms_of(at))
        yield Told(Shown(decision.hex, treatment, arm, decided_at), message[:200], ms_of(at), value_minor)


def _decided(cursor: CursorWrapper, claimed: Sequence[Shown]) -> dict[str, Shown]:
    """The decisions themselves, by id: stored before what came of them, but for one that was lost with its process."""
    moments = [shown.at for shown in claimed]
    ids = sorted(shown.decision for shown in claimed)
    cursor.execute(DECIDED, [ids, max(min(moments), max(moments) - LONGEST_MS), max(moments)])
    return {
        decision.hex: Shown(decision.hex, treatment, arm, ms_of(at), int(cluster or NO_CLUSTER), is_random == "true")
        for decision, treatment, arm, at, cluster, is_random in cursor.fetchall()
    }


def _reward_row(one: Told) -> dict[str, Any]:
    shown = one.shown
    told = {"decision_id": shown.decision, "key": one.key, "treatment_id": shown.treatment}
    return told | {"at": one.at, "value_minor": one.value_minor}


def _named(spot: Spot) -> dict[str, Any]:
    return dict(zip(SPOT, spot, strict=True))
