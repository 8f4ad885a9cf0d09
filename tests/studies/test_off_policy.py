"""Do the intervals of off-policy evaluation hold the truth as often as they say, where one decision of ten counts?

A thousand logs of 5,000 decisions each. The interval of a self-normalised or doubly robust estimate is that of a large
sample: it may hold a little less than 95 %, and the reference runs found .95 / .90 / .92.
"""

import numpy as np
import pytest

from campaigns.ope import cross_fit, evaluate
from tests.campaigns.logs import N_ACTIONS, simulate, truth

pytestmark = [pytest.mark.study, pytest.mark.timeout(600)]
RUNS, DECISIONS = 1_000, 5_000
LEAST = 0.89


@pytest.mark.parametrize("per_visitor", [1, 5])
def test_intervals_hold_the_truth(per_visitor):
    true = truth()
    effective: list[float] = []
    errors: dict[str, list[float]] = {}
    held: dict[str, list[bool]] = {}
    for seed in range(RUNS):
        log, X, target = simulate(DECISIONS, seed + 1_000, per_visitor)
        found = evaluate(log, target, cross_fit(log, X, N_ACTIONS, seed=seed), clip=5)
        effective.append(found.effective / DECISIONS)
        for name, each in found.estimates.items():
            errors.setdefault(name, []).append(abs(each.value / true - 1))
            if each.low is not None:
                held.setdefault(name, []).append(each.low <= true <= each.high)
    print(f"\n{RUNS} logs of {DECISIONS:,} decisions, {per_visitor} a visitor; ESS/n {np.mean(effective):.3f}")
    for name, each in errors.items():
        covered = f"covered {np.mean(held[name]):.3f}" if name in held else "no interval"
        print(f"  {name:12} mean relative error {np.mean(each):.3f} (s.e. {np.std(each) / RUNS**0.5:.4f}), {covered}")
    assert min(np.mean(each) for each in held.values()) >= LEAST
