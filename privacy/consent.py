"""May we store and personalise for this visitor?

Asked at two doors: collect and decide. The answer is a value with its reason; nothing here reads a clock or a
database.

Global Privacy Control asks not to sell or share, and leaves first-party, contextual use open. We go further than it
must be read and store nothing about such a visitor, because a stored profile exists to be used later: what they see is
decided from the page alone.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Mode = Literal["opt_out", "opt_in"]


@dataclass(frozen=True, slots=True)
class Consent:
    """What is allowed; `reason` says what forbade storing ("gpc", "dnt", "no_consent"), "" when nothing did."""

    may_store: bool
    may_personalise: bool
    reason: str = ""


# Where the rules of the European Union on privacy, or their like, hold: its members, the rest of the European Economic
# Area, the United Kingdom and Switzerland. ISO 3166 alpha-2.
EUROPE = frozenset(
    (
        *(
            "AT",
            "BE",
            "BG",
            "CY",
            "CZ",
            "DE",
            "DK",
            "EE",
            "ES",
            "FI",
            "FR",
            "GR",
            "HR",
            "HU",
            "IE",
            "IT",
            "LT",
            "LU",
            "LV",
        ),
        *("MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
        *("IS", "LI", "NO"),
        *("GB", "CH"),
        *("AX", "GF", "GP", "MF", "MQ", "RE", "YT"),  # parts of members that have codes of their own
        *("GG", "IM", "JE", "GI"),
    )
)
ALLOWED = Consent(may_store=True, may_personalise=True)
STORE_ONLY = Consent(may_store=True, may_personalise=False)
# Names under which consent platforms tell of the same purposes, in lower case and without punctuation; OneTrust's
# standard groups among them.
ANALYTICS = frozenset(("analytics", "analytic", "statistics", "statistic", "performance", "measurement", "c0002"))
PERSONALIZATION = frozenset(
    (
        "personalization",
        "personalisation",
        "preferences",
        "preference",
        "functional",
        "functionality",
        "c0003",
        "marketing",
        "advertising",
        "targeting",
        "c0004",
    )
)
BOTH: Mapping[str, bool] = {"analytics": True, "personalization": True}
_REFUSED = {
    reason: Consent(may_store=False, may_personalise=False, reason=reason) for reason in ("gpc", "dnt", "no_consent")
}


def mode_for(elsewhere: Mode, in_europe: Mode | None, country: str) -> Mode:
    """Which mode holds for somebody from this country, "" for not known: then the stricter one."""
    if in_europe is None or in_europe == elsewhere:
        return elsewhere
    if not country:
        return "opt_in"
    return in_europe if country in EUROPE else elsewhere


def resolve(
    mode: Mode, honour_dnt: bool, headers: Mapping[str, str], preferences: Mapping[str, object] | None
) -> Consent:
    """`mode` is that for the visitor's country (`mode_for`); `headers` have lower-case names; `preferences` is the
    event's `context.consent.categoryPreferences`.

    Signals of the browser win over preferences. A purpose of which nothing is said counts as agreed to on an opt-out
    site and as refused on an opt-in site; anything but `true` counts as refused, and so does everything where all that
    is said is no, under whatever names.
    """
    if headers.get("sec-gpc") == "1":
        return _REFUSED["gpc"]
    if honour_dnt and headers.get("dnt") == "1":
        return _REFUSED["dnt"]
    silence = mode == "opt_out"
    if not preferences:
        return ALLOWED if silence else _REFUSED["no_consent"]
    if _is_usual(preferences):
        return ALLOWED
    said = {_plain_name(name[:LONGEST_NAME]): agreed is True for name, agreed in preferences.items()}
    if not any(said.values()) and not said.keys() <= PERSONALIZATION:
        return _REFUSED["no_consent"]
    if not _agrees(said, ANALYTICS, silence):
        return _REFUSED["no_consent"]
    return ALLOWED if _agrees(said, PERSONALIZATION, silence) else STORE_ONLY


def _is_usual(preferences: Mapping[str, object]) -> bool:
    """What the tracker says with nearly every event: a look at it costs a tenth of reading it."""
    return len(preferences) == 2 and preferences.get("analytics") is True and preferences.get("personalization") is True


def plain_answers(preferences: Mapping[str, object] | None) -> Mapping[str, bool]:
    """What was agreed to, as it is kept with an event: plain, whatever the sender wrote."""
    if not preferences:
        return {}
    return BOTH if _is_usual(preferences) else {name: agreed is True for name, agreed in preferences.items()}


def _agrees(said: Mapping[str, bool], names: Collection[str], silence: bool) -> bool:
    """One no is a no, whatever else is said of the same purpose."""
    answers = [agreed for name, agreed in said.items() if name in names]
    return all(answers) if answers else silence


LONGEST_NAME = 100  # characters of a category that are looked at, and remembered


@lru_cache(maxsize=1024)
def _plain_name(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))
