"""Who changed what of an experiment? Entries of the change log about it and its creatives."""

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet

from campaigns.models import AdVariant, Treatment
from personalization.upkeep import change_log


def entries_about(row: Treatment) -> QuerySet[LogEntry]:
    """Newest first."""
    shown = row.arms.filter(variant__isnull=False).values_list("variant_id", flat=True)
    about = {Treatment: [row.pk], AdVariant: list(shown)}
    named = Q()
    for model, ids in about.items():
        named |= Q(content_type=ContentType.objects.get_for_model(model), object_id__in=[str(pk) for pk in ids])
    return change_log.find().filter(named)
