"""Why does a placement show what it shows? OpenFeature's reasons, our details beside them, and what a trace says of
each rule. Closed sets, each with one home."""

from enum import StrEnum


class _Word(StrEnum):
    # Enum's own hash is a function of Python. Words are looked up with every decision; that of text is one of C, and
    # equal words are equal text.
    __hash__ = str.__hash__


class Reason(_Word):
    """Those of OpenFeature (open-feature/spec, `specification/types.md`) that our decisions have."""

    TARGETING_MATCH = "TARGETING_MATCH"  # a rule with a condition won
    SPLIT = "SPLIT"  # a rule won, and a lot was drawn for what it shows
    STATIC = "STATIC"  # a rule for everybody won, or somebody asked for this very variant
    DEFAULT = "DEFAULT"  # no rule won
    DISABLED = "DISABLED"  # the placement is switched off
    ERROR = "ERROR"


class Detail(_Word):
    """What we add to a reason."""

    NONE = ""
    CAPPED = "CAPPED"  # rules apply, and have been seen often enough
    NO_CONSENT = "NO_CONSENT"  # only the request was looked at, because more was not allowed
    NO_PROFILE = "NO_PROFILE"  # only the request was looked at, because nothing else could be read
    NO_RELEASE = "NO_RELEASE"  # nothing has been published yet
    PREVIEW = "PREVIEW"
    HOLDOUT = "HOLDOUT"  # rules apply, and the visitor is one of those who do without
    OVERRIDE = "OVERRIDE"  # somebody set the arm for this visitor by hand
    REPEATED = "REPEATED"  # the default is on the page already
    UNFILLED = "UNFILLED"  # nothing is known that could fill the default's slot
    UNKNOWN_PLACEMENT = "UNKNOWN_PLACEMENT"  # nobody made it


UNKNOWN = "(unknown)"  # stands in the figures for all placements that nobody made; keys have no brackets


class Outcome(_Word):
    """What became of one rule. All but the first two are gates (`personalization.gates`)."""

    WON = "WON"
    OUTRANKED = "OUTRANKED"  # nothing speaks against it, but another one won
    UNSCHEDULED = "UNSCHEDULED"  # outside its dates
    OFF_HOURS = "OFF_HOURS"  # outside its hours of the week
    NO_CONSENT = "NO_CONSENT"
    NO_PROFILE = "NO_PROFILE"
    CONDITION = "CONDITION"
    UNDRAWN = "UNDRAWN"  # it draws a lot, and nobody is known to draw it for
    HOLDOUT = "HOLDOUT"  # the visitor is one of those who do without it
    OUTSIDE = "OUTSIDE"  # its experiment takes a part of the visitors, and not this one
    CONTROL = "CONTROL"  # the visitor drew the arm that does without it
    REPEATED = "REPEATED"
    CAPPED_SESSION = "CAPPED_SESSION"
    CAPPED_TODAY = "CAPPED_TODAY"
    CAPPED = "CAPPED"
    CAMPAIGN_CAPPED_SESSION = "CAMPAIGN_CAPPED_SESSION"  # all rules of its campaign together
    CAMPAIGN_CAPPED_TODAY = "CAMPAIGN_CAPPED_TODAY"
    CAMPAIGN_CAPPED = "CAMPAIGN_CAPPED"
    OVER = "OVER"
    UNFILLED = "UNFILLED"


# What speaks against the arm that was drawn, not against the rule: an exposure of its experiment all the same, else
# visitors of some arms would be missing.
DRAWN = frozenset((Outcome.CONTROL, Outcome.REPEATED, Outcome.OVER, Outcome.UNFILLED))
CAPS = frozenset(
    (
        Outcome.CAPPED_SESSION,
        Outcome.CAPPED_TODAY,
        Outcome.CAPPED,
        Outcome.CAMPAIGN_CAPPED_SESSION,
        Outcome.CAMPAIGN_CAPPED_TODAY,
        Outcome.CAMPAIGN_CAPPED,
    )
)
