"""Who changed what of a campaign? Entries of the change log about it, its rules, what these show, and the releases that
it went out with."""

from collections.abc import Iterable, Sequence

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet

from campaigns.composing import CAMPAIGN, thing
from campaigns.models import AdVariant, Arm, Campaign, Hold, Release, Rule, Treatment
from personalization.upkeep import change_log


def entries_about(campaign: Campaign, rules: Sequence[Rule]) -> QuerySet[LogEntry]:
    """Newest first. Requests for approval, and rules that were deleted, are told of the campaign itself."""
    treatments = {rule.treatment_id for rule in rules if rule.treatment_id}
    shown = {rule.variant_id for rule in rules if rule.variant_id}
    drawn = Arm.objects.filter(treatment__in=treatments, variant__isnull=False)
    shown |= set(drawn.values_list("variant_id", flat=True))
    about: dict[type[Model], Iterable[int]] = {
        Campaign: [campaign.pk],
        Rule: [rule.pk for rule in rules],
        Treatment: treatments,
        AdVariant: shown,
        Release: _releases(campaign),
    }
    named = Q()
    for model, ids in about.items():
        named |= Q(content_type=ContentType.objects.get_for_model(model), object_id__in=[str(pk) for pk in ids])
    return change_log.find().filter(named)


def _releases(campaign: Campaign) -> set[int]:
    """For which it was chosen, and those that took it back."""
    name = thing(CAMPAIGN, campaign.pk)
    chosen = Release.objects.filter(site=campaign.site_id, things__contains=[name])
    back = Hold.objects.filter(site=campaign.site_id, thing=name)
    return {*chosen.values_list("pk", flat=True), *back.values_list("release_id", flat=True)}
