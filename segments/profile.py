"""How does one event change what is known about a visitor?

The profile is a pure fold over a visitor's events, used live, in replay, in rebuilds and in training: no clock, no
randomness, and no dependence on the order of keys in an event's properties, because Postgres' jsonb does not keep that
order. State: `segments.state`. Which session: `segments.sessions`. What single events do: `segments.effects`. Two
histories that turn out to be one: `segments.merging`.
"""

from base64 import b64decode
from binascii import Error as Base64Error

import msgspec

from segments.effects import EFFECTS, EFFECTS_OF_TYPE
from segments.merging import NO_ROWS, merge
from segments.sessions import place
from segments.state import Profile
from segments.tallies import Rows, leave_marks, settle
from tracking.event import MERGED, NAMED, Event

__all__ = ["Profile", "decode", "encode", "fold", "merge"]

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Profile)

encode = _encoder.encode


def decode(data: bytes) -> Profile:
    """Raises msgspec.ValidationError or msgspec.DecodeError on bytes that `encode` did not write."""
    return _decoder.decode(data)


def fold(profile: Profile, event: Event, rows: Rows = NO_ROWS) -> None:
    """Places the event (`seq`, `session`) and updates the profile, both in place. `rows` are those that the site
    counts."""
    profile.seq = event.seq = profile.seq + 1
    profile.events += 1
    if profile.counted != rows.counted:
        settle(profile, rows)
    kind = (event.type, event.name)
    effect = EFFECTS.get(kind)
    if effect is None:
        if kind == MERGED:
            absorb(profile, event, rows)
            event.session = profile.session.number if event.at >= profile.session.started_at else 0
            return
        effect = EFFECTS_OF_TYPE.get(event.type)
    session = place(profile, event)
    know(profile, event)
    if effect is not None:
        effect(profile, session, event)
    if rows.wanted and (wanted := rows.wanted.get(event.name if event.type in NAMED else event.type)):
        leave_marks(profile, event, wanted, rows)


def know(profile: Profile, event: Event) -> None:
    """What each event says about its sender; the latest told wins. Most say what the one before said: looking costs a
    third of writing."""
    if event.at < profile.last_at:
        know_late(profile, event)
        return
    if "unverified_user" in event.context and not profile.claimed:
        profile.claimed = event.context["unverified_user"]
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
    profile.claimed = profile.claimed or event.context.get("unverified_user", "")
    if event.user:
        profile.user = event.user
    if event.device and not profile.device:
        profile.device = event.device
        profile.browser = event.browser
    profile.language = profile.language or event.language
    profile.country = profile.country or event.country
    profile.path = profile.path or event.path[:200]


def absorb(profile: Profile, event: Event, rows: Rows) -> None:
    """`Visitor Merged` carries the absorbed profile, so that a rebuild repeats the merge; one that cannot be read is
    left out."""
    try:
        absorbed = decode(b64decode(event.properties.get("profile") or "", validate=True))
    except (Base64Error, TypeError, ValueError, msgspec.MsgspecError):
        return
    merge(profile, absorbed, rows)
