"""By which weights does a bandit draw just now? They come from a batch job, under a version, beside the release: it
stays what somebody published, and every decision names the weights that it was drawn by. Pure."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any

import msgspec

from campaigns.bandits.scoring import Scorer, ScoringDraws
from campaigns.bandits.state import NO_CLUSTER
from campaigns.bandits.weights import STEPS, Dealing, alike

CLUSTER = "cluster.id"  # the attribute that tells contexts apart


class FrozenWeights(msgspec.Struct, array_like=True, frozen=True):
    """Of one bandit, in one batch."""

    version: int
    arms: list[str]  # their keys, in the order of the dealings
    dealings: dict[int, Dealing] = {}  # by cluster; NO_CLUSTER: who is in none, or in one that is not named
    features: list[str] = []  # attributes that the draws look at, in their order
    draws: ScoringDraws | None = None  # in place of dealings: votes for each visitor's features


class Weights:
    """FrozenWeights, ready to be drawn by for the arms that a release has: made once a batch."""

    def __init__(self, frozen: FrozenWeights, arms: Sequence[str]) -> None:
        self.version, self._arms = frozen.version, arms
        self._frozen = frozen
        self._bounds = {
            cluster: (dealing, list(accumulate((*dealing.control, *dealing.policy))))
            for cluster, dealing in ((key, fit(one, frozen.arms, arms)) for key, one in frozen.dealings.items())
        }

    @cached_property
    def _scorer(self) -> Scorer | None:
        return Scorer(self._frozen.draws) if self._frozen.draws else None

    def dealing(self, attributes: Mapping[str, Any]) -> tuple[Dealing, list[int]]:
        """For whom these are the attributes, with the sums of its steps."""
        if self._scorer is not None:
            dealing = fit(self._scorer.weights_for(self.features_of(attributes)), self._frozen.arms, self._arms)
            return dealing, list(accumulate((*dealing.control, *dealing.policy)))
        if len(self._bounds) > 1:
            cluster = attributes[CLUSTER]
            if cluster in self._bounds:
                return self._bounds[cluster]
        return self._bounds[NO_CLUSTER]

    def features_of(self, attributes: Mapping[str, Any]) -> list[float]:
        """NaN for what is not known, or no number."""
        told = (attributes[name] for name in self._frozen.features)
        return [float(value) if value.__class__ in (int, float, bool) else float("nan") for value in told]

    @property
    def contexts(self) -> dict[int, Dealing]:
        """By cluster; NO_CLUSTER is of everybody else. None of who is scored by features."""
        return {cluster: dealing for cluster, (dealing, _) in self._bounds.items()}

    @property
    def looks_at_features(self) -> bool:
        return bool(self._frozen.features)

    @property
    def looks_at_clusters(self) -> bool:
        return len(self._bounds) > 1


def fit(dealing: Dealing, known: Sequence[str], arms: Sequence[str]) -> Dealing:
    """The same for arms of which some are new or gone: a new one has an equal share until the next batch knows it, the
    others divide the rest as they did."""
    if list(known) == list(arms):
        return dealing
    slice_ = sum(dealing.control)
    control = alike(len(arms), slice_)
    steps = dict(zip(known, dealing.policy, strict=True))
    new = [arm for arm in arms if arm not in steps]
    rest = STEPS - slice_
    for_new = alike(len(arms), rest)[: len(new)]
    left, total = rest - sum(for_new), sum(steps[arm] for arm in arms if arm in steps)
    if not total:
        return Dealing(tuple(control), tuple(alike(len(arms), rest)))
    found = {arm: left * steps[arm] // total for arm in arms if arm in steps} | dict(zip(new, for_new, strict=True))
    first = max((arm for arm in arms if arm in steps), key=lambda arm: found[arm])
    found[first] += rest - sum(found.values())
    return Dealing(tuple(control), tuple(found[arm] for arm in arms))
