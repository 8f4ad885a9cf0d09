"""In which session does an event count, and where did that session come from?

Sessions are defined by the time of events, not by their arrival: an event told late extends the session that it lies
in, opens one between those that are known, or shows that two were one. A server's event, of which no browser is known,
belongs to no session.
"""

from bisect import insort

from segments.bounds import MAX_PAST_SESSIONS
from segments.state import (
    MAX_SESSION_STARTS,
    MONTH_MS,
    SESSION_GAP_MS,
    SESSIONS,
    WINDOW_MS,
    PastSession,
    Profile,
    Session,
    Touch,
)
from tracking.event import SERVER, Event, Referral


def place(profile: Profile, event: Event) -> Session:
    """Sets `event.session`; returns the session in whose counts the event goes, a scratch one for all but that in
    progress."""
    at, session = event.at, profile.session
    if event.joins:  # folded before, into a profile that somebody else had changed
        event.joins = 0
    if "channel" in event.context and event.context["channel"] == SERVER:
        return place_outside(profile, event)
    last_at = session.last_at
    if not session.number or at - last_at >= SESSION_GAP_MS:
        session = begin_session(profile, event)
    elif at < session.started_at:
        session = place_earlier(profile, event)
    elif at > last_at:
        session.last_at = at
        if at > profile.last_at:
            profile.last_at = at
    session.events += 1
    event.session = session.number
    if event.referral is not None:
        arrive(profile, session, event.referral, at)
    if session is not profile.session:
        remember(profile, session)
    return session


def place_outside(profile: Profile, event: Event) -> Session:
    """A server's event is no visit: it opens and extends no session. What it tells counts in the one that it happened
    during."""
    at, session = event.at, profile.session
    event.session = 0
    if not session.number and at > profile.last_at:
        profile.last_at = at
    profile.first_at = min(profile.first_at or at, at)
    is_during = session.number and session.started_at - SESSION_GAP_MS < at < session.last_at + SESSION_GAP_MS
    return session if is_during else Session()


def begin_session(profile: Profile, event: Event) -> Session:
    at, previous = event.at, profile.session
    if profile.cart and not profile.cart_left and previous.number:
        profile.cart_left = True
        profile.carts_abandoned += 1
    if previous.number:
        remember(profile, previous)
    touch = count_session(profile, at)
    profile.session = Session(
        number=next_number(profile), started_at=at, last_at=at, touch=touch, landing_path=event.path[:200]
    )
    profile.last_at = max(profile.last_at, at)
    return profile.session


def count_session(profile: Profile, at: int) -> Touch:
    """One session more, begun at `at`; so far nothing is known of where it came from."""
    profile.sessions += 1
    profile.first_at = min(profile.first_at or at, at)
    insort(profile.session_starts, at)
    forget_starts(profile)
    weight = profile.month.weight(at, MONTH_MS)
    profile.month.sums[SESSIONS] += weight
    touch = Touch("direct", at=at)
    if not profile.first_touch.channel:
        profile.first_touch = profile.last_touch = touch
    elif at < profile.first_touch.at:
        profile.first_touch = touch
        if profile.last_touch.channel == "direct":
            profile.last_touch = touch
    return touch


def forget_starts(profile: Profile) -> None:
    starts = profile.session_starts
    since = starts[-1] - WINDOW_MS
    if starts[0] <= since or len(starts) > MAX_SESSION_STARTS:
        profile.session_starts = [start for start in starts if start > since][-MAX_SESSION_STARTS:]


def next_number(profile: Profile) -> int:
    """Numbers count up as sessions become known; one that is told late has a higher number than those after it."""
    profile.last_number = max(profile.last_number, profile.session.number) + 1
    return profile.last_number


def remember(profile: Profile, session: Session) -> None:
    profile.past_sessions.append(past_of(session))
    if len(profile.past_sessions) > MAX_PAST_SESSIONS:
        del profile.past_sessions[0]
    profile.previous_at = max(profile.previous_at, session.last_at)


def past_of(session: Session) -> PastSession:
    """What is remembered of a session that is not in progress: when it was, and where it came from."""
    touch = None if session.touch.channel == "direct" else session.touch
    return PastSession(session.started_at, session.last_at, session.number, touch)


def recall(profile: Profile, past: PastSession) -> Session:
    """A session as far as it is remembered; it is no longer among those of the past."""
    profile.past_sessions.remove(past)
    touch = past.touch or Touch("direct", at=past.started_at)
    return Session(number=past.number, started_at=past.started_at, last_at=past.last_at, touch=touch)


def place_earlier(profile: Profile, event: Event) -> Session:
    """Before all that the session in progress knew: in its beginning, in a session before it, or in one that was not
    known yet."""
    at, session = event.at, profile.session
    near = [
        past for past in profile.past_sessions if past.started_at - SESSION_GAP_MS < at < past.last_at + SESSION_GAP_MS
    ]
    is_past = session.started_at - at >= SESSION_GAP_MS
    if is_past and near:
        session = recall(profile, max(near, key=lambda past: past.number))
    elif is_past:
        session = Session(started_at=at, last_at=at, touch=count_session(profile, at))
    for past in near:
        if past in profile.past_sessions:
            swallow(profile, event, session, recall(profile, past))
    if at < session.started_at:
        begin_earlier(profile, session, at)
        if session.touch.channel == "direct":
            session.landing_path = event.path[:200]
    if session.started_at <= profile.first_touch.at:
        profile.first_touch = session.touch  # it has turned out to be the first, or to be one with the first
    session.last_at = max(session.last_at, at)
    session.number = session.number or next_number(profile)
    return session


def swallow(profile: Profile, event: Event, session: Session, other: Session) -> None:
    """An event between two sessions that lie less than twice the gap apart shows them to be one; the tables hear of it
    by `joins`."""
    profile.sessions -= 1
    if other.started_at in profile.session_starts:
        profile.session_starts.remove(other.started_at)
    month = profile.month
    weight = month.weight(other.started_at, MONTH_MS)
    month.sums[SESSIONS] = max(month.sums[SESSIONS] - weight, 0.0)
    event.joins = other.number
    session.last_at = max(session.last_at, other.last_at)
    if other.started_at < session.started_at:
        begin_earlier(profile, session, other.started_at)
    if other.touch.channel != "direct":
        touch_session(profile, session, other.touch)
    profile.previous_at = max((past.last_at for past in profile.past_sessions), default=0)


def begin_earlier(profile: Profile, session: Session, at: int) -> None:
    starts = profile.session_starts
    if session.started_at in starts:
        starts[starts.index(session.started_at)] = at
        starts.sort()
    if profile.first_touch.channel == "direct" and profile.first_touch.at == session.started_at:
        profile.first_touch = Touch("direct", at=at)
    if profile.last_touch.channel == "direct" and profile.last_touch.at == session.started_at:
        profile.last_touch = Touch("direct", at=at)
    if session.touch.channel == "direct":
        session.touch = Touch("direct", at=at)
    profile.first_at = min(profile.first_at, at)
    session.started_at = at


def arrive(profile: Profile, session: Session, referral: Referral, at: int) -> None:
    """The first external click of a session is the session's; the latest that was not direct is the visitor's last
    touch."""
    if referral.channel == "direct":
        return
    touch = Touch(referral.channel, referral.source[:64], referral.medium[:64], referral.campaign[:64], at)
    if profile.last_touch.channel == "direct" or at >= profile.last_touch.at:
        profile.last_touch = touch
    if touch_session(profile, session, touch):
        session.landing_path = referral.landing_path[:200] or session.landing_path


def touch_session(profile: Profile, session: Session, touch: Touch) -> bool:
    """Whether this is the session's first click. That of the first session is the visitor's first touch."""
    is_first = session.touch.channel == "direct" or touch.at < session.touch.at
    if is_first:
        session.touch = touch
    first = profile.first_touch
    if session.started_at <= first.at and (first.channel == "direct" or touch.at < first.at):
        profile.first_touch = touch
    return is_first
