"""How does a rule that shows one variant come to test it against others?"""

from collections.abc import Sequence

from django.db import transaction

from campaigns.models import AdVariant, Arm, Rule, Treatment
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
    return treatment
