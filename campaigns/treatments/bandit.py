"""Several variants, whose shares follow what comes of them. Pure.

A batch job works the shares out (`campaigns.bandits`); here they are drawn by. Within a batch a visitor keeps an arm;
from one to the next those move whose hash lies between the old bounds and the new ones. Until the first batch all arms
are alike.
"""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache

from campaigns.bandits.state import NO_CLUSTER
from campaigns.bandits.weights import STEPS, Dealing, alike
from campaigns.bucketing import draw, in_namespace
from campaigns.treatments.base import OUTSIDE, Choice, FrozenTreatment, Situation
from campaigns.treatments.split import Group, Part, freeze_arms
from campaigns.treatments.weights import FrozenWeights, Weights


def freeze(
    pk: int,
    key: str,
    seed: str,
    parts: Sequence[Part],
    *,
    coverage: float = 1.0,
    generation: int = 0,
    group: Group | None = None,
) -> FrozenTreatment:
    """The weights of `parts` count for nothing: all arms begin alike."""
    arms = freeze_arms([(arm, variant, 1) for arm, variant, _ in parts], 1.0)
    return FrozenTreatment("bandit", arms, pk, key, seed, 0, generation, group, coverage=coverage)


def choose(treatment: FrozenTreatment, unit: str, situation: Situation) -> Choice | None:
    if not unit:
        return None  # everybody of whom nothing is known would get the same arm
    if treatment.group and not in_namespace(unit, treatment.group):
        return OUTSIDE
    if treatment.coverage < 1 and draw(seed_of_coverage(treatment), unit) >= treatment.coverage:
        return OUTSIDE
    weights = situation.weights.get(treatment.id) or beginning(tuple([arm.key for arm in treatment.arms]))
    dealing, bounds = weights.dealing(situation.attributes)
    drawn = draw(treatment.seed, unit)
    step, n_arms = round(drawn * STEPS), len(treatment.arms)
    place = bisect_right(bounds, step)
    position = place % n_arms
    arm = treatment.arms[position]
    propensity = (dealing.control[position] + dealing.policy[position]) / STEPS
    return Choice(arm.variant, arm.key, propensity, weights.version, drawn, is_random=place < n_arms)


def seed_of_coverage(treatment: FrozenTreatment) -> str:
    """Who takes part is drawn apart, so that weights may change as they like."""
    return f"{treatment.seed}:coverage"


@cache  # of the keys of arms: nothing in it is of a visitor
def beginning(arms: tuple[str, ...]) -> Weights:
    """Before anything is known: version 0."""
    first = Dealing((0,) * len(arms), tuple(alike(len(arms), STEPS)))
    return Weights(FrozenWeights(0, list(arms), {NO_CLUSTER: first}), arms)
