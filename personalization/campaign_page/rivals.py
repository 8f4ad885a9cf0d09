"""Which rules stand before a rule in its placement, and does one of them leave nothing to it? As they are drafted;
costs no query where campaigns and segments were read with the rules."""

from collections.abc import Sequence
from datetime import datetime

from campaigns.models import AdVariant, Campaign, Rule
from campaigns.windows import Window


def before(rule: Rule, ordered: Sequence[Rule], now: datetime) -> list[Rule]:
    """Those of `ordered`, all rules of the site from the one that wins, that visitors may get instead of this one: in
    the same placement, switched on, launched or of the same campaign, and not over."""
    above = ordered[: ordered.index(rule)] if rule in ordered else ordered
    return [other for other in above if other.placement_id == rule.placement_id and _competes(other, rule, now)]


def _competes(other: Rule, rule: Rule, now: datetime) -> bool:
    is_launched = other.campaign.status == Campaign.Status.LIVE or other.campaign_id == rule.campaign_id
    return other.enabled and is_launched and not other.window().has_ended(now)


def leaves_nothing(other: Rule, rule: Rule) -> bool:
    """Whether the other one wins whenever both fit, and fits whenever this one does. Only what is certain counts: caps,
    hours of its own, slots, countdowns and lots may give way."""
    asked = other.full_condition()
    if asked and asked != rule.full_condition():
        return False
    hours = other.open_hours()
    of_campaign = other.campaign.limits if other.campaign_id != rule.campaign_id else ""
    if other.limits or of_campaign or (hours and hours != rule.open_hours()):
        return False
    return _always_shows(other) and _covers(other.window(), rule.window())


def _always_shows(rule: Rule) -> bool:
    shown = rule.variant
    return shown is not None and not shown.slot and shown.template != AdVariant.Template.COUNTDOWN


def _covers(one: Window, other: Window) -> bool:
    begins = one.starts_at is None or (other.starts_at is not None and one.starts_at <= other.starts_at)
    ends = one.ends_at is None or (other.ends_at is not None and one.ends_at >= other.ends_at)
    return begins and ends
