"""Who was here, when, and from where? What a chunk of events adds to visitors, sessions and referrals."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from tracking.event_table import LoggedEntry, LoggedEvent

PAGES = frozenset({"page", "screen"})
MERGED = ("alias", "Visitor Merged")  # type and name of the event by which a history takes in another one


class VisitorPart(msgspec.Struct, gc=False):
    """What a chunk says about one visitor. Times in milliseconds."""

    id: str
    site: int
    user: str = ""
    first: int = 0
    last: int = 0
    events: int = 0
    sessions: int = 0
    channel: str = ""
    device: str = ""
    country: str = ""


class SessionPart(msgspec.Struct, gc=False):
    """What a chunk says about one session."""

    visitor: str
    number: int
    site: int
    started: int
    ended: int
    events: int = 0
    pages: int = 0
    landing_path: str = ""
    channel: str = ""
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


class Summary(NamedTuple):
    visitors: list[VisitorPart]
    sessions: dict[tuple[str, int], SessionPart]
    openings: dict[tuple[str, int], LoggedEvent]  # the first event of each session in the chunk
    referrals: list[ReferralPart]
    mergers: list[tuple[str, str]]  # absorbed visitor, visitor


def summarise(entries: Iterable[LoggedEntry]) -> Summary:
    """One pass over all events, the consumer's own work: plain loops and no calls, for its cost an event counts."""
    visitors: dict[str, VisitorPart] = {}
    sessions: dict[tuple[str, int], SessionPart] = {}
    openings: dict[tuple[str, int], LoggedEvent] = {}
    referrals: list[ReferralPart] = []
    mergers: list[tuple[str, str]] = []
    for entry in entries:
        site, visitor_id = entry.site, entry.visitor
        visitor = visitors.get(visitor_id)
        if visitor is None:
            visitor = visitors[visitor_id] = VisitorPart(visitor_id, site, first=entry.events[0].at)
        session = NOBODYS
        for event in entry.events:
            at, number = event.at, event.session
            if number != session.number:
                key = (visitor_id, number)
                if key not in sessions:
                    sessions[key] = SessionPart(visitor_id, number, site, at, at, landing_path=event.path[:1024], device=event.device[:16])
                    openings[key] = event
                session = sessions[key]
            session.events += 1
            if at > session.ended:
                session.ended = at
            elif at < session.started:
                session.started = at
            if event.type in PAGES:
                session.pages += 1
            if event.referral is not None:
                referrals.append(ReferralPart(site, visitor_id, number, at, *msgspec.structs.astuple(event.referral)))
                session.channel = session.channel or event.referral.channel
            if event.user:
                visitor.user = event.user
            if event.name == MERGED[1] and event.type == MERGED[0]:
                mergers.append((msgspec.json.decode(event.properties)["visitor"], visitor_id))
        visitor.device, visitor.country = event.device or visitor.device, event.country or visitor.country
    for session in sessions.values():
        _add_up(visitors[session.visitor], session)
    return Summary(list(visitors.values()), sessions, openings, referrals, mergers)


def _add_up(visitor: VisitorPart, session: SessionPart) -> None:
    session.channel = session.channel or "direct"
    visitor.channel = visitor.channel or session.channel
    visitor.events += session.events
    visitor.sessions = max(visitor.sessions, session.number)
    visitor.first, visitor.last = min(visitor.first, session.started), max(visitor.last, session.ended)


UPSERT_VISITORS = """
INSERT INTO tracking_visitor AS v (id, site_id, "user", first_seen_at, last_seen_at, events, sessions, channel, device, country)
SELECT id, site, left("user", 64), to_timestamp(first / 1000.0), to_timestamp(last / 1000.0), events, sessions,
    left(channel, 16), left(device, 16), left(country, 2)
FROM json_to_recordset(%s) AS n(id uuid, site bigint, "user" text, first bigint, last bigint, events int, sessions int,
    channel text, device text, country text)
ON CONFLICT (id) DO UPDATE SET
    "user" = coalesce(nullif(excluded."user", ''), v."user"),
    first_seen_at = least(v.first_seen_at, excluded.first_seen_at),
    last_seen_at = greatest(v.last_seen_at, excluded.last_seen_at),
    events = v.events + excluded.events,
    sessions = greatest(v.sessions, excluded.sessions),
    channel = coalesce(nullif(v.channel, ''), excluded.channel),
    device = coalesce(nullif(excluded.device, ''), v.device),
    country = coalesce(nullif(excluded.country, ''), v.country)
"""
UPSERT_SESSIONS = """
INSERT INTO tracking_session AS s (visitor_id, number, site_id, started_at, ended_at, events, pages, landing_path, channel, device)
SELECT visitor, number, site, to_timestamp(started / 1000.0), to_timestamp(ended / 1000.0), events, pages, landing_path, left(channel, 16), device
FROM json_to_recordset(%s) AS n(visitor uuid, number int, site bigint, started bigint, ended bigint, events int, pages int,
    landing_path text, channel text, device text)
ON CONFLICT (visitor_id, number) DO UPDATE SET
    started_at = least(s.started_at, excluded.started_at),
    ended_at = greatest(s.ended_at, excluded.ended_at),
    events = s.events + excluded.events,
    pages = s.pages + excluded.pages
RETURNING replace(visitor_id::text, '-', ''), number, xmax = 0
"""
INSERT_REFERRALS = """
INSERT INTO tracking_referral (site_id, visitor_id, session, at, channel, source, medium, campaign, term, content, click_id, referrer_host, landing_path)
SELECT site, visitor, session, to_timestamp(at / 1000.0), left(channel, 16), left(source, 200), left(medium, 200), left(campaign, 200),
    left(term, 200), left(content, 200), left(click_id, 32), left(referrer_host, 255), left(landing_path, 1024)
FROM json_to_recordset(%s) AS n(site bigint, visitor uuid, session int, at bigint, channel text, source text, medium text, campaign text,
    term text, content text, click_id text, referrer_host text, landing_path text)
ON CONFLICT DO NOTHING
"""
# The absorbed visitor may live in a partition that is stored later: then the row is made here.
MERGE = """
INSERT INTO tracking_visitor (id, site_id, "user", first_seen_at, last_seen_at, events, sessions, channel, device, country, merged_into_id)
SELECT %s, site_id, '', last_seen_at, last_seen_at, 0, 0, '', '', '', id FROM tracking_visitor WHERE id = %s
ON CONFLICT (id) DO UPDATE SET merged_into_id = excluded.merged_into_id
"""


def store(cursor, summary: Summary) -> list[tuple[str, int]]:
    """Writes a summary; returns visitor and number of the sessions that are new."""
    cursor.execute(UPSERT_VISITORS, [_json(summary.visitors)])
    cursor.execute(UPSERT_SESSIONS, [_json(list(summary.sessions.values()))])
    begun = [(visitor, number) for visitor, number, is_new in cursor.fetchall() if is_new]
    if summary.referrals:
        cursor.execute(INSERT_REFERRALS, [_json(summary.referrals)])
    for absorbed, visitor in summary.mergers:
        cursor.execute(MERGE, [absorbed, visitor])
    return begun


def _json(parts: list) -> str:
    return msgspec.json.encode(parts).decode()
