"""Who wins over whom? The master list of a site's rules, and moving one within it."""

from operator import attrgetter

from django.db import transaction
from django.db.models import QuerySet

from campaigns.models import Campaign, Rule
from campaigns.ordering import between, spread
from sites.locks import lock
from sites.models import Site


def master_list(site: Site) -> list[Rule]:
    """Every rule that is not archived, from the one that wins: priority, targeted, first publication, id. One query."""
    rules = _rules(site).select_related("campaign", "placement", "segment", "variant", "treatment")
    return sorted(rules, key=attrgetter("place"))


def rules_of(campaign: Campaign) -> list[Rule]:
    """Its rules, the highest priority first, with all that a page tells of them. One query."""
    return list(campaign.rules.select_related("campaign", "placement", "segment", "variant__picture", "treatment"))


def neighbours(rule: Rule) -> tuple[Rule | None, Rule | None]:
    """The rules between which it stands, the one that wins over it first: in its placement, or before it has one, among
    all of the site. One query."""
    rules = narrow(master_list(rule.campaign.site), rule.placement.key if rule.placement_id else "")
    others = [other for other in rules if other.pk != rule.pk]
    above = [other for other in others if _stands_above(other, rule)]
    return (above[-1] if above else None), (others[len(above)] if len(above) < len(others) else None)


def _stands_above(other: Rule, rule: Rule) -> bool:
    """One that is not stored yet stands below its equals: it will be published last."""
    return other.priority >= rule.priority if rule.pk is None else other.place < rule.place


def narrow(rules: list[Rule], placement: str = "", text: str = "") -> list[Rule]:
    """Those in the placement with the key, whose name, or that of the campaign, segment or variant, has the text in
    it."""
    wanted = text.casefold()
    return [rule for rule in rules if placement in ("", rule.placement.key) and wanted in _names(rule)]


def _names(rule: Rule) -> str:
    return " ".join(named.name for named in (rule, rule.campaign, rule.segment, rule.shows) if named).casefold()


@transaction.atomic
def move(rule: Rule, before: Rule | None) -> list[Rule]:
    """Puts the rule directly above another one, or last; returns the rules whose priority changed."""
    # Two who move rules of a site take turns: each place between two rules is worked out from what the other has left.
    locked = lock(_rules(rule.campaign.site).select_related("segment"))
    others = sorted((other for other in locked if other != rule), key=attrgetter("place"))
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


def _rules(site: Site) -> QuerySet[Rule]:
    return Rule.objects.filter(campaign__site=site).exclude(campaign__status=Campaign.Status.ARCHIVED)
