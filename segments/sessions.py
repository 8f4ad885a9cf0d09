"""In which session does an event count, and where did that session come from?

Sessions are defined by the time of events, not by their arrival: an event told late extends the session that it lies in, opens one
between those that are known, or shows that two were one. A server's event, of which no browser is known, belongs to no session.
"""

from bisect import insort

from segments.bounds import MAX_PAST_SESSIONS
from segments.state import MAX_SESSION_STARTS, MONTH_MS, SESSION_GAP_MS, SESSIONS, WINDOW_MS, PastSession, Profile, Session, Touch
from tracking.event import SERVER, Event, Referral


def place(profile: Profile, event: Event) -> Session:
    """Sets `event.session`; returns the session in whose counts the event goes, a scratch one where it is none in progress."""
    at, session = event.at, profile.session
    if event.context and event.context.get("channel") == SERVER:
        return place_outside(profile, event)
    if not session.number or at - session.last_at >= SESSION_GAP_MS:
        session = begin_session(profile, event)
    elif at < session.started_at:
        session = place_earlier(profile, event)
    session.events += 1
    event.session = session.number
    if at > session.last_at:
        session.last_at = at
        if at > profile.last_at:
            profile.last_at = at
    if event.referral is not None:
        arrive(profile, session, event.referral, at)
    return session


def place_outside(profile: Profile, event: Event) -> Session:
    """A server's event is no visit: it neither opens nor extends a session. What it tells counts in the one that it happened during."""
    at, session = event.at, profile.session
    if not session.number and at > profile.last_at:
        profile.last_at = at
    profile.first_at = min(profile.first_at or at, at)
    is_during = session.number and session.started_at - SESSION_GAP_MS < at < session.last_at + SESSION_GAP_MS
    return session if is_during else Session()


def begin_session(profile: Profile, event: Event) -> Session:
    at, previous = event.at, profile.session
    if profile.cart and not profile.cart_left:
        profile.cart_left = True
        profile.carts_abandoned += 1
    if previous.number:
        profile.previous_at = max(profile.previous_at, previous.last_at)
        remember(profile, PastSession(previous.started_at, previous.last_at, previous.number))
    touch = count_session(profile, at)
    profile.session = Session(number=next_number(profile), started_at=at, last_at=at, touch=touch, landing_path=event.path[:200])
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


def remember(profile: Profile, past: PastSession) -> None:
    profile.past_sessions.append(past)
    if len(profile.past_sessions) > MAX_PAST_SESSIONS:
        del profile.past_sessions[0]


def place_earlier(profile: Profile, event: Event) -> Session:
    """Before all that the session in progress knew: in its beginning, in a session before it, or in one that was not known yet."""
    at, session = event.at, profile.session
    near = [past for past in profile.past_sessions if past.started_at - SESSION_GAP_MS < at < past.last_at + SESSION_GAP_MS]
    if session.started_at - at < SESSION_GAP_MS:
        for past in near:
            swallow(profile, event, session, past)
        if at < session.started_at:
            begin_earlier(profile, session, at)
            if session.touch.channel == "direct":
                session.landing_path = event.path[:200]
        return session
    past = max(near, key=lambda past: past.number) if near else None
    if past is None:
        count_session(profile, at)
        past = PastSession(at, at, 0)
    else:
        profile.past_sessions.remove(past)
    for other in near:
        if other is not past:
            swallow(profile, event, past, other)
    if at < past.started_at:
        begin_earlier(profile, past, at)
    past.last_at = max(past.last_at, at)
    past.number = past.number or next_number(profile)
    remember(profile, past)
    profile.previous_at = max(profile.previous_at, past.last_at)
    return Session(number=past.number, started_at=past.started_at, last_at=past.last_at, touch=Touch("direct", at=past.started_at))


def swallow(profile: Profile, event: Event, session: Session | PastSession, past: PastSession) -> None:
    """An event between two sessions that lie less than twice the gap apart shows them to be one. The tables hear of it by `event.joins`."""
    profile.past_sessions.remove(past)
    profile.sessions -= 1
    if past.started_at in profile.session_starts:
        profile.session_starts.remove(past.started_at)
    month = profile.month
    weight = month.weight(max(session.started_at, past.started_at), MONTH_MS)
    month.sums[SESSIONS] = max(month.sums[SESSIONS] - weight, 0.0)
    event.joins = past.number
    session.last_at = max(session.last_at, past.last_at)
    if past.started_at < session.started_at:
        begin_earlier(profile, session, past.started_at)
    profile.previous_at = max((past.last_at for past in profile.past_sessions), default=0)


def begin_earlier(profile: Profile, session: Session | PastSession, at: int) -> None:
    starts = profile.session_starts
    if session.started_at in starts:
        starts[starts.index(session.started_at)] = at
        starts.sort()
    if profile.first_touch.channel == "direct" and profile.first_touch.at == session.started_at:
        profile.first_touch = Touch("direct", at=at)
    profile.first_at = min(profile.first_at, at)
    session.started_at = at


def arrive(profile: Profile, session: Session, referral: Referral, at: int) -> None:
    """The first external click of a session is the session's; the latest that was not direct is the visitor's last touch."""
    if referral.channel == "direct":
        return
    touch = Touch(referral.channel, referral.source[:64], referral.medium[:64], referral.campaign[:64], at)
    if profile.last_touch.channel == "direct" or at >= profile.last_touch.at:
        profile.last_touch = touch
    if session.touch.channel == "direct" or at < session.touch.at:
        session.touch = touch
        session.landing_path = referral.landing_path[:200] or session.landing_path
    first = profile.first_touch
    if session.started_at <= first.at and (first.channel == "direct" or at < first.at):
        profile.first_touch = touch
