"""Which decisions did an experiment draw for, and what came of each? As arrays: a million decisions take some 50 MB."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from django.db import connection

from campaigns.ope import Log
from personalization.reasons import Detail
from sites.times import ms_of
from tracking.event import NO_VISITOR

CHUNK = 20_000  # decisions
CLICK, CONVERSION, VALUE = "click", "conversion", "value"  # what a reward is

# A control, and an arm that could not be shown, stand beside what was shown instead. The lists of `assigned` begin with
# the treatment's id, and an array contains another one where each part of that is somewhere in it: the second look at
# them finds the right one. Ids are told as numbers, which are smaller and quicker than what they are of.
DECIDED = """
SELECT uuid_hash_extended(d.id, 0), uuid_hash_extended(d.visitor_id, 0),
    (extract(epoch FROM d.at) * 1000)::bigint, coalesce((d.context->>'cluster')::int, -1),
    drawn.arm, drawn.propensity
FROM personalization_decision d CROSS JOIN LATERAL (
    SELECT d.arm, d.propensity WHERE d.treatment_id = %(treatment)s AND d.arm <> ''
    UNION ALL
    SELECT given->>1, (given->>2)::float8 FROM jsonb_array_elements(d.context->'assigned') AS given
    WHERE (given->>0)::bigint = %(treatment)s
    LIMIT 1
) AS drawn
WHERE d.site_id = %(site)s AND d.at >= %(since)s AND d.at < %(until)s AND d.visitor_id <> %(nobody)s
    AND d.detail <> %(by_hand)s AND (d.treatment_id = %(treatment)s OR d.context @> %(given)s::jsonb)
"""
CLICKED = r"""
SELECT uuid_hash_extended((properties->>'decision')::uuid, 0), 1, (extract(epoch FROM min(at)) * 1000)::bigint
FROM tracking_event
WHERE site_id = %(site)s AND at >= %(since)s AND type = 'engagement' AND name = 'Click'
    AND properties->>'decision' ~ '^[0-9a-f]{32}$'
GROUP BY 1
"""
CONVERTED = """
SELECT uuid_hash_extended(decision_id, 0), 1, (extract(epoch FROM min(at)) * 1000)::bigint
FROM personalization_conversion
WHERE site_id = %(site)s AND at >= %(since)s AND is_credited GROUP BY decision_id
"""
BROUGHT = CONVERTED.replace(", 1,", ", sum(value_minor),")
REWARDS = {CLICK: CLICKED, CONVERSION: CONVERTED, VALUE: BROUGHT}

Progress = Callable[[float], None]  # told a share of the work, 0 to 1


class Logged(NamedTuple):
    """Arrays of one length, and the keys of the arms in the order of their positions."""

    arms: list[str]  # those asked for, then those that the log has besides
    at: np.ndarray  # milliseconds
    cluster: np.ndarray  # of the visitor; -1: in none, or not known
    log: Log
    rewarded_at: np.ndarray  # of the first reward, milliseconds; -1: none came


def read(
    site: int,
    treatment: int,
    arms: Sequence[str],
    reward: str,
    since: datetime,
    until: datetime,
    progress: Progress = lambda _: None,
) -> Logged:
    """Of the decisions from `since` to `until`, in the order of their moments as far as the log has it. Two queries,
    each over what is stored of that time."""
    asked: dict[str, Any] = {"site": site, "treatment": treatment, "since": since, "until": until, "nobody": NO_VISITOR}
    asked |= {"by_hand": Detail.OVERRIDE, "given": f'{{"assigned": [[{treatment}]]}}'}
    rewards = _rewards(REWARDS[reward], asked)
    progress(0.1)
    ids, visitors, moments, clusters, places = (array(kind) for kind in "qqqii")
    chances = array("d")
    place_of = {arm: place for place, arm in enumerate(arms)}
    first, span = ms_of(since), max(ms_of(until) - ms_of(since), 1)
    for rows in _chunks(DECIDED, asked):
        for identity, visitor, at, cluster, arm, chance in rows:
            ids.append(identity)
            visitors.append(visitor)
            moments.append(at)
            clusters.append(cluster)
            places.append(place_of.setdefault(arm, len(place_of)))
            chances.append(float("nan") if chance is None else chance)
        progress(0.1 + 0.9 * min(max((moments[-1] - first) / span, 0), 1))
    brought, rewarded_at = rewards.of(np.array(ids, np.int64))
    log = Log(np.array(places, np.int32), brought, np.array(chances), np.array(visitors, np.int64))
    return Logged(list(place_of), np.array(moments, np.int64), np.array(clusters, np.int32), log, rewarded_at)


class _Rewards(NamedTuple):
    """Arrays of one length."""

    decision: np.ndarray  # in order
    brought: np.ndarray
    at: np.ndarray

    def of(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What each of the decisions brought, 0 for nothing, and when, -1 for never."""
        if not len(self.decision):
            return np.zeros(len(ids)), np.full(len(ids), -1)
        place = np.minimum(np.searchsorted(self.decision, ids), len(self.decision) - 1)
        is_rewarded = self.decision[place] == ids
        return np.where(is_rewarded, self.brought[place], 0.0), np.where(is_rewarded, self.at[place], -1)


def _rewards(query: str, asked: dict[str, Any]) -> _Rewards:
    ids, values, moments = array("q"), array("d"), array("q")
    for rows in _chunks(query, asked):
        for identity, value, at in rows:
            ids.append(identity)
            values.append(float(value))
            moments.append(at)
    order = np.argsort(np.array(ids, np.int64))
    return _Rewards(np.array(ids, np.int64)[order], np.array(values)[order], np.array(moments, np.int64)[order])


def _chunks(query: str, asked: dict[str, Any]) -> Iterator[list[tuple[Any, ...]]]:
    """Of a cursor in the database, which outlives the transaction that others see its progress by."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, asked)
        while rows := cursor.fetchmany(CHUNK):
            yield rows
