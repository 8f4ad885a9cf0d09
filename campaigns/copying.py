"""What does "Duplicate" make of a campaign, a rule or a variant? A draft that nobody sees before somebody wants it."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from campaigns.models import AdVariant, Campaign, Rule
from sites.pages.copying import copy_row, free_key, name_of_copy


@transaction.atomic
def copy_campaign(campaign: Campaign, user: AbstractBaseUser | None) -> Campaign:
    """With its rules, as a draft."""
    name = name_of_copy(campaign.name)
    key = free_key(name, set(campaign.site.campaigns.values_list("key", flat=True)))
    fresh = copy_row(
        campaign, name=name, key=key, status=Campaign.Status.DRAFT, created_by_id=user.pk if user else None
    )
    for rule in campaign.rules.all():
        copy_row(rule, campaign_id=fresh.pk, first_published_at=None)
    return fresh


def copy_rule(rule: Rule) -> Rule:
    """Paused, because it stands beside the one that it was copied from."""
    return copy_row(rule, name=name_of_copy(rule.name), enabled=False, first_published_at=None)


def copy_variant(variant: AdVariant) -> AdVariant:
    name = name_of_copy(variant.name)
    return copy_row(
        variant, name=name, key=free_key(name, set(variant.site.variants.values_list("key", flat=True))), archived=False
    )
