"""Has this visitor seen a rule, or all rules of its campaign together, as often as its caps allow?"""

from collections.abc import Callable

from campaigns.caps import impressions
from campaigns.rules import PackedRule
from campaigns.treatments import WITHOUT, Choice
from personalization.page import Against, Gate, Page
from personalization.reasons import Outcome
from personalization.situation import Situation
from segments.features import current

# Of a day and in all: most rules have one of them, so these two are asked of each, and written out to save a call.


def _today(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    cap, situation = rule.cap_per_day, page.situation
    if not cap or not _counts(rule, choice, situation):
        return None
    used, _ = impressions(situation.profile.shown, rule.id, situation.day)
    return Against(Outcome.CAPPED_TODAY, used, cap) if used >= cap else None


def _in_all(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    cap, situation = rule.cap_total, page.situation
    if not cap or not _counts(rule, choice, situation):
        return None
    _, used = impressions(situation.profile.shown, rule.id, situation.day)
    return Against(Outcome.CAPPED, used, cap) if used >= cap else None


def _wider(outcome: Outcome, field: str, sentence: str, used_of: Callable[[PackedRule, Page], int]) -> Gate:
    """`field` is that of `Caps`; what it counts is looked at only where there is such a cap."""

    def speaks_against(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
        cap = getattr(rule.caps, field) if rule.caps else 0
        if not cap or not _counts(rule, choice, page.situation):
            return None
        used = used_of(rule, page)
        return Against(outcome, used, cap) if used >= cap else None

    return Gate(outcome, sentence, speaks_against)


def _in_session(rule: PackedRule, page: Page) -> int:
    situation = page.situation
    return current(situation.profile, situation.now).shown.get(str(rule.id), 0)


# Of a campaign, what earlier placements of this page show counts as seen: else one page could show more than its cap.


def _campaign_in_session(rule: PackedRule, page: Page) -> int:
    seen = current(page.situation.profile, page.situation.now).shown_of_campaigns
    return seen.get(str(rule.campaign_id), 0) + page.campaigns.count(rule.campaign_id)


def _campaign_today(rule: PackedRule, page: Page) -> int:
    today, _ = impressions(page.situation.profile.shown_of_campaigns, rule.campaign_id, page.situation.day)
    return today + page.campaigns.count(rule.campaign_id)


def _campaign_in_all(rule: PackedRule, page: Page) -> int:
    _, in_all = impressions(page.situation.profile.shown_of_campaigns, rule.campaign_id, page.situation.day)
    return in_all + page.campaigns.count(rule.campaign_id)


def _counts(rule: PackedRule, choice: Choice | None, situation: Situation) -> bool:
    """Whether caps are looked at: nothing of whom nothing may be known; and what the visitor has before their eyes is
    not taken away because this very view has used it up."""
    if situation.barred:
        return False
    shown = situation.shown.get(rule.placement)
    if shown is None or choice is None or choice.variant == WITHOUT:
        return True
    return shown != situation.release.variants[choice.variant].key


CAPPED = (
    _wider(Outcome.CAPPED_SESSION, "per_session", "{used} of {cap} in this session used", _in_session),
    Gate(Outcome.CAPPED_TODAY, "{used} of {cap} today used", _today),
    Gate(Outcome.CAPPED, "{used} of {cap} in all used", _in_all),
    _wider(
        Outcome.CAMPAIGN_CAPPED_SESSION,
        "campaign_per_session",
        "its campaign has used {used} of {cap} in this session",
        _campaign_in_session,
    ),
    _wider(
        Outcome.CAMPAIGN_CAPPED_TODAY,
        "campaign_per_day",
        "its campaign has used {used} of {cap} today",
        _campaign_today,
    ),
    _wider(
        Outcome.CAMPAIGN_CAPPED,
        "campaign_total",
        "its campaign has used {used} of {cap} in all",
        _campaign_in_all,
    ),
)
# Those that `Caps` alone can speak by.
WIDER = frozenset(gate.outcome for gate in CAPPED) - {Outcome.CAPPED_TODAY, Outcome.CAPPED}
