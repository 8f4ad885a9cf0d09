"""Several variants, each with a fixed share of the visitors. Pure.

A visitor keeps an arm as long as neither the seed nor the shares change; where a share changes, only those move whose
hash lies between the old bounds and the new ones.
"""

from collections.abc import Sequence

from campaigns.bucketing import bucket_ranges, choose_variation, hash_value
from campaigns.treatments.base import Choice, FrozenArm, FrozenTreatment, Situation

Part = tuple[str, int, int]  # key of the arm, index of its variant, weight


def freeze(pk: int, key: str, seed: str, parts: Sequence[Part]) -> FrozenTreatment:
    """`parts` in their order; their weights are whole numbers of any sum above 0."""
    total = sum(weight for _, _, weight in parts)
    shares = [weight / total for _, _, weight in parts]
    ranges = bucket_ranges(len(parts), 1.0, shares)
    arms = [
        FrozenArm(arm, variant, share, bounds)
        for (arm, variant, _), share, bounds in zip(parts, shares, ranges, strict=True)
    ]
    return FrozenTreatment("split", arms, pk, key, seed)


def choose(treatment: FrozenTreatment, unit: str, situation: Situation) -> Choice | None:
    if not unit:
        return None  # everybody of whom nothing is known would get the same arm
    draw = hash_value(treatment.seed, unit)
    if draw is None:
        return None
    position = choose_variation(draw, [arm.range for arm in treatment.arms])
    if position < 0:
        return None
    arm = treatment.arms[position]
    return Choice(arm.variant, arm.key, arm.weight, 0, draw)
