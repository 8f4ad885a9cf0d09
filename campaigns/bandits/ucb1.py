"""UCB1: all traffic goes to the arm that might be the best, if one is optimistic. Pure.

Here for comparison. An upper bound does not change within a batch, so a whole batch goes to one arm; the rule was
made for decisions one after another, and explores too little, or the wrong arms, where rewards come in lumps. Values
that are not from 0 to 1 have the bound of UCB1-NORMAL.

References
----------
P. Auer, N. Cesa-Bianchi, P. Fischer, "Finite-time analysis of the multiarmed bandit problem", Machine Learning 47
(2002), figures 1 and 4.
"""

import numpy as np

from campaigns.bandits.base import COUNT, Policy, Settings, Tally, evenly, observed


def weigh(tally: Tally, settings: Settings) -> np.ndarray:
    bounds = observed(tally, settings) + _width(tally, settings)
    return evenly(bounds == bounds.max(axis=1, keepdims=True))


def _width(tally: Tally, settings: Settings) -> np.ndarray:
    trials = np.maximum(np.maximum(tally.trials, tally.rewards), 1e-12)
    logs = np.log(np.maximum(trials.sum(axis=1, keepdims=True), 1.0))
    if settings.reward == COUNT:
        return np.sqrt(2 * logs / trials)
    spread = np.maximum(tally.squares - tally.total**2 / trials, 0) / np.maximum(trials - 1, 1)
    return np.sqrt(16 * spread * logs / trials)


POLICY = Policy(
    "UCB1",
    "All traffic of a batch goes to the creative that might be the best. Poor in batches, and here to compare with:"
    " choose Thompson sampling.",
    weigh,
    is_poor_in_batches=True,
)
