"""Does something get worse that must not?"""

import pytest

from campaigns.rates import Change
from campaigns.results.guardrails import State, judge
from campaigns.results.metrics import Metric, Role

BOUNCES = Metric("bounces", "Bounces", role=Role.GUARDRAIL, more_is_better=False, bound=0.02)
REVENUE = Metric("revenue", "Revenue", role=Role.GUARDRAIL, bound=0.0)


@pytest.mark.parametrize(
    ("metric", "low", "high", "state"),
    [
        (BOUNCES, 0.03, 0.09, State.BROKEN),
        (BOUNCES, 0.01, 0.09, State.AT_RISK),
        (BOUNCES, -0.01, 0.09, State.UNCLEAR),
        (BOUNCES, -0.01, 0.01, State.HOLDS),
        (BOUNCES, 0.005, 0.015, State.HOLDS),
        (BOUNCES, -0.5, -0.4, State.HOLDS),
        (REVENUE, -0.03, -0.01, State.BROKEN),
        (REVENUE, -0.03, 0.01, State.UNCLEAR),
        (REVENUE, 0.0, 0.1, State.HOLDS),
    ],
)
def test_the_whole_interval_decides(metric, low, high, state):
    assert judge(metric, Change((low + high) / 2, low, high)).state is state


def test_it_is_told_in_words():
    assert judge(BOUNCES, Change(0.05, 0.03, 0.09)).sentence == "Bounces: gets worse by more than the 2 % allowed."
    assert judge(REVENUE, Change(0, 0.0, 0.1)).sentence == "Revenue: does not get worse at all."
    assert judge(BOUNCES, None).sentence == "Bounces: not enough data yet to tell whether it gets worse."


def test_what_control_does_not_have_at_all_is_judged_by_its_difference():
    assert judge(BOUNCES, None, Change(0.01, 0.005, 0.015)).state is State.BROKEN
    assert judge(BOUNCES, None, Change(0.01, -0.005, 0.015)).state is State.UNCLEAR
