"""Who takes part from now on? Exposures become units, each visitor once in a phase; whoever meets another arm there has
crossed over."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from django.db.backends.utils import CursorWrapper

from personalization.experiments.exposures import Exposed, Spot
from personalization.experiments.sums import Member, Totals
from sites.local_time import day_of
from sites.times import ms_of

# Of visitors whose history went to another one, who is who: what they do from then on is that one's.
MERGED = "SELECT id, merged_into_id FROM tracking_visitor WHERE id = ANY(%s::uuid[]) AND merged_into_id IS NOT NULL"
CHANNELS = "SELECT id, channel FROM tracking_visitor WHERE id = ANY(%s::uuid[])"
KNOWN = """
SELECT visitor_id, treatment_id, phase, arm, first_at, day, device, browser, channel, cluster, before, crossed
FROM personalization_unit WHERE visitor_id = ANY(%s::uuid[])
"""
INSERT = """
INSERT INTO personalization_unit
    (visitor_id, treatment_id, phase, site_id, arm, first_at, day, device, browser, channel, cluster, before, crossed)
SELECT visitor_id, treatment_id, phase, site_id, arm, to_timestamp(first_at / 1000.0), day, device, browser, channel,
    cluster, before, false
FROM json_to_recordset(%s) AS n(visitor_id uuid, treatment_id bigint, phase integer, site_id bigint, arm text,
    first_at bigint, day date, device text, browser text, channel text, cluster text, before jsonb)
"""
CROSS = """
UPDATE personalization_unit SET crossed = true
WHERE (visitor_id, treatment_id, phase) = (%s, %s, %s) AND NOT crossed RETURNING 1
"""


def of_persons(cursor: CursorWrapper, exposures: Sequence[Exposed]) -> list[Exposed]:
    """The same, of whoever the visitors turned out to be."""
    if not exposures:
        return []
    cursor.execute(MERGED, [sorted({one.visitor for one in exposures})])
    into = {visitor.hex: other.hex for visitor, other in cursor.fetchall()}
    return [one._replace(visitor=into.get(one.visitor, one.visitor)) for one in exposures]


def known_of(cursor: CursorWrapper, visitors: Iterable[str]) -> dict[Spot, Member]:
    """Their units."""
    wanted = sorted(set(visitors))
    if not wanted:
        return {}
    cursor.execute(KNOWN, [wanted])
    members = [_member(row) for row in cursor.fetchall()]
    return {(one.visitor, one.treatment, one.phase): one for one in members}


def _member(row: tuple[Any, ...]) -> Member:
    visitor, treatment, phase, arm, first_at, day, device, browser, channel, cluster, before, _ = row
    told = msgspec.json.decode(before) if isinstance(before, str | bytes) else before
    kinds = {"device": device, "browser": browser, "channel": channel, "cluster": cluster}
    earlier = {int(goal): Totals(*totals) for goal, totals in told.items()}
    return Member(visitor.hex, treatment, phase, arm, ms_of(first_at), day, kinds, earlier)


def new_members(
    cursor: CursorWrapper, exposures: Sequence[Exposed], known: Mapping[Spot, Member], zones: Mapping[int, str]
) -> dict[Spot, Member]:
    """Of exposures in the order of their moments, those of whoever took no part yet. They are not stored yet."""
    fresh: dict[Spot, Exposed] = {}
    for one in exposures:
        if one.spot not in known and one.site in zones:  # a site that is gone has no time zone
            fresh.setdefault(one.spot, one)
    if not fresh:
        return {}
    cursor.execute(CHANNELS, [sorted({visitor for visitor, _, _ in fresh})])
    channels = {visitor.hex: channel for visitor, channel in cursor.fetchall()}
    return {spot: _joining(one, channels, day_of(zones[one.site], one.at)) for spot, one in fresh.items()}


def _joining(one: Exposed, channels: Mapping[str, str], day: date) -> Member:
    kinds = {
        "device": one.device,
        "browser": one.browser,
        "channel": channels.get(one.visitor, ""),
        "cluster": one.cluster,
    }
    return Member(one.visitor, one.treatment, one.phase, one.arm, one.at, day, kinds, {})


def store(cursor: CursorWrapper, members: Iterable[Member], sites: Mapping[int, int]) -> None:
    """`sites`: by treatment."""
    rows = [
        {
            "visitor_id": one.visitor,
            "treatment_id": one.treatment,
            "phase": one.phase,
            "site_id": sites[one.treatment],
            "arm": one.arm,
            "first_at": one.first_at,
            "day": one.day,
            **one.kinds,
            "before": {str(goal): list(totals) for goal, totals in one.before.items()},
        }
        for one in members
    ]
    if rows:
        cursor.execute(INSERT, [msgspec.json.encode(rows).decode()])


def cross(cursor: CursorWrapper, exposures: Iterable[Exposed], members: Mapping[Spot, Member]) -> list[Member]:
    """Those who met another arm than theirs for the first time."""
    strays = {one.spot for one in exposures if one.spot in members and members[one.spot].arm != one.arm}
    crossed = []
    for spot in sorted(strays):
        cursor.execute(CROSS, spot)
        if cursor.fetchone():
            crossed.append(members[spot])
    return crossed
