"""By which shares did visitors draw, since when? Results of two phases of an experiment are not added up: who came
while half of all drew an arm need not be like those who came while a tenth did."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from campaigns.models import Phase, Treatment
from campaigns.release import Source
from campaigns.treatments import FrozenTreatment


def shares_of(treatment: Treatment) -> Any:
    """What a phase is of: equal as long as nobody would draw otherwise. One query."""
    arms = [(arm.key, arm.variant_id, arm.weight) for arm in treatment.arms.order_by("id")]
    return treatment.seed, treatment.coverage, treatment.group_id, treatment.group_from, treatment.group_to, arms


def begin_phase(treatment: Treatment) -> bool:
    """Whether it is another one: not where no visitor has drawn by the present one yet. Expects that it is locked."""
    if not treatment.phases.filter(number=treatment.phase).exists():
        return False
    treatment.phase += 1
    treatment.save(update_fields=["phase", "updated_at"])
    return True


def note(source: Source, at: datetime) -> None:
    """Whose phases visitors draw by from this moment on: those of a release that goes live. Told again, the first
    moment stays."""
    variants = [variant.id for variant in source.variants]
    drawing = [treatment for treatment in source.treatments if treatment.id]
    drawing += [holdout.treatment for holdout in source.holdouts]
    drawing += [tuning.treatment for tuning in source.tunings]
    known = set(Treatment.objects.filter(pk__in=[each.id for each in drawing]).values_list("pk", flat=True))
    phases = [_phase(each, variants, at) for each in drawing if each.id in known and each.phase]
    Phase.objects.bulk_create(phases, ignore_conflicts=True)


def _phase(treatment: FrozenTreatment, variants: list[int], at: datetime) -> Phase:
    arms = [[arm.key, _id_of(arm.variant, variants), arm.weight] for arm in treatment.arms]
    covered = round(treatment.coverage * 100)
    return Phase(
        treatment_id=treatment.id, number=treatment.phase, begun_at=at, coverage=covered, arms=arms, seed=treatment.seed
    )


def _id_of(variant: int, variants: list[int]) -> int | None:
    return variants[variant] if variant >= 0 else None


def phases_of(treatments: Iterable[Treatment]) -> dict[int, list[Phase]]:
    """By treatment, the latest first. One query."""
    found: dict[int, list[Phase]] = {}
    for phase in Phase.objects.filter(treatment__in=list(treatments)).order_by("treatment", "-number"):
        found.setdefault(phase.treatment_id, []).append(phase)
    return found
