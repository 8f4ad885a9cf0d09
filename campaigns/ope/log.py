"""Which logged decisions can be evaluated? Pure.

Each estimate divides by the chance with which the logged action was taken. A chance that is missing, 0, above 1 or no
number cannot have been; such a decision is left out and counted under its reason, for whoever reads the result must
know of it. Left out are single decisions, while a policy in question whose chances are wrong is a mistake, and refused.
"""

from typing import NamedTuple

import numpy as np

NO_PROPENSITY, NOT_ABOVE_0, ABOVE_1 = "no propensity", "propensity not above 0", "propensity above 1"
UNKNOWN_ACTION, NO_REWARD = "unknown action", "reward is no number"
TOLERANCE = 1e-6  # of a sum of chances


class Log(NamedTuple):
    """Logged decisions, arrays of one length."""

    action: np.ndarray  # position of what was shown, from 0
    reward: np.ndarray  # what came of it, 0 for nothing; below zero where it cost more than it brought
    propensity: np.ndarray  # the chance that the action had; NaN: not known
    visitor: np.ndarray | None = None  # a whole number for each visitor; None: each decision is of another one

    def where(self, which: np.ndarray) -> "Log":
        visitor = None if self.visitor is None else self.visitor[which]
        return Log(self.action[which], self.reward[which], self.propensity[which], visitor)


def sound(log: Log, n_actions: int) -> tuple[np.ndarray, dict[str, int]]:
    """Which decisions can be evaluated, as truth values, and how many cannot, by reason (the first that holds)."""
    is_known = (log.action >= 0) & (log.action < n_actions)
    is_chance = (log.propensity > 0) & (log.propensity <= 1)
    is_sound = is_known & is_chance & np.isfinite(log.reward)
    if is_sound.all():
        return is_sound, {}
    tests = {
        NO_PROPENSITY: np.isnan(log.propensity),
        NOT_ABOVE_0: log.propensity <= 0,
        ABOVE_1: log.propensity > 1,
        UNKNOWN_ACTION: ~is_known,
        NO_REWARD: ~np.isfinite(log.reward),
    }
    reasons = np.select(list(tests.values()), list(tests), default="")
    names, counts = np.unique(reasons[reasons != ""], return_counts=True)
    return is_sound, dict(zip(names.tolist(), counts.tolist(), strict=True))


def refuse_wrong(target: np.ndarray) -> None:
    """Raises ValueError, naming the first row, where the chances of a policy in question, shape (n, n_actions), are not
    chances."""
    sums = target @ np.ones(target.shape[1])
    if len(target) and target.min() >= 0 and np.abs(sums - 1).max() <= TOLERANCE:  # no NaN passes
        return
    is_wrong = ~((target >= 0).all(axis=1) & (np.abs(sums - 1) <= TOLERANCE))
    if is_wrong.any():
        row = int(is_wrong.argmax())
        raise ValueError(f"target chances of row {row} are none or do not sum to 1: {target[row].tolist()}")
