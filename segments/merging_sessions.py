"""Which sessions had a visitor whose two histories turn out to be one?

What lies less than the gap apart is one session, as if all events had been told to one profile: the one in progress,
and those of the past as far as they are remembered. Symmetric in what it knows; numbers are those of the profile that
goes on counting.
"""

from typing import Any, TypeVar

from segments import bounds
from segments.sessions import next_number, past_of
from segments.state import (
    MAX_SESSION_STARTS,
    MONTH_MS,
    SESSION_GAP_MS,
    SESSIONS,
    WINDOW_MS,
    Fading,
    PastSession,
    Profile,
    Session,
    Touch,
)

TOTALS = (
    "events", "pages", "product_views", "dwell_ms", "product_dwell_ms", "pointer", "link_clicks", "searches",
    "price_filters",
    "comparisons", "forms_started", "forms_submitted", "cart_adds", "orders",
)  # fmt: skip


Number = TypeVar("Number", int, float)


def join_sessions(profile: Profile, absorbed: Profile, month: Fading) -> dict[str, object]:
    """What the fields that tell of sessions become. `month`: the fading sums of both, changed in place. The sessions of
    `absorbed` are counted in the tables as its own, so none of them has a number here."""
    absorbed.session.number = 0
    for one in absorbed.past_sessions:
        one.number = 0
    past, joins = _join(
        [
            *(each.session for each in (profile, absorbed) if each.session.started_at),
            *map(_recalled, profile.past_sessions + absorbed.past_sessions),
        ]
    )
    session = past.pop() if past else Session()
    if session.started_at and not session.number:
        session.number = next_number(profile)
    starts = sorted(profile.session_starts + absorbed.session_starts)
    for start in joins:
        month.sums[SESSIONS] = max(month.sums[SESSIONS] - month.weight(start, MONTH_MS), 0.0)
        if start in starts:
            starts.remove(start)
    since = max(profile.last_at, absorbed.last_at) - WINDOW_MS
    return {
        "session": session,
        "sessions": profile.sessions + absorbed.sessions - len(joins),
        "session_starts": [start for start in starts if start > since][-MAX_SESSION_STARTS:],
        "previous_at": max((one.last_at for one in past), default=0),
        "past_sessions": [past_of(one) for one in past[-bounds.MAX_PAST_SESSIONS :]],
        "month": month,
    }


def _join(sessions: list[Session]) -> tuple[list[Session], list[int]]:
    """By time, those that touch made one; and the beginnings of those that are none of their own any more."""
    joined: list[Session] = []
    joins = []
    for one in sorted(sessions, key=lambda one: (one.started_at, one.last_at, order_of_touch(one.touch))):
        if joined and one.started_at - joined[-1].last_at < SESSION_GAP_MS:
            joins.append(one.started_at)
            joined[-1] = join_session(joined[-1], one)
        else:
            joined.append(one)
    return joined, joins


def join_session(earlier: Session, later: Session) -> Session:
    arrival = later if earlier.touch.channel == "direct" else earlier
    longest = max(earlier, later, key=lambda session: (session.longest_ms, session.longest_product))
    return Session(
        number=later.number or earlier.number,
        started_at=earlier.started_at,
        last_at=max(earlier.last_at, later.last_at),
        touch=arrival.touch,
        landing_path=arrival.landing_path,
        categories=add(earlier.categories, later.categories, bounds.MAX_SESSION_CATEGORIES),
        longest_ms=longest.longest_ms,
        longest_product=longest.longest_product,
        scroll_percent=max(earlier.scroll_percent, later.scroll_percent),
        shown=add(earlier.shown, later.shown, bounds.MAX_SHOWN),
        shown_of_campaigns=add(earlier.shown_of_campaigns, later.shown_of_campaigns, bounds.MAX_SHOWN),
        **{name: getattr(earlier, name) + getattr(later, name) for name in TOTALS},
    )


def _recalled(past: PastSession) -> Session:
    touch = past.touch or Touch("direct", at=past.started_at)
    return Session(past.number, past.started_at, past.last_at, touch=touch)


def order_of_touch(touch: Touch) -> tuple[Any, ...]:
    return (touch.at, touch.channel, touch.source, touch.medium, touch.campaign)


def add(one: dict[str, int], other: dict[str, int], most: int) -> dict[str, int]:
    return most_of({name: one.get(name, 0) + other.get(name, 0) for name in sorted({*one, *other})}, most)


def most_of(counts: dict[str, Number], most: int) -> dict[str, Number]:
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:most])
