"""What do a batch's examples say of arms and features? Draws from the posterior, for the edge to score with. Pure.

A policy that looks at features gives for each arm a normal posterior of its coefficients. `learn` draws from it with
a seed, so the same examples give the same draws. `Settings.boldness` scales how far draws lie from the mean: 1 is
Thompson's rule; less explores less, which pays where features tell much, and the floor goes on trying every arm.

References
----------
O. Chapelle, L. Li, "An empirical evaluation of Thompson sampling", NIPS 2011, section 3: narrower posteriors do better.
"""

import numpy as np

from campaigns.bandits import POLICIES
from campaigns.bandits.base import Learned, Settings
from campaigns.bandits.examples import Examples, space_of
from campaigns.bandits.scoring import DRAWS, ScoringDraws, freeze


def learn(examples: Examples, n_arms: int, settings: Settings, seed: int) -> ScoringDraws:
    """Raises ValueError for a policy that does not look at features."""
    policy = POLICIES[settings.policy]
    if policy.learn is None:
        raise ValueError(f"{settings.policy} does not look at features")
    space = space_of(examples.X)
    trials = np.bincount(examples.arm, examples.weight, n_arms)
    known = np.flatnonzero(trials >= max(settings.least_trials, 1e-9))
    learned = policy.learn(space.place(examples.X), examples.arm, examples.reward, examples.weight, n_arms)
    drawn = _draw(learned, settings.boldness, np.random.default_rng(seed))
    return freeze(drawn[:, known], known.tolist(), n_arms, space.means.tolist(), space.spreads.tolist(), settings)


def _draw(learned: Learned, boldness: float, rng: np.random.Generator) -> np.ndarray:
    """Shape (DRAWS, n_arms, n_features + 1)."""
    n_arms, width = learned.means.shape
    noise = rng.standard_normal((n_arms, width, DRAWS))
    roots = np.linalg.cholesky(learned.precisions)
    apart = np.linalg.solve(roots.transpose(0, 2, 1), noise)
    return learned.means + boldness * apart.transpose(2, 0, 1)
