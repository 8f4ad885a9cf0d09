"""How does a rule that shows one variant come to test it against others?"""

from collections.abc import Sequence

from django.db import transaction

from campaigns.models import AdVariant, Arm, Campaign, Metric, Rule, Treatment
from sites.pages.copying import free_key

KEYS = "abcdefghijklmnopqrstuvwxyz"


@transaction.atomic
def new_split(rule: Rule, shares: Sequence[tuple[AdVariant | None, int]]) -> Treatment:
    """A treatment named after the rule: arms a, b and so on, each a variant with its weight. The rule is not saved."""
    site = rule.campaign.site
    name = f"Test of {rule.name}"[:100]
    key = free_key(name, set(site.treatments.values_list("key", flat=True)))
    treatment = Treatment.objects.create(site=site, key=key, name=name)
    arms = [
        Arm(treatment=treatment, key=arm, variant=variant, weight=weight)
        for arm, (variant, weight) in zip(KEYS, shares, strict=False)
    ]
    Arm.objects.bulk_create(arms)
    measure_usual(treatment, rule.campaign)
    return treatment


def measure_usual(treatment: Treatment, campaign: Campaign | None = None) -> None:
    """What a new one measures: the goal of its campaign decides, where there is one, and clicks are looked at too."""
    goal = campaign.goal if campaign else None
    if goal:
        Metric.objects.create(treatment=treatment, goal=goal, role=Metric.Role.PRIMARY)
    role = Metric.Role.SECONDARY if goal else Metric.Role.PRIMARY
    Metric.objects.create(treatment=treatment, goal=None, role=role)
