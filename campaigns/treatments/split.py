"""Several variants, each with a fixed share of the visitors who take part. Pure.

A visitor keeps an arm as long as neither the seed nor the shares change; where a share changes, only those move whose
hash lies between the old bounds and the new ones. More coverage moves nobody: the range of each arm grows at its end.
An arm without a variant is a control: its visitors see what they would see if there were no such rule.
"""

from collections.abc import Sequence

from campaigns.bucketing import bucket_ranges, draw, in_namespace
from campaigns.treatments.base import OUTSIDE, Choice, FrozenArm, FrozenTreatment, Situation

Part = tuple[str, int, int]  # key of the arm, index of its variant or WITHOUT, weight
Group = tuple[str, float, float]


def freeze(
    pk: int,
    key: str,
    seed: str,
    parts: Sequence[Part],
    *,
    coverage: float = 1.0,
    phase: int = 0,
    generation: int = 0,
    group: Group | None = None,
    keeps: bool = False,
) -> FrozenTreatment:
    """`parts` in their order; their weights are whole numbers of any sum above 0."""
    arms = freeze_arms(parts, coverage)
    return FrozenTreatment("split", arms, pk, key, seed, phase, generation, group, keeps, coverage)


def freeze_arms(parts: Sequence[Part], coverage: float) -> list[FrozenArm]:
    total = sum(weight for _, _, weight in parts)
    shares = [weight / total for _, _, weight in parts]
    ranges = bucket_ranges(len(parts), coverage, shares)
    return [
        FrozenArm(arm, variant, share, bounds)
        for (arm, variant, _), share, bounds in zip(parts, shares, ranges, strict=True)
    ]


def choose(treatment: FrozenTreatment, unit: str, situation: Situation) -> Choice | None:
    """In this order: the exclusion group, what was drawn before, coverage, the lot."""
    if not unit:
        return None  # everybody of whom nothing is known would get the same arm
    if treatment.group and not in_namespace(unit, treatment.group):
        return OUTSIDE
    if treatment.keeps:
        kept = kept_by(treatment, situation)
        if kept is not None:
            return kept
    drawn = draw(treatment.seed, unit)
    for arm in treatment.arms:
        low, high = arm.range
        if low <= drawn < high:
            return Choice(arm.variant, arm.key, arm.weight, treatment.phase, drawn)
    return OUTSIDE


def kept_by(treatment: FrozenTreatment, situation: Situation) -> Choice | None:
    """What the visitor drew before, with the chance that it had then; None where they drew nothing, or the arm is gone,
    or all were dealt anew since."""
    kept = situation.profile.kept.get(str(treatment.id))
    if kept is None or kept.generation != treatment.generation:
        return None
    for arm in treatment.arms:
        if arm.key == kept.arm:
            return Choice(arm.variant, arm.key, kept.propensity, kept.phase)
    return None
