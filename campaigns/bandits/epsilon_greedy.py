"""Epsilon-greedy: the arm that looks best gets all traffic but a share epsilon, which all arms have alike. Pure.

Easy to explain; what it spends on arms that are known to be bad does not get less with time.

References
----------
R. S. Sutton, A. G. Barto, "Reinforcement Learning: An Introduction", 2nd edition (2018), section 2.2.
"""

import numpy as np

from campaigns.bandits.base import Policy, Settings, Tally, evenly, observed


def weigh(tally: Tally, settings: Settings) -> np.ndarray:
    """Arms that look equally good share what the best one gets."""
    looks = observed(tally, settings)
    best = evenly(looks == looks.max(axis=1, keepdims=True))
    return (1 - settings.epsilon) * best + settings.epsilon / looks.shape[1]


POLICY = Policy(
    "Epsilon-greedy",
    "The creative that looks best gets nearly all traffic; a fixed share goes on trying all of them. Easy to explain,"
    " and dearer than Thompson sampling in the long run.",
    weigh,
    is_poor_in_batches=True,
)
