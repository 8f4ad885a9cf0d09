"""How do a policy's shares become ranges of the hash, so that the chance of each arm is known exactly? Pure.

The hash of `campaigns.bucketing` takes STEPS values and no others, so a share is a whole number of them: a visitor
gets an arm with a chance of exactly `propensity`, which is what off-policy evaluation divides by. Ranges are cut at
whole steps too; sums of floating-point shares would put the hash that lies on a bound to one side or the other.

A slice of the visitors, the control, gets all arms alike whatever the policy thinks: who compares the rest with it
knows what the policy is worth (`control`). It is the lower end of the hash, so the same visitors are in it from
batch to batch, and, as long as arms neither come nor go, each keeps the arm it has.
"""

from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from campaigns.bandits.base import Settings
from campaigns.bucketing import Range

STEPS = 10_000  # values of `bucketing.hash_value`, version 2
TINY = 1e-12  # for whom a policy has nothing at all: they divide what they must divide alike


class Dealing(NamedTuple):
    """Who gets what in one context, in steps of the hash: those of both sum to STEPS."""

    control: tuple[int, ...]  # of the slice, by arm
    policy: tuple[int, ...]  # of the rest, by arm

    @property
    def propensities(self) -> list[float]:
        """By arm, over all visitors."""
        return [(alike + own) / STEPS for alike, own in zip(self.control, self.policy, strict=True)]

    @property
    def ranges(self) -> list[Range]:
        """Of the hash: by arm those of the slice, then by arm those of the policy, so range i shows arm i % n_arms."""
        bounds = accumulate((*self.control, *self.policy), initial=0)
        return [(low / STEPS, high / STEPS) for low, high in pairwise(bounds)]

    def is_control(self, draw: float) -> bool:
        return draw < sum(self.control) / STEPS


def deal(shares: np.ndarray, seen: np.ndarray, settings: Settings) -> list[Dealing]:
    """One for each row of `shares`, shape (n_rows, n_arms): those of a policy. `seen` are matured trials."""
    n_arms = shares.shape[1]
    if not 0 < n_arms <= STEPS:
        raise ValueError(f"{n_arms} arms")
    control = in_slice(n_arms, settings)
    found = bounded(shares, seen < settings.least_trials, settings.floor)
    return [Dealing(control, tuple(row)) for row in whole(found, STEPS - sum(control)).tolist()]


def in_slice(n_arms: int, settings: Settings) -> tuple[int, ...]:
    """Steps of the control slice, by arm."""
    return tuple(alike(n_arms, round(settings.control * STEPS)))


def alike(n_arms: int, steps: int) -> list[int]:
    found: list[int] = whole(np.full((1, n_arms), 1 / n_arms), steps)[0].tolist()
    return found


def bounded(shares: np.ndarray, is_new: np.ndarray, floor: float) -> np.ndarray:
    """What each arm gets, each row summing to 1.

    An arm of which too little is known has an equal share, whatever the policy thinks of it: at the beginning all arms
    are alike, and one that joins later begins with its part, neither starved nor flooded. The others divide the rest by
    the policy's shares, and each of them has `floor` at least, or an equal share where there are so many arms that this
    is less. What that costs, those above it give in proportion to what they have; none of them falls below it, which is
    why it takes rounds.
    """
    alike = 1 / shares.shape[1]
    floor = min(floor, alike)
    held, parts = is_new, np.where(is_new, alike, floor)
    for _ in range(shares.shape[1] + 1):
        others = np.where(held, 0.0, shares + TINY)
        left = 1 - np.where(held, parts, 0.0).sum(axis=1, keepdims=True)
        found = np.where(held, parts, left * others / np.maximum(others.sum(axis=1, keepdims=True), TINY))
        lower = held | (found < floor)
        if (lower == held).all():
            break
        held = lower
    return found


def whole(shares: np.ndarray, steps: int) -> np.ndarray:
    """Shares, each row summing to 1, as whole numbers that sum to `steps`: rounded down, and what is left goes to those
    that lost most, the first of equals."""
    exact = shares * steps
    found = np.floor(exact + 1e-9).astype(np.int64)
    missing = steps - found.sum(axis=1, keepdims=True)
    places = np.argsort(np.argsort(found - exact, axis=1, kind="stable"), axis=1, kind="stable")
    return found + (places < missing)
