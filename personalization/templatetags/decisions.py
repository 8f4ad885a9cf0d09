"""How does a decision read? Reasons and details in plain words."""

from collections.abc import Mapping
from typing import Any

from django import template

from campaigns.models import AdVariant, Campaign
from personalization.models import Decision

register = template.Library()

Names = Mapping[str, Mapping[int | str, Any]]  # what stands behind ids and keys: `personalization.views`

WORDS = {
    "TARGETING_MATCH": "A rule fitted.",
    "SPLIT": "Drawn by lot.",
    "STATIC": "Shown to everybody.",
    "DEFAULT": "No rule fitted, so the placement's default.",
    "DISABLED": "The placement is switched off.",
    "ERROR": "Something failed, so the placement's default.",
    "CAPPED": "What fitted had been seen often enough.",
    "NO_CONSENT": "Without consent, only the page itself was considered.",
    "PREVIEW": "A preview.",
    "REPEATED": "What fitted stood on the page already.",
    "UNFILLED": "Nothing was known that could fill what fitted.",
    "UNKNOWN_PLACEMENT": "The release had no such placement.",
}


@register.filter
def variant_in(decision: Decision, names: Names) -> AdVariant | None:
    """The variant as it is now, by its id; by its key for a decision that was stored before ids were."""
    return names["variants"].get(decision.variant_id or decision.variant)


@register.filter
def campaign_in(decision: Decision, names: Names) -> Campaign | None:
    return names["campaigns"].get(decision.campaign_id or decision.campaign)


@register.filter
def outcome(decision: Decision) -> str:
    """Reason, then detail; a word that is not known here is shown as it is."""
    return " ".join(WORDS.get(code, code) for code in (decision.reason, decision.detail) if code)
