"""Off-policy evaluation: a million logged decisions against the bare formulas over arrays already in memory.

`python -m benchmarks ope` prints the table. The yardstick is what somebody writes in a notebook: no look at whether
chances are chances, no errors by visitor, no support.
"""

import numpy as np

from benchmarks.measure import Row, within
from campaigns.ope import Log, evaluate

DECISIONS, ACTIONS, VISITORS = 1_000_000, 10, 300_000


def arrays(rng: np.random.Generator) -> tuple[Log, np.ndarray, np.ndarray]:
    """The log, the chances of another policy, and a model's expectations."""
    target = rng.dirichlet(np.ones(ACTIONS), DECISIONS)
    action = rng.integers(0, ACTIONS, DECISIONS)
    reward = (rng.random(DECISIONS) < 0.05).astype(float)
    log = Log(action, reward, np.full(DECISIONS, 1 / ACTIONS), rng.integers(0, VISITORS, DECISIONS))
    return log, target, rng.random((DECISIONS, ACTIONS)) * 0.1


def straight(log: Log, target: np.ndarray, q: np.ndarray) -> dict[str, float]:
    rows = np.arange(len(log.action))
    weight = target[rows, log.action] / log.propensity
    weighed = weight * log.reward
    model = (target * q).sum(axis=1)
    doubly = model + weight * (log.reward - q[rows, log.action])
    self_normalised = weighed.sum() / weight.sum()
    of_switch = model + np.where(weight > 10, 0, weight * (log.reward - q[rows, log.action]))
    return {
        "IPW": weighed.mean(),
        "IPW error": weighed.std() / len(weight) ** 0.5,
        "SNIPW": self_normalised,
        "SNIPW error": (weight * (log.reward - self_normalised)).std() / weight.sum() * len(weight) ** 0.5,
        "DM": model.mean(),
        "DR": doubly.mean(),
        "DR error": doubly.std() / len(weight) ** 0.5,
        "Switch-DR": of_switch.mean(),
        "ESS": weight.sum() ** 2 / (weight**2).sum(),
        "largest": weight.max(),
    }


def run() -> list[Row]:
    given = arrays(np.random.default_rng(11))
    ours, theirs = evaluate(*given), straight(*given)
    for name, estimate in ours.estimates.items():
        if abs(estimate.value - theirs[name]) > 1e-9:
            raise RuntimeError(f"{name}: {estimate.value} here, {theirs[name]} in the straight pass")
    return [
        within(
            f"OPE over {DECISIONS:,} decisions",
            lambda: evaluate(*given),
            "the bare formulas in numpy",
            lambda: straight(*given),
            must=2.0,
            aim=1.0,
            repeat=1,
            note=f"{ACTIONS} actions, {VISITORS:,} visitors; ours adds errors by visitor, checks and support",
        )
    ]
