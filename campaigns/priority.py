"""Who wins over whom? The master list of a site's rules, and moving one within it."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from campaigns.models import Campaign, Rule
from campaigns.ordering import between, spread
from sites.models import Site


def master_list(site: Site) -> list[Rule]:
    """Every rule that is not archived, from the one that wins: priority, targeted, first publication, id. One query."""
    return sorted(_rules(site).select_related("campaign", "placement", "segment", "variant"), key=_place)


def narrowed(rules: list[Rule], placement: str = "", text: str = "") -> list[Rule]:
    """Those in the placement with the key, whose name, or that of the campaign, segment or variant, has the text in
    it."""
    wanted = text.casefold()
    return [rule for rule in rules if placement in ("", rule.placement.key) and wanted in _names(rule)]


def _names(rule: Rule) -> str:
    return " ".join(named.name for named in (rule, rule.campaign, rule.segment, rule.variant) if named).casefold()


@transaction.atomic
def move(rule: Rule, before: Rule | None) -> list[Rule]:
    """Puts the rule directly above another one, or last; returns the rules whose priority changed."""
    others = sorted(
        (other for other in _rules(rule.campaign.site).select_for_update(of=("self",)) if other != rule), key=_place
    )
    place = others.index(before) if before in others else len(others)
    priority = between([other.priority for other in others], place)
    if priority is not None:
        rule.priority = priority
        rule.save(update_fields=["priority", "updated_at"])
        return [rule]
    ordered = [*others[:place], rule, *others[place:]]
    changed = []
    for other, fresh in zip(ordered, spread(len(ordered)), strict=True):
        if other.priority != fresh:
            other.priority = fresh
            other.save(update_fields=["priority", "updated_at"])
            changed.append(other)
    return changed


def state_of(rule: Rule, now: datetime) -> str:
    """What the rule would do if the drafts were published now: live, scheduled, ended, paused, draft."""
    campaign = rule.campaign
    starts = [at for at in (rule.starts_at, campaign.starts_at) if at]
    ends = [at for at in (rule.ends_at, campaign.ends_at) if at]
    if campaign.status == Campaign.Status.DRAFT:
        return "draft"
    if campaign.status != Campaign.Status.LIVE or not rule.enabled:
        return "paused"
    if ends and min(ends) <= now:
        return "ended"
    return "scheduled" if starts and max(starts) > now else "live"


def _rules(site: Site) -> QuerySet[Rule]:
    return Rule.objects.filter(campaign__site=site).exclude(campaign__status=Campaign.Status.ARCHIVED)


def _place(rule: Rule) -> tuple:
    untargeted = rule.segment_id is None and not rule.condition
    published = rule.first_published_at.timestamp() if rule.first_published_at else float("inf")
    return -rule.priority, untargeted, published, rule.pk
