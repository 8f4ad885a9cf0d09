"""How does one event change what is known about a visitor?

The profile is a pure fold over a visitor's events, used live, in replay, in rebuilds and in training: no clock, no randomness,
and no dependence on the order of keys in an event's properties, because Postgres' jsonb does not keep that order.
State: `segments.state`. What single events do: `segments.effects`. Two histories that turn out to be one: `segments.merging`.
"""

from base64 import b64decode
from binascii import Error as Base64Error

import msgspec

from segments.effects import EFFECTS, EFFECTS_OF_TYPE
from segments.merging import merge
from segments.state import MAX_SESSION_STARTS, MONTH_MS, SESSION_GAP_MS, SESSIONS, WINDOW_MS, Profile, Session, Touch
from tracking.event import Event, Referral

__all__ = ["Profile", "decode", "encode", "fold", "merge"]

MERGED = ("alias", "Visitor Merged")

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Profile)

encode = _encoder.encode


def decode(data: bytes) -> Profile:
    """Raises msgspec.ValidationError or msgspec.DecodeError on bytes that `encode` did not write."""
    return _decoder.decode(data)


def fold(profile: Profile, event: Event) -> None:
    """Places the event (`seq`, `session`) and updates the profile, both in place."""
    profile.seq = event.seq = profile.seq + 1
    profile.events += 1
    session = place(profile, event)
    know(profile, event)
    kind = (event.type, event.name)
    effect = EFFECTS.get(kind) or EFFECTS_OF_TYPE.get(event.type)
    if effect is not None:
        effect(profile, session, event)
    elif kind == MERGED:
        absorb(profile, event)
        event.session = profile.session.number


def place(profile: Profile, event: Event) -> Session:
    """The session that the event counts in: a new one after 30 minutes without events.

    A late event never moves time backwards. One that is older than the session in progress, by more than the gap, is
    numbered with the session before and counts in no session: it gets a scratch one.
    """
    at = event.at
    session = profile.session
    if not session.number or at - session.last_at >= SESSION_GAP_MS:
        session = begin_session(profile, event)
    elif at < session.started_at - SESSION_GAP_MS:
        event.session = max(session.number - 1, 1)
        return Session()
    session.events += 1
    event.session = session.number
    if at > session.last_at:
        session.last_at = profile.last_at = at
    if event.referral is not None:
        arrive(profile, session, event.referral, at)
    return session


def begin_session(profile: Profile, event: Event) -> Session:
    at = event.at
    previous = profile.session
    if not previous.number:
        profile.first_at = at
    if profile.cart and not profile.cart_left:
        profile.cart_left = True
        profile.carts_abandoned += 1
    profile.previous_at = previous.last_at
    profile.sessions += 1
    profile.session_starts = [*[start for start in profile.session_starts if start > at - WINDOW_MS][1 - MAX_SESSION_STARTS :], at]
    weight = profile.month.weight(at, MONTH_MS)
    profile.month.sums[SESSIONS] += weight
    touch = Touch("direct", at=at)
    session = Session(number=previous.number + 1, started_at=at, last_at=at, touch=touch, landing_path=event.path[:200])
    profile.session = session
    profile.last_at = at
    if not profile.first_touch.channel:
        profile.first_touch = profile.last_touch = touch
    return session


def arrive(profile: Profile, session: Session, referral: Referral, at: int) -> None:
    """The first external click of a session is the session's; the latest that was not direct is the visitor's last touch."""
    if referral.channel == "direct":
        return
    touch = Touch(referral.channel, referral.source[:64], referral.medium[:64], referral.campaign[:64], at)
    profile.last_touch = touch
    if session.touch.channel == "direct":
        session.touch = touch
        session.landing_path = referral.landing_path[:200] or session.landing_path
        if profile.sessions == 1:
            profile.first_touch = touch


def know(profile: Profile, event: Event) -> None:
    """What each event says about its sender; the latest told wins. Most say what the one before said: looking costs a third of writing."""
    if event.at < profile.last_at:
        know_late(profile, event)
        return
    user, device, language, country, path = event.user, event.device, event.language, event.country, event.path
    if user and user is not profile.user:
        profile.user = user
    if device and (device is not profile.device or event.browser is not profile.browser):
        profile.device = device
        profile.browser = event.browser
    if language and language is not profile.language:
        profile.language = language
    if country and country is not profile.country:
        profile.country = country
    if path and path is not profile.path:
        profile.path = path[:200]


def know_late(profile: Profile, event: Event) -> None:
    """Of an earlier moment: it tells only what nothing since has told. Whose history it is does not go back in time."""
    if event.user:
        profile.user = event.user
    if event.device and not profile.device:
        profile.device = event.device
        profile.browser = event.browser
    profile.language = profile.language or event.language
    profile.country = profile.country or event.country
    profile.path = profile.path or event.path[:200]


def absorb(profile: Profile, event: Event) -> None:
    """`Visitor Merged` carries the absorbed profile, so that a rebuild repeats the merge; one that cannot be read is left out."""
    try:
        absorbed = decode(b64decode(event.properties.get("profile") or "", validate=True))
    except (Base64Error, TypeError, ValueError, msgspec.MsgspecError):
        return
    merge(profile, absorbed)
