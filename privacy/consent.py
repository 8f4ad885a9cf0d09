"""May we store and personalise for this visitor?

Asked at three doors: collect, decide, export. The answer is a value with its reason; nothing here reads a clock or a database.

Global Privacy Control asks not to sell or share, and leaves first-party, contextual use open. We go further than it must be read and store nothing
about such a visitor, because a stored profile exists to be used later: what they see is decided from the page alone. Exports are closed in any case.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Mode = Literal["opt_out", "opt_in"]


@dataclass(frozen=True, slots=True)
class Consent:
    """What is allowed; `reason` says what forbade storing ("gpc", "dnt", "no_consent"), "" when nothing did."""

    may_store: bool
    may_personalise: bool
    reason: str = ""


ALLOWED = Consent(may_store=True, may_personalise=True)
STORE_ONLY = Consent(may_store=True, may_personalise=False)
_REFUSED = {reason: Consent(may_store=False, may_personalise=False, reason=reason) for reason in ("gpc", "dnt", "no_consent")}


def resolve(mode: Mode, honour_dnt: bool, headers: Mapping[str, str], preferences: Mapping[str, object] | None) -> Consent:
    """`headers` have lower-case names; `preferences` is the event's `context.consent.categoryPreferences`.

    Signals of the browser win over preferences. A category that is absent counts as agreed to on an opt-out site and as refused on an
    opt-in site; anything but `true` counts as refused.
    """
    if headers.get("sec-gpc") == "1":
        return _REFUSED["gpc"]
    if honour_dnt and headers.get("dnt") == "1":
        return _REFUSED["dnt"]
    preferences = preferences or {}
    silence = mode == "opt_out"
    if preferences.get("analytics", silence) is not True:
        return _REFUSED["no_consent"]
    return ALLOWED if preferences.get("personalization", silence) is True else STORE_ONLY
