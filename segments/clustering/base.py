"""What must every way of finding clusters be able to do?

A clustering learns from raw features of visitors, and says afterwards in which cluster a visitor lies, of a whole table
(`label`, `memberships`) or of one (`assign`). Both go through one function of a kind's own, `scores`, so that a visitor
is told the same while deciding as in training. `tests/segments/test_estimators.py` checks each of `kinds.KINDS`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from math import exp
from typing import Any, ClassVar, Self

import numpy as np

from segments import preprocessing
from segments.preprocessing import Preprocessing

CLUSTER = "cluster"  # the family of these models: the group of the attributes that they give
MIN_EVENTS = 2  # who did one thing only is in no cluster, in training and when deciding
CHUNK = 10_000  # rows of a table that are looked at together
SPACE = ("low", "high", "mean", "scale")


class Clustering(ABC):
    """Groups of visitors who behave alike.

    Parameters
    ----------
    k : int
        Number of clusters, at least 1.
    random_state : int, default 0
        Seed of all that is drawn. It is kept as it is: fitting twice gives the same twice.
    starts : int, optional
        From how many beginnings to learn; the best result stays. `STARTS` of the kind when None.
    space : Preprocessing, optional
        How raw features are made comparable. Fitted on the rows given to `fit` when None.

    Attributes
    ----------
    space_ : Preprocessing
        As given, or as fitted.
    centers_ : ndarray of shape (k, n_features)
        The middle of each cluster, in `space_`.
    loss_ : float
        What was made as small as possible; comparable within a kind and a table only.
    """

    KIND: ClassVar[str]  # what releases, artefacts and the API call it
    TITLE: ClassVar[str]
    SENTENCE: ClassVar[str]  # for marketers: which clusters it finds
    STARTS: ClassVar[int] = 10

    space_: Preprocessing
    centers_: np.ndarray
    loss_: float

    def __init__(
        self, k: int, *, random_state: int = 0, starts: int | None = None, space: Preprocessing | None = None
    ) -> None:
        self.k, self.random_state, self.starts, self.space = k, random_state, starts, space

    def fit(self, X: np.ndarray) -> Self:
        """Learns from raw features, shape (n_visitors, n_features), none below 0. Raises ValueError on what cannot be
        learned from."""
        X = _check(X)
        if len(X) < max(self.k, 2):
            raise ValueError(f"{len(X)} visitors cannot form {self.k} clusters")
        self.space_ = self.space or preprocessing.fit(X)
        self._check_width(X.shape[1])
        self._fit(self.space_.transform(X))
        self._prepare()
        return self

    def label(self, X: np.ndarray) -> np.ndarray:
        """Position of the cluster of each row, shape (n_visitors,). Raises ValueError, as `memberships` does."""
        return self._by_chunks(X, lambda scores: scores.argmax(axis=1), np.empty(len(X), dtype=np.intp))

    def memberships(self, X: np.ndarray) -> np.ndarray:
        """How much of each cluster each row is, shape (n_visitors, k); each row sums to 1."""
        return self._by_chunks(X, _softmax, np.empty((len(X), self.k)))

    def assign(self, row: Sequence[float]) -> tuple[int, list[float]]:
        """Position of one visitor's cluster, and the memberships. `row` are raw features, not negative.

        Runs while somebody waits: it raises ValueError for a wrong number of features or a NaN, and checks no more.
        """
        if len(row) != self._width:
            raise ValueError(f"{len(row)} features instead of {self._width}")
        values = np.log1p(row)
        np.maximum(values, self._low, out=values)
        np.minimum(values, self._high, out=values)
        scores = self.scores(values).tolist()
        best = max(scores)
        parts = [exp(score - best) for score in scores]
        total = sum(parts)
        if total != total:  # each score reads each feature, so one NaN makes NaN of all
            raise ValueError("a feature is not a number")
        return scores.index(best), [part / total for part in parts]

    def to_plain(self) -> dict[str, Any]:
        """What was learned, as lists and numbers: `from_plain` of the kind makes an equal one of it."""
        return {name: getattr(self.space_, name).tolist() for name in SPACE} | self._learned()

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """A fitted one, for asking only. Raises KeyError, TypeError or ValueError on what `to_plain` did not write."""
        space = Preprocessing(*(np.asarray(plain[name], dtype=np.float64) for name in SPACE))
        one = cls(0, space=space)
        one.space_ = space
        one._restore(plain)
        one.k = len(one.centers_)
        one._check_width(one.centers_.shape[1])
        one._prepare()
        return one

    # --- a kind's own -----------------------------------------------------------------------------

    @abstractmethod
    def scores(self, values: np.ndarray) -> np.ndarray:
        """Of log1p of the features, clipped: logarithms of the memberships, but for a number that all share. One row of
        shape (n_features,) or a table; the answer has k in place of n_features. Works on what `_fold` prepared."""

    @abstractmethod
    def _fit(self, Z: np.ndarray) -> None:
        """Learns from rows in `space_`; sets `centers_`, `loss_` and what else the kind learns."""

    @abstractmethod
    def _learned(self) -> dict[str, Any]:
        """Plain data, beside the space."""

    @abstractmethod
    def _restore(self, plain: Mapping[str, Any]) -> None:
        """Sets what `_learned` gave."""

    @abstractmethod
    def _fold(self) -> None:
        """Prepares `scores`: standardising is affine, so it goes into the kind's own weights once, not into each
        row."""

    # --- shared -----------------------------------------------------------------------------------

    def _prepare(self) -> None:
        self._low, self._high = self.space_.low, self.space_.high
        self._width = len(self._low)
        self._fold()

    def _check_width(self, width: int) -> None:
        expected = len(self.space_.low)
        if width != expected:
            raise ValueError(f"{width} features instead of {expected}")

    def _by_chunks(self, X: np.ndarray, of_scores: Callable[[np.ndarray], np.ndarray], out: np.ndarray) -> np.ndarray:
        """What comes between a table and its answer is as large as the table: so a part at a time."""
        for start in range(0, len(X), CHUNK):
            part = _check(X[start : start + CHUNK])
            self._check_width(part.shape[1])
            values = np.clip(np.log1p(part), self._low, self._high)
            out[start : start + CHUNK] = of_scores(self.scores(values))
        return out


def _check(X: np.ndarray) -> np.ndarray:
    X = np.asarray(X, dtype=np.float64)
    if X.ndim != 2:
        raise ValueError(f"a table has 2 dimensions, not {X.ndim}")
    if not np.isfinite(X).all():
        raise ValueError("a feature is not a finite number")
    if X.min(initial=0.0) < 0:
        raise ValueError("a feature below 0 has no place on a log scale")
    return X


def _softmax(scores: np.ndarray) -> np.ndarray:
    parts = np.exp(scores - scores.max(axis=1, keepdims=True))
    return parts / parts.sum(axis=1, keepdims=True)
