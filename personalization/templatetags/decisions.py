"""How does a decision read? Reasons and details in plain words."""

from django import template

register = template.Library()

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
def outcome(decision) -> str:
    """Reason, then detail; a word that is not known here is shown as it is."""
    return " ".join(WORDS.get(code, code) for code in (decision.reason, decision.detail) if code)
