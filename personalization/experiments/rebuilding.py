"""What do the sums of an experiment come to, counted again from what is stored? After a metric was added or its cap
changed, or where somebody doubts them: the same decisions and events give the same sums."""

from collections.abc import Iterator
from itertools import islice

from django.db import connection, transaction
from django.db.models import Q

from campaigns.models import Treatment
from personalization.experiments import units
from personalization.experiments.exposures import exposures_of
from personalization.experiments.plans import plans_of
from personalization.experiments.recording import count
from personalization.models import Decision, Outcome, OutcomeSum, Unit, UnitSum
from sites.times import ms_of
from tracking.decision import LoggedDecision
from tracking.exposure import Exposure

BATCH = 2_000  # decisions
TABLES = (Unit, Outcome, UnitSum, OutcomeSum)


@transaction.atomic
def rebuild(treatment: Treatment) -> int:
    """The number of decisions that were read. Consumers wait meanwhile: what they stored is counted here, and what they
    store next counts on from it."""
    plans = {pk: plan for pk, plan in plans_of([treatment.site_id]).items() if pk == treatment.pk}
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE personalization_unit IN SHARE ROW EXCLUSIVE MODE")
        for table in TABLES:
            table.objects.filter(treatment_id=treatment.pk).delete()
        read = 0
        waiting = _decisions(treatment) if plans else iter(())
        while decisions := list(islice(waiting, BATCH)):
            read += len(decisions)
            count(cursor, units.of_persons(cursor, exposures_of(decisions, plans)), [], plans)
        return read


def _decisions(treatment: Treatment) -> Iterator[LoggedDecision]:
    """In the order of their moments, from the first phase on: the partitions of months before are not read."""
    begun = treatment.phases.order_by("begun_at").values_list("begun_at", flat=True).first()
    # An array contains another one where each part of that is somewhere in it: some too many, of which none counts.
    given = Q(treatment_id=treatment.pk) | Q(context__assigned__contains=[[treatment.pk]])
    rows = Decision.objects.filter(given, site=treatment.site_id, at__gte=begun).order_by("at", "id")
    for row in rows.iterator(BATCH):
        shown = Exposure(*(getattr(row, name) for name in Exposure.__struct_fields__))
        yield LoggedDecision(
            row.id.bytes,
            ms_of(row.at),
            row.site_id,
            row.visitor_id.hex,
            row.seq,
            shown,
            row.reason,
            row.detail,
            row.propensity,
            row.weights,
            row.release,
            row.context,
        )
