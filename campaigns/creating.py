"""How is a campaign made in one go? With its segment, its creatives and its rules, in one transaction; each row has its
own entry in the change log."""

from django.db import transaction

import segments.editing
from campaigns import editing
from campaigns.forms.creation import Creation
from campaigns.forms.steps import BOTTOM, TOP
from campaigns.models import Campaign, Rule
from campaigns.priority import master_list
from sites.pages.history import Actor


@transaction.atomic
def create(creation: Creation, by: Actor) -> Campaign:
    """Expects that it was found valid."""
    for segment in creation.new_segments:
        segments.editing.save(segment, by)
    campaign: Campaign = creation.campaign.save(commit=False)
    if event := creation.campaign.cleaned_data["event"]:
        editing.pursue(campaign, event, by)
    else:
        editing.save(campaign, by)
    rules = []
    for form in creation.kept:
        rule: Rule = form.save(commit=False)
        rule.campaign = campaign
        editing.save_rule(rule, form.shares, by)
        rules.append(rule)
    _put_in_order(rules, creation.campaign.cleaned_data["order"], by)
    return campaign


def _put_in_order(rules: list[Rule], order: str, by: Actor) -> None:
    """As they stand on the page, from the one that wins."""
    own = {rule.pk for rule in rules}
    others = [row for row in master_list(rules[0].campaign.site) if row.pk not in own] if rules else []
    if order == TOP:
        before = next(iter(others), None)
    else:
        before = next((row for row in others if str(row.pk) == order), None)
    if before or order == BOTTOM:
        for rule in rules:
            editing.move(rule, before, by)
