"""Thompson sampling for each cluster of visitors, where small clusters lean on all visitors. Pure.

What works for one cluster need not work for another, but to learn each from nothing costs each its own tuition. So a
cluster knows what came of its own visitors, and of those of the others a part lambda, by how much clusters differ:

    lambda_a = k / (k + n_a),   n_a: trials of arm a in the other clusters

k is the number of trials of its own that the rest is worth to a cluster, however many the rest has. It is estimated
from the rows themselves (empirical Bayes): k = 1 / rho - 1, where rho is the intraclass correlation, the part of the
variance of rewards that lies between clusters, after that of the arms is taken out. Clusters that differ by chance
alone have rho 0: all of them know what everybody's visitors have told. Where they differ a lot, k is a few trials.

Visitors in no cluster get the shares of everybody; a cluster that has not been seen yet has no shares of its own and
gets them too.

References
----------
A. Donner, "A review of inference procedures for the intraclass correlation coefficient in the one-way random effects
model", International Statistical Review 54 (1986): the analysis-of-variance estimator. J. G. Ibrahim, M.-H. Chen,
"Power prior distributions for regression models", Statistical Science 15 (2000): others' data to the power lambda.
"""

import numpy as np

from campaigns.bandits import thompson
from campaigns.bandits.base import COUNT, Policy, Settings, Tally

MOST_LIKE, LEAST_LIKE = 1e6, 1.0  # bounds of k


def borrowed(tally: Tally, settings: Settings) -> Tally:
    """What each context knows. The first row, of everybody, stays as it is; the others are of clusters."""
    own = tally.rows(slice(1, None))
    if not len(own.trials):
        return tally
    likeness = worth_of_others(own, settings)
    other_trials = np.maximum(tally.trials[:1] - own.trials, 0)
    part = likeness / (likeness + other_trials)
    return Tally(*(np.vstack([each[:1], each[1:] + part * (each[:1] - each[1:])]) for each in tally))


def worth_of_others(own: Tally, settings: Settings) -> float:
    """k, from the rows of clusters, shape (n_clusters, n_arms)."""
    trials = np.maximum(own.trials, own.rewards)
    total, squares = (own.rewards,) * 2 if settings.reward == COUNT else (own.total, own.squares)
    tried = np.maximum(trials, 1e-12)
    arm_trials = np.maximum(trials.sum(axis=0), 1e-12)
    centre = total.sum(axis=0) / arm_trials
    between = (trials * (total / tried - centre) ** 2).sum()
    within = np.maximum(squares - total**2 / tried, 0).sum()
    groups, n_arms = (trials > 0).sum(), (trials.sum(axis=0) > 0).sum()
    apart, alike = groups - n_arms, trials.sum() - groups
    if apart < 1 or alike <= 0 or within <= 0:
        return MOST_LIKE
    mean_within, mean_between = within / alike, between / apart
    size = (arm_trials - (trials**2).sum(axis=0) / arm_trials).sum() / apart
    beyond = (mean_between - mean_within) / size
    return float(np.clip(mean_within / max(beyond, 1e-300), LEAST_LIKE, MOST_LIKE))


POLICY = Policy(
    "Thompson sampling per cluster",
    "As Thompson sampling, but each cluster of visitors finds its own best creative. New and small clusters lean on"
    " what all visitors have shown.",
    thompson.weigh,
    per_cluster=True,
)
