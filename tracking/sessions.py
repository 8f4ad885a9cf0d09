"""Who was here, when, and from where? What a chunk of events adds to visitors, sessions and referrals."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec
from django.db.backends.utils import CursorWrapper

from tracking.event import MERGED
from tracking.event_table import LoggedEntry, LoggedEvent

PAGES = frozenset({"page", "screen"})


class VisitorPart(msgspec.Struct, gc=False):
    """What a chunk says about one visitor. Times in milliseconds. Without a visit `channel` is empty."""

    id: str
    site: int
    user: str = ""
    first: int = 0
    last: int = 0
    events: int = 0
    sessions: int = 0  # that are new
    channel: str = ""
    device: str = ""
    country: str = ""
    told_at: int = 0  # when device and country were as they are here
    opened_at: int = 0  # when its first session in the chunk began


class SessionPart(msgspec.Struct, gc=False):
    """What a chunk says about one session. `number` 0: what servers told, which is no session."""

    visitor: str
    number: int
    site: int
    started: int
    ended: int
    events: int = 0
    pages: int = 0
    landing_path: str = ""
    channel: str = "direct"
    device: str = ""


NOBODYS = SessionPart("", -1, 0, 0, 0)


class ReferralPart(msgspec.Struct, gc=False):
    site: int
    visitor: str
    session: int
    at: int
    channel: str
    source: str
    medium: str
    campaign: str
    term: str
    content: str
    click_id: str
    referrer_host: str
    landing_path: str


class Joining(msgspec.Struct, gc=False):
    """A session that an event showed to be part of another one."""

    visitor: str
    number: int
    joined: int


class Summary(NamedTuple):
    visitors: list[VisitorPart]
    sessions: dict[tuple[str, int], SessionPart]
    openings: dict[tuple[str, int], LoggedEvent]  # the first event of each session in the chunk
    referrals: list[ReferralPart]  # each click once, at its first page view in the chunk
    mergers: list[tuple[str, str]]  # absorbed visitor, visitor
    joinings: list[Joining]


def summarise(entries: Iterable[LoggedEntry]) -> Summary:
    """One pass over all events, the consumer's own work: plain loops and no calls, for its cost an event counts."""
    visitors: dict[str, VisitorPart] = {}
    sessions: dict[tuple[str, int], SessionPart] = {}
    openings: dict[tuple[str, int], LoggedEvent] = {}
    clicks: dict[tuple[Any, ...], ReferralPart] = {}
    mergers: list[tuple[str, str]] = []
    joinings: list[Joining] = []
    for entry in entries:
        site, visitor_id = entry.site, entry.visitor
        visitor = visitors.get(visitor_id)
        if visitor is None:
            visitor = visitors[visitor_id] = VisitorPart(visitor_id, site, first=entry.events[0].at)
        session = NOBODYS
        told_at, told = visitor.told_at, None
        for event in entry.events:
            at, number = event.at, event.session
            if number != session.number:
                key = (visitor_id, number)
                if key not in sessions:
                    sessions[key] = SessionPart(
                        visitor_id, number, site, at, at, landing_path=event.path[:1024], device=event.device[:16]
                    )
                    openings[key] = event
                session = sessions[key]
            session.events += 1
            if at > session.ended:
                session.ended = at
            elif at < session.started:
                session.started, session.landing_path = at, event.path[:1024]
            if event.type in PAGES:
                session.pages += 1
            if event.referral is not None:
                _add_click(clicks, site, visitor_id, event)
            if event.user:
                visitor.user = event.user
            if event.joins:
                joinings.append(Joining(visitor_id, number, event.joins))
            if (event.type, event.name) == MERGED:
                mergers.append((msgspec.json.decode(event.properties)["visitor"], visitor_id))
            if event.device and at >= told_at:
                told_at, told = at, event
        if told is not None:
            visitor.told_at, visitor.device, visitor.country = told_at, told.device, told.country or visitor.country
    # The first click is the last to say where its session came from.
    for click in sorted(clicks.values(), key=lambda click: click.at, reverse=True):
        session = sessions[click.visitor, click.session]
        session.channel, session.landing_path = click.channel, click.landing_path or session.landing_path
    for session in sessions.values():
        _add_up(visitors[session.visitor], session)
    return Summary(list(visitors.values()), sessions, openings, list(clicks.values()), mergers, joinings)


def _add_click(clicks: dict[tuple[Any, ...], ReferralPart], site: int, visitor: str, event: LoggedEvent) -> None:
    """One click is one referral, however often its page is loaded in a session. What is direct was no click."""
    referral = event.referral
    if referral is None or referral.channel == "direct" or not event.session:
        return
    part = ReferralPart(site, visitor, event.session, event.at, *msgspec.structs.astuple(referral))
    key = (visitor, event.session, *msgspec.structs.astuple(referral)[:-1])
    known = clicks.get(key)
    if known is None or part.at < known.at:
        clicks[key] = part


def _add_up(visitor: VisitorPart, session: SessionPart) -> None:
    visitor.events += session.events
    visitor.first = min(visitor.first, session.started)
    if session.number:
        visitor.last = max(visitor.last if visitor.channel else 0, session.ended)
        if not visitor.channel or session.started < visitor.opened_at:
            visitor.channel, visitor.opened_at = session.channel, session.started
    elif not visitor.channel:
        visitor.last = max(visitor.last, session.ended)


# A visitor's events lie in one partition, so one consumer at a time writes these rows; only mergers (below) come from
# another one. What is known already meets what a later chunk says of the same visitor or session.
UPSERT_VISITORS = """
INSERT INTO tracking_visitor AS v
    (id, site_id, "user", first_seen_at, last_seen_at, events, sessions, channel, device, country)
SELECT id, site, left("user", 64), to_timestamp(first / 1000.0), to_timestamp(last / 1000.0), events, sessions,
    left(channel, 16), left(device, 16), left(country, 2)
FROM json_to_recordset(%s) AS n(id uuid, site bigint, "user" text, first bigint, last bigint, events int, sessions int,
    channel text, device text, country text)
ON CONFLICT (id) DO UPDATE SET
    "user" = coalesce(nullif(excluded."user", ''), v."user"),
    first_seen_at = least(v.first_seen_at, excluded.first_seen_at),
    last_seen_at = CASE WHEN excluded.channel = '' THEN v.last_seen_at
        ELSE greatest(v.last_seen_at, excluded.last_seen_at) END,
    events = v.events + excluded.events,
    sessions = v.sessions + excluded.sessions,
    channel = coalesce(nullif(v.channel, ''), excluded.channel),
    device = CASE WHEN excluded.last_seen_at < v.last_seen_at AND v.device <> '' THEN v.device
        ELSE coalesce(nullif(excluded.device, ''), v.device) END,
    country = CASE WHEN excluded.last_seen_at < v.last_seen_at AND v.country <> '' THEN v.country
        ELSE coalesce(nullif(excluded.country, ''), v.country) END
"""
UPSERT_SESSIONS = """
INSERT INTO tracking_session AS s
    (visitor_id, number, site_id, started_at, ended_at, events, pages, landing_path, channel, device)
SELECT visitor, number, site, to_timestamp(started / 1000.0), to_timestamp(ended / 1000.0), events, pages,
    landing_path, left(channel, 16), device
FROM json_to_recordset(%s) AS n(visitor uuid, number int, site bigint, started bigint, ended bigint, events int,
    pages int, landing_path text, channel text, device text)
ON CONFLICT (visitor_id, number) DO UPDATE SET
    landing_path = CASE WHEN excluded.started_at < s.started_at AND s.channel = 'direct' THEN excluded.landing_path
        ELSE s.landing_path END,
    started_at = least(s.started_at, excluded.started_at),
    ended_at = greatest(s.ended_at, excluded.ended_at),
    events = s.events + excluded.events,
    pages = s.pages + excluded.pages
RETURNING replace(visitor_id::text, '-', ''), number, xmax = 0  -- 0: inserted; a row that was updated has a number
"""
_CLICK = "channel, source, medium, campaign, term, content, click_id, referrer_host"
_CLICKS = """
WITH n AS (
    SELECT site, visitor, session, to_timestamp(at / 1000.0) AS at, left(channel, 16) AS channel,
        left(source, 200) AS source, left(medium, 200) AS medium, left(campaign, 200) AS campaign,
        left(term, 200) AS term, left(content, 200) AS content, left(click_id, 32) AS click_id,
        left(referrer_host, 255) AS referrer_host, left(landing_path, 1024) AS landing_path
    FROM json_to_recordset(%s) AS n(site bigint, visitor uuid, session int, at bigint, channel text, source text,
        medium text, campaign text, term text, content text, click_id text, referrer_host text, landing_path text)
)"""
_SAME_VALUES = " AND ".join(f"r.{name} = n.{name}" for name in _CLICK.split(", "))
_SAME_CLICK = f"r.visitor_id = n.visitor AND r.session = n.session AND {_SAME_VALUES}"
_SAME_OTHER = " AND ".join(f"o.{name} = n.{name}" for name in _CLICK.split(", "))
# A page view of a known click that is told late: the click was then. Two rows of one moment the table does not take.
MOVE_REFERRALS = f"""{_CLICKS}
UPDATE tracking_referral r SET at = n.at, landing_path = n.landing_path FROM n WHERE {_SAME_CLICK} AND n.at < r.at
    AND NOT EXISTS (
        SELECT FROM tracking_referral o WHERE o.visitor_id = n.visitor AND o.session = n.session
        AND (o.at = n.at OR (o.at < r.at AND {_SAME_OTHER}))
    )
"""  # noqa: S608
INSERT_REFERRALS = f"""{_CLICKS}
INSERT INTO tracking_referral (site_id, visitor_id, session, at, {_CLICK}, landing_path)
SELECT site, visitor, session, at, {_CLICK}, landing_path FROM n
-- Another click of the same millisecond is left out: the table has one of a moment.
WHERE NOT EXISTS (SELECT FROM tracking_referral r WHERE {_SAME_CLICK})
ON CONFLICT DO NOTHING
"""  # noqa: S608
# The rule of `segments.sessions.arrive`: a session came from its first external click, a visitor from the first
# session.
NAME_CHANNELS = """
UPDATE tracking_session s SET channel = r.channel, landing_path = coalesce(nullif(r.landing_path, ''), s.landing_path)
FROM (
    SELECT DISTINCT ON (visitor_id, session) visitor_id, session, channel, landing_path
    FROM tracking_referral
    JOIN json_to_recordset(%s) AS n(visitor uuid, number int) ON visitor_id = visitor AND session = number
    ORDER BY visitor_id, session, at
) r
WHERE s.visitor_id = r.visitor_id AND s.number = r.session
"""
NAME_FIRST_CHANNELS = """
UPDATE tracking_visitor v SET channel = s.channel
FROM (
    SELECT DISTINCT ON (visitor_id) visitor_id, channel FROM tracking_session
    WHERE visitor_id = ANY(%s::uuid[]) ORDER BY visitor_id, started_at
) s
WHERE v.id = s.visitor_id AND v.channel <> s.channel
"""
# Two sessions that are one may have noted the same click each.
DROP_REPEATS = f"""
DELETE FROM tracking_referral r USING tracking_referral n
WHERE r.visitor_id = %(visitor)s AND r.session = %(number)s
    AND n.visitor_id = r.visitor_id AND n.session = r.session AND n.at < r.at
    AND {_SAME_VALUES}
"""  # noqa: S608
JOIN_SESSIONS = """
WITH gone AS (DELETE FROM tracking_session WHERE visitor_id = %(visitor)s AND number = %(joined)s RETURNING *),
    moved AS (
        UPDATE tracking_referral r SET session = %(number)s WHERE visitor_id = %(visitor)s AND session = %(joined)s
        AND NOT EXISTS (
            SELECT FROM tracking_referral o
            WHERE o.visitor_id = r.visitor_id AND o.session = %(number)s AND o.at = r.at
        )
    ),
    told AS (UPDATE tracking_event SET session = %(number)s WHERE visitor_id = %(visitor)s AND session = %(joined)s),
    counted AS (
        UPDATE tracking_visitor SET sessions = sessions - 1 WHERE id = %(visitor)s AND EXISTS (SELECT FROM gone)
    )
UPDATE tracking_session s SET
    landing_path = CASE WHEN gone.started_at < s.started_at THEN gone.landing_path ELSE s.landing_path END,
    started_at = least(s.started_at, gone.started_at), ended_at = greatest(s.ended_at, gone.ended_at),
    events = s.events + gone.events, pages = s.pages + gone.pages
FROM gone WHERE s.visitor_id = %(visitor)s AND s.number = %(number)s
"""
# The absorbed visitor may live in a partition that is stored later: then the row is made here, and the upsert of that
# partition's consumer meets it.
MERGE = """
INSERT INTO tracking_visitor
    (id, site_id, "user", first_seen_at, last_seen_at, events, sessions, channel, device, country, merged_into_id)
SELECT %s, site_id, '', last_seen_at, last_seen_at, 0, 0, '', '', '', id FROM tracking_visitor WHERE id = %s
ON CONFLICT (id) DO UPDATE SET merged_into_id = excluded.merged_into_id
"""


def store(cursor: CursorWrapper, summary: Summary) -> list[tuple[str, int]]:
    """Writes a summary; returns visitor and number of the sessions that are new and did not turn out to be part of
    others."""
    cursor.execute(UPSERT_SESSIONS, [_json([session for session in summary.sessions.values() if session.number])])
    begun = [(visitor, number) for visitor, number, is_new in cursor.fetchall() if is_new]
    n_begun = Counter(visitor for visitor, _ in begun)
    for part in summary.visitors:
        part.sessions = n_begun[part.id]
    cursor.execute(UPSERT_VISITORS, [_json(summary.visitors)])
    # A session that is new has its channel already: what follows is for those that an earlier chunk has told of, too.
    known = {(click.visitor, click.session) for click in summary.referrals} - set(begun)
    if known:
        cursor.execute(
            MOVE_REFERRALS, [_json([click for click in summary.referrals if (click.visitor, click.session) in known])]
        )
    if summary.referrals:
        cursor.execute(INSERT_REFERRALS, [_json(summary.referrals)])
    for joining in summary.joinings:
        cursor.execute(JOIN_SESSIONS, msgspec.structs.asdict(joining))
        cursor.execute(DROP_REPEATS, msgspec.structs.asdict(joining))
    known |= {(joining.visitor, joining.number) for joining in summary.joinings}
    if known:
        cursor.execute(
            NAME_CHANNELS, [_json([{"visitor": visitor, "number": number} for visitor, number in sorted(known)])]
        )
    if returned := {visitor for visitor, number in begun if number > 1} | {visitor for visitor, _ in known}:
        cursor.execute(NAME_FIRST_CHANNELS, [sorted(returned)])
    for absorbed, visitor in summary.mergers:
        cursor.execute(MERGE, [absorbed, visitor])
    joined = {(joining.visitor, joining.joined) for joining in summary.joinings}
    return [session for session in begun if session not in joined]


def _json(parts: list[Any]) -> str:
    return msgspec.json.encode(parts).decode()
