"""Linear Thompson sampling: an arm's reward is a sum over the visitor's features. Pure.

For each arm A = I + sum w x x' and b = sum w r x; its coefficients are normal with mean A^-1 b and covariance v^2
A^-1, where v^2 is the variance of the rewards around what is expected, of all arms together. Also for values.

References
----------
S. Agrawal, N. Goyal, "Thompson sampling for contextual bandits with linear payoffs", ICML 2013.
"""

import numpy as np

from campaigns.bandits.base import Learned, Policy

LEAST_VARIANCE = 1e-12  # in parts of the squared rewards, or of 1 where these are NOTHING
NOTHING = 1e-100


def learn(Z: np.ndarray, arm: np.ndarray, reward: np.ndarray, weight: np.ndarray, n_arms: int) -> Learned:
    width = Z.shape[1]
    precisions, means, squares = np.empty((n_arms, width, width)), np.empty((n_arms, width)), 0.0
    for each in range(n_arms):
        own = arm == each
        rows, rewards, counts = Z[own], reward[own], weight[own]
        weighed = rows * counts[:, None]
        precisions[each] = np.eye(width) + weighed.T @ rows
        means[each] = np.linalg.solve(precisions[each], weighed.T @ rewards)
        squares += float(counts @ (rewards - rows @ means[each]) ** 2)
    size = float(weight @ reward**2)
    variance = max(squares, LEAST_VARIANCE * (size if size > NOTHING else 1.0)) / max(float(weight.sum()), 1.0)
    return Learned(means, precisions / variance)


POLICY = Policy(
    "Linear Thompson sampling",
    "Learns for whom each creative works, from the visitor's features. For values, and where there are many features.",
    learn=learn,
)
