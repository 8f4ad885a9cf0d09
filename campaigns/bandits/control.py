"""What is a bandit worth? The visitors it decided for, against the slice that got all arms alike. Pure.

Both sides were drawn by the same hash at the same time, so what differs is the policy: seasons, campaigns and what arms
were like do not. The difference, times those for whom the policy decided, is the regret that it avoided; times those in
the slice, it is what knowing this costs.

A side counts visitors, or decisions. Decisions of one visitor go together, so an interval over decisions is a little
narrow where visitors come often.

References
----------
Intervals of `campaigns.rates` for shares; for values the difference of two means by Welch, with the normal quantile.
"""

from math import sqrt
from typing import NamedTuple

from campaigns.bandits.base import COUNT
from campaigns.rates import Change, Z, change_of_shares, share

LEAST_TRIALS = 100  # of a side, for values as for shares
LEAST_REWARDS = 10


class Side(NamedTuple):
    trials: int
    rewards: int  # trials that were rewarded
    total: float  # of the rewards' values
    squares: float


class Worth(NamedTuple):
    policy: float  # reward per trial
    control: float
    gain: Change  # per trial
    avoided: Change  # regret, over all trials of the policy
    price: float  # what the slice has cost so far; below 0 where it was the better side


def worth(policy: Side, control: Side, reward: str) -> Worth | None:
    """`reward` as in Settings. None where there is not enough data on either side."""
    if min(policy.trials, control.trials) < LEAST_TRIALS or min(policy.rewards, control.rewards) < LEAST_REWARDS:
        return None
    if reward == COUNT:
        ours, theirs = (share(side.rewards, side.trials) for side in (policy, control))
        gain = change_of_shares(ours, theirs)
        means = [side.rewards / side.trials for side in (policy, control)]
    else:
        gain = _of_means(policy, control)
        means = [side.total / side.trials for side in (policy, control)]
    if gain is None:
        return None
    avoided = Change(*(part * policy.trials for part in gain))
    return Worth(means[0], means[1], gain, avoided, gain.difference * control.trials)


def _of_means(policy: Side, control: Side) -> Change:
    difference = policy.total / policy.trials - control.total / control.trials
    half = Z * sqrt(sum(_variance(side) / side.trials for side in (policy, control)))
    return Change(difference, difference - half, difference + half)


def _variance(side: Side) -> float:
    return max(side.squares - side.total**2 / side.trials, 0.0) / (side.trials - 1)
