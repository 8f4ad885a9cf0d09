"""Logged decisions of a simulated site, for off-policy evaluation: what is true of them is known."""

import numpy as np

from campaigns.ope import Log

N_ACTIONS, N_FEATURES = 10, 5
TASTES = np.random.default_rng(0).normal(size=(N_ACTIONS, N_FEATURES)) * 0.7
# The log likes what the policy in question does not: of ten decisions one counts (ESS/n = .10).
LIVE, DRAFT = -0.55, 1.0


def _softmax(scores: np.ndarray) -> np.ndarray:
    parts = np.exp(scores - scores.max(axis=1, keepdims=True))
    return parts / parts.sum(axis=1, keepdims=True)


def rates_and_chances(X: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each action: the chance of a reward, and those by which the live policy and the draft take it."""
    scores = X @ TASTES.T
    rates = 1 / (1 + np.exp(2 - scores))
    return rates, 0.9 * _softmax(LIVE * scores) + 0.1 / N_ACTIONS, 0.95 * _softmax(DRAFT * scores) + 0.05 / N_ACTIONS


def truth() -> float:
    """What the draft brings per decision."""
    rates, _, target = rates_and_chances(np.random.default_rng(1).normal(size=(400_000, N_FEATURES)))
    return float((rates * target).sum(axis=1).mean())


def simulate(n: int, seed: int, per_visitor: int = 1) -> tuple[Log, np.ndarray, np.ndarray]:
    """A log, the features of its decisions, and the draft's chances. Visitors keep their features, and with
    `per_visitor` decisions each also what they are shown and do."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n // per_visitor, N_FEATURES))
    rates, live, target = rates_and_chances(X)
    rows = np.arange(len(X))
    action = (live.cumsum(axis=1) < rng.random((len(X), 1))).sum(axis=1).clip(0, N_ACTIONS - 1)
    reward = (rng.random(len(X)) < rates[rows, action]).astype(float)
    visitor = np.repeat(rows, per_visitor)
    return Log(action, reward, live[rows, action], rows).where(visitor), X[visitor], target[visitor]
