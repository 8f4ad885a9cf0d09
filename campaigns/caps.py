"""How often may a visitor see a rule or a campaign, and how often have they seen it?

Impressions are events, folded into the profile, so the counts are exact and need no store of their own. A profile keeps
for each rule id, and for each campaign id, the local day of the latest impression, the impressions on that day, and
those in all; its session keeps those of the session. A campaign has counts of its own and is not summed up over its
rules: it remembers what a rule showed that is switched off, moved or gone since.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

Shown = Mapping[str, Sequence[int]]

# The fields of a row with caps, and what each counts.
WORDS = {"cap_per_session": "a session", "cap_per_day": "a day", "cap_total": "in all"}
# Below their fields, whose labels say the rest.
HELP = {
    "cap_per_session": "For each visitor. It ends after 30 minutes without a page or an event.",
    "cap_per_day": "For each visitor, by the clocks of the site.",
    "cap_total": "For each visitor, for ever.",
}
ZERO = "A cap of 0 would never show it; leave it empty for no cap."


class Caps(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Caps of a rule beside those of a day and in all: of a session, and those of its campaign, which all rules of it
    use up together. 0: no cap."""

    per_session: int = 0
    campaign_per_session: int = 0
    campaign_per_day: int = 0
    campaign_total: int = 0

    @property
    def of_campaign(self) -> tuple[int, int, int]:
        return self.campaign_per_session, self.campaign_per_day, self.campaign_total


NO_CAPS = Caps()


def wider_caps(rule: Any, campaign: Any) -> Caps | None:
    """As they are frozen; None where there is none, so that a decision need not ask."""
    caps = Caps(rule.cap_per_session or 0, *(getattr(campaign, field) or 0 for field in WORDS))
    return None if caps == NO_CAPS else caps


def impressions(shown: Shown, id: int, day: int) -> tuple[int, int]:
    """(on this day, in all), of a rule or a campaign. `day` is the local day number in the site's time zone."""
    seen = shown.get(str(id))
    if seen is None:
        return 0, 0
    on, today, total = seen
    return (today if on == day else 0), total


def zeros(row: object) -> dict[str, list[str]]:
    """What is wrong with the caps of a row, by field."""
    return {field: [ZERO] for field in WORDS if getattr(row, field) == 0}


def in_words(row: object) -> str:
    """ "at most 2 a session, 9 in all"; "" without a cap."""
    said = [f"{getattr(row, field)} {per}" for field, per in WORDS.items() if getattr(row, field)]
    return f"at most {', '.join(said)}" if said else ""
