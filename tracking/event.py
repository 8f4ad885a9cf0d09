"""What is one event, once it has passed the pipeline?

The wire formats in `tracking.formats` end here, the log carries these, the fold reads these, the table stores these.
"""

from typing import Any

import msgspec

VIEWS = ("page", "screen")  # types of the events that open a page
NO_VISITOR = "0" * 32  # where nobody is named, or nothing may be known of them
MERGED = ("alias", "Visitor Merged")  # type and name of the event by which a history takes in another one
CHANNELS = ("search", "social", "ai", "email", "paid", "ads", "referral", "direct")  # where a visit comes from
DEVICES = ("desktop", "mobile", "tablet", "tv", "other")  # what it comes on
# `context["channel"]` of an event that says nothing of a browser: it is of the visitor, and of no visit.
SERVER = "server"


# Types whose events have a name of their own: of the others the type is the name (a page's name says little).
NAMED = frozenset({"track", "engagement"})


class Referral(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The external click that brought a visitor: one row of `tracking.referrers`' answer."""

    channel: str  # one of CHANNELS
    source: str = ""  # "Google", "newsletter"
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""
    click_id: str = ""  # the kind of click id ("gclid"), never its value
    referrer_host: str = ""
    landing_path: str = ""


class Event(msgspec.Struct, array_like=True, gc=False):
    """One accepted event. Times are whole milliseconds since 1970 UTC. Text is NFC-free, without NUL, bounded by the
    pipeline.

    `seq` and `session` are 0 until the visitor's fold has placed the event: `seq` counts the visitor's events from 1
    without gaps, in the order in which they were folded, so that a rebuild folds them in the same order. An event of a
    server stays in no session.
    """

    message_id: str  # at most 100 characters, unique in a site
    type: str  # page screen track identify alias group engagement
    name: str  # the event's name ("Product Viewed"); for page and screen the page's name, may be ""
    at: int  # when it happened, corrected for the client's clock
    received_at: int  # when we got it
    seq: int = 0
    session: int = 0
    user: str = ""  # the visitor made from the userId (sites.pseudonyms.visitor_of_user), "" when not known
    path: str = ""  # path of the page, without query and host
    host: str = ""
    title: str = ""
    referral: Referral | None = None  # set where the event arrived from outside the site
    device: str = ""  # one of DEVICES
    browser: str = ""
    os: str = ""
    language: str = ""  # "en", "de"
    country: str = ""  # ISO 3166 alpha-2, when a proxy or the client says it
    properties: dict[str, Any] = {}
    traits: dict[str, Any] = {}
    # What is left of the context after the pipeline: library, locale, timezone, consent, ip (truncated); clock,
    # channel, currency, unverified_user.
    context: dict[str, Any] = {}
    joins: int = 0  # number of the session that this event shows to be one with its own; for the tables, not stored


class Arrival(msgspec.Struct, gc=False):
    """The events of one request for one visitor, in order, ready to be folded and appended together."""

    site: int
    visitor: str  # 32 hex digits: keyed hash of anonymousId, else of userId (sites.pseudonyms)
    user_visitor: (
        str  # the same hash made from the userId of these events, "" without one or without proof: to join histories
    )
    events: list[Event]
    claimed: str = ""  # as user_visitor, of a userId that is not proved: it joins nothing
    previous_user: str = ""  # of an alias whose sender may name users: as user_visitor, made from the previousId


class Entry(msgspec.Struct, array_like=True, gc=False):
    """One entry of the event log: what was acknowledged together for one visitor."""

    site: int
    visitor: str
    events: list[Event]


def name_of(event: Event) -> str:
    """What an event is counted as, and asked for by event rows."""
    return event.name if event.type in NAMED else event.type
