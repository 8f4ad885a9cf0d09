"""Logistic Thompson sampling: the odds of an arm's reward grow with the visitor's features. Pure.

For each arm the coefficients with the highest posterior m, by Newton's method, with a normal prior of variance 1 for
each; around them a normal distribution that takes features one by one (the diagonal of Laplace's approximation):

    m = argmin sum m_j^2 / 2 + sum w log(1 + exp(-y m.x)),   q_j = 1 + sum w x_j^2 p (1 - p)

References
----------
O. Chapelle, L. Li, "An empirical evaluation of Thompson sampling", NIPS 2011, algorithm 3; here over all examples at
once rather than batch by batch, which forgets nothing of how features go together.
"""

import numpy as np
from scipy.special import expit

from campaigns.bandits.base import Learned, Policy

ROUNDS = 50
CLOSE = 1e-10


def learn(Z: np.ndarray, arm: np.ndarray, reward: np.ndarray, weight: np.ndarray, n_arms: int) -> Learned:
    """A reward above 0 counts, whatever it is worth."""
    width = Z.shape[1]
    means, precisions = np.empty((n_arms, width)), np.empty((n_arms, width, width))
    for each in range(n_arms):
        own = arm == each
        means[each], chance = _highest(Z[own], (reward[own] > 0).astype(np.float64), weight[own])
        spread = weight[own] * chance * (1 - chance)
        precisions[each] = np.diag(1 + spread @ Z[own] ** 2)
    return Learned(means, precisions)


def _highest(Z: np.ndarray, won: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The coefficients, and the chance of each row by them. The prior keeps it convex, and steps that lead uphill are
    halved."""
    m, ridge = np.zeros(Z.shape[1]), np.eye(Z.shape[1])
    loss = _loss(Z, won, weight, m)
    for _ in range(ROUNDS):
        chance = expit(Z @ m)
        slope = Z.T @ (weight * (chance - won)) + m
        curve = (Z * (weight * chance * (1 - chance))[:, None]).T @ Z + ridge
        step = np.linalg.solve(curve, slope)
        while (lower := _loss(Z, won, weight, m - step)) > loss and np.abs(step).max() > CLOSE:
            step = step / 2
        m, loss = m - step, lower
        if np.abs(step).max() <= CLOSE:
            break
    return m, expit(Z @ m)


def _loss(Z: np.ndarray, won: np.ndarray, weight: np.ndarray, m: np.ndarray) -> float:
    scores = Z @ m
    return float(weight @ (np.logaddexp(0, scores) - won * scores) + m @ m / 2)


POLICY = Policy(
    "Logistic Thompson sampling",
    "Learns for whom each creative works, from the visitor's features. For rewards that come or do not.",
    learn=learn,
)
