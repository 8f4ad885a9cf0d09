"""What reward is to be expected of each action? A simple model, fitted on other decisions than it speaks of. Pure.

For each action a ridge regression of the reward on the features, drawn towards that of all actions together: an
action that was seldom taken is expected to bring what actions bring in general. It need not be right. The doubly
robust estimate corrects it, and the better it is, the narrower the interval.

What a model says of a decision that it was fitted on is too good. So decisions are dealt into folds, by visitor, and
each fold is told by a model of the others (cross-fitting).

References
----------
V. Chernozhukov et al., "Double/debiased machine learning for treatment and structural parameters", The Econometrics
Journal 21 (2018).
"""

import numpy as np

from campaigns.ope.log import Log, sound

FOLDS = 5
STRENGTH = 10.0  # decisions by which an action is drawn towards all of them


def cross_fit(log: Log, X: np.ndarray | None, n_actions: int, *, seed: int, folds: int = FOLDS) -> np.ndarray:
    """Expected rewards, shape (n, n_actions). `X` are features, shape (n, n_features), finite; None where there are
    none: then each action has its mean. Of decisions that are not sound nothing is learned."""
    n = len(log.action)
    Z = np.ones((n, 1)) if X is None else np.column_stack([np.ones(n), _standardised(X)])
    fold = _deal(log.visitor, n, folds, seed)
    is_sound, _ = sound(log, n_actions)
    q = np.empty((n, n_actions))
    low, high = (log.reward[is_sound].min(), log.reward[is_sound].max()) if is_sound.any() else (0.0, 0.0)
    grams = [_sums(log, Z, is_sound & (fold == each), n_actions) for each in range(folds)]
    for each in range(folds):
        rest = [grams[other] for other in range(folds) if other != each]
        coefficients = _fit(*(np.sum(each_of, axis=0) for each_of in zip(*rest, strict=True)))
        here = fold == each
        q[here] = np.clip(Z[here] @ coefficients.T, low, high)
    return q


def _standardised(X: np.ndarray) -> np.ndarray:
    spread = X.std(axis=0)
    return (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1)


def _deal(visitor: np.ndarray | None, n: int, folds: int, seed: int) -> np.ndarray:
    whose = np.arange(n) if visitor is None else np.unique(visitor, return_inverse=True)[1]
    return np.random.default_rng(seed).integers(0, folds, int(whose.max(initial=0)) + 1)[whose]


def _sums(log: Log, Z: np.ndarray, which: np.ndarray, n_actions: int) -> tuple[np.ndarray, np.ndarray]:
    """sum z z' and sum z r for each action."""
    width = Z.shape[1]
    gram, moment = np.zeros((n_actions, width, width)), np.zeros((n_actions, width))
    for action in range(n_actions):
        taken = which & (log.action == action)
        rows, rewards = Z[taken], log.reward[taken]
        gram[action], moment[action] = rows.T @ rows, rows.T @ rewards
    return gram, moment


def _fit(gram: np.ndarray, moment: np.ndarray) -> np.ndarray:
    """Coefficients, shape (n_actions, n_features + 1)."""
    ridge = np.eye(gram.shape[1])
    together = np.linalg.solve(gram.sum(axis=0) + ridge, moment.sum(axis=0))
    pull = STRENGTH * ridge
    return np.linalg.solve(gram + pull, (moment + pull @ together)[..., None])[..., 0]
