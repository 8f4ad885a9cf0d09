"""Why was an event not taken? A closed set: each has a counter (`tracking.drops`) and, where the sender is to hear of
it, an HTTP status."""

from enum import StrEnum


class Reason(StrEnum):
    MALFORMED = "malformed"  # the body is no JSON
    INVALID = "invalid"  # a field is missing or of the wrong kind
    UNKNOWN_ENCODING = "unknown_encoding"  # the body is packed in a way that we do not read
    TOO_BIG = "too_big"  # body, batch or message
    UNKNOWN_KEY = "unknown_key"
    FOREIGN_ORIGIN = "foreign_origin"
    SECRET_IN_PAGE = "secret_in_page"  # noqa: S105  # the key of the site's servers came from a browser
    RATE_LIMITED = "rate_limited"
    TOO_OLD = "too_old"  # happened longer ago than a public key may tell of
    GPC = "gpc"  # Global Privacy Control
    DNT = "dnt"  # Do Not Track, where the site honours it
    NO_CONSENT = "no_consent"
    BOT_DECLARED = "bot_declared"  # the user agent says so
    BOT_PACE = "bot_pace"  # pages faster than people can
    BOT_DATA_CENTRE = "bot_data_centre"
    DUPLICATE = "duplicate"  # the log has it already: a client repeated what was acknowledged
    # Signing in with the public key and without a right userHash; kept for the browser alone.
    UNPROVED_USER = "unproved_user"
    PLACEHOLDER_ID = "placeholder_id"  # "undefined", "null" and their kind in place of an id; kept without it
    UNREADABLE_PART = "unreadable_part"  # an optional part of the wrong kind; kept without it


# The event is kept; what is counted is a part that it had to go without.
KEPT = frozenset((Reason.UNPROVED_USER, Reason.PLACEHOLDER_ID, Reason.UNREADABLE_PART))

# What refuses a request. The other reasons drop an event quietly: the sender did nothing that it could do better.
STATUS = {
    Reason.MALFORMED: 400,
    Reason.INVALID: 400,
    Reason.UNKNOWN_ENCODING: 415,
    Reason.TOO_BIG: 413,
    Reason.UNKNOWN_KEY: 401,
    Reason.FOREIGN_ORIGIN: 403,
    Reason.SECRET_IN_PAGE: 403,
    Reason.RATE_LIMITED: 429,
}
