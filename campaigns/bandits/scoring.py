"""Which arm suits this visitor, by their features? Posterior draws that are frozen for a batch, and how they vote.
Pure.

Features are numbers without end, so there is no table of shares for them, and the edge works out no posterior. What
travels to it are draws from the posterior, made once a batch: each says what it expects of every arm for the
features at hand, and votes for the best. The votes are the shares, so a visitor's propensities are exact, and
anybody who has the release can work them out again.

To the last bit: coefficients and features are whole numbers, small enough that their products and sums are exact in a
double, in whatever order a processor adds them up.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from campaigns.bandits.base import Settings
from campaigns.bandits.weights import STEPS, Dealing, alike, in_slice

DRAWS = 100
FARTHEST = 8.0  # spreads from the mean: what lies farther counts as this far
FINENESS = 2**16  # of features, steps a spread: whole numbers up to 2**19
BOUND = FARTHEST * FINENESS
LARGEST = 2**24  # of coefficients: a sum of 1,000 products is below 2**53


class ScoringDraws(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a release holds, in steps of the hash where nothing else is said."""

    means: list[float]  # of the features, in their order
    spreads: list[float]  # above 0
    control: list[int]  # the slice, by arm
    fixed: list[int]  # of the rest, by arm: what an arm has of which too little is known; 0 for the others
    least: int  # what each of the others has at least
    coefficients: bytes  # int32, little-endian, shape (n_draws, n_others, n_features + 1): a constant stands first


class Scorer:
    """ScoringDraws, ready to be asked: made once a release."""

    def __init__(self, draws: ScoringDraws) -> None:
        self._draws = draws
        self._known = [arm for arm, steps in enumerate(draws.fixed) if not steps]
        self._steps = STEPS - sum(draws.control) - sum(draws.fixed)
        self._space = [(mean, FINENESS / spread) for mean, spread in zip(draws.means, draws.spreads, strict=True)]
        whole = np.frombuffer(draws.coefficients, "<i4").astype(np.float64)
        self._matrix = whole.reshape(-1, len(draws.means) + 1)

    def weights_for(self, x: Sequence[float]) -> Dealing:
        """For raw features, as many as there are means (else ValueError); NaN counts as the mean."""
        parts = list(self._draws.fixed)
        if self._known:
            for arm, steps in zip(self._known, dealt(self._votes(x), self._steps, self._draws.least), strict=True):
                parts[arm] = steps
        return Dealing(tuple(self._draws.control), tuple(parts))

    def _votes(self, x: Sequence[float]) -> list[int]:
        row = [float(FINENESS)]
        for value, (mean, scale) in zip(x, self._space, strict=True):
            place = (value - mean) * scale
            row.append(float(round(min(max(place, -BOUND), BOUND))) if place == place else 0.0)
        best = (self._matrix @ row).reshape(-1, len(self._known)).argmax(axis=1)
        votes: list[int] = np.bincount(best, minlength=len(self._known)).tolist()
        return votes


def freeze(
    coefficients: np.ndarray,
    known: Sequence[int],
    n_arms: int,
    means: Sequence[float],
    spreads: Sequence[float],
    settings: Settings,
) -> ScoringDraws:
    """`coefficients`, shape (n_draws, len(known), n_features + 1), are of the arms at the positions `known`, and
    speak of features less their mean, in spreads. The others have an equal share, as beginners have."""
    control = in_slice(n_arms, settings)
    rest = STEPS - sum(control)
    fixed = [0 if arm in set(known) else steps for arm, steps in enumerate(alike(n_arms, rest))]
    largest = float(np.abs(coefficients).max(initial=0.0)) or 1.0
    whole = np.rint(coefficients * (LARGEST / largest)).astype("<i4")
    least = int(min(settings.floor, 1 / n_arms) * rest + 1e-9)
    return ScoringDraws(list(means), list(spreads), list(control), fixed, least, whole.tobytes())


def dealt(votes: Sequence[int], steps: int, least: int) -> list[int]:
    """Votes as whole numbers that sum to `steps`, none below `least`: the others pay for that in proportion. In whole
    numbers throughout; what is left by rounding goes to the arm with most votes, the first of equals."""
    low: set[int] = set()
    while True:
        left = steps - least * len(low)
        total = sum(count for arm, count in enumerate(votes) if arm not in low)
        lower = {arm for arm, count in enumerate(votes) if arm not in low and left * count < least * total}
        if not lower:
            break
        low |= lower
    found = [least if arm in low else left * count // total for arm, count in enumerate(votes)]
    found[max(range(len(votes)), key=votes.__getitem__)] += steps - sum(found)
    return found
