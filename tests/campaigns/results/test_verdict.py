"""Ship, stop, wait or repair?"""

import msgspec
import pytest

from campaigns.rates import Change
from campaigns.results.guardrails import Guarded, State
from campaigns.results.power import Duration
from campaigns.results.standing import Facts, Standing, days_until
from campaigns.results.verdict import Action, decide

PLAN = Duration(0.05, 60_000, 150_000, 14, 35, "")
BETTER = Change(0.12, 0.04, 0.2)
UNSURE = Change(0.03, -0.04, 0.1)  # holds zero, whatever p says
WORSE = Change(-0.1, -0.18, -0.02)


def standing(gain=UNSURE, p=None, name="New", **kwargs) -> Standing:
    usual = {
        "arm": name.lower(),
        "name": name,
        "is_enough": True,
        "days_until_enough": 0,
        "gain": gain,
        "is_lift": True,
        "p": p or 0.001,
        "chance_to_win": 0.99,
        "days_until_clear": None,
        "guards": [],
    }
    return Standing(**usual | kwargs)


def facts(*standings, **kwargs) -> Facts:
    usual = {"faults": [], "warnings": [], "duration": PLAN, "days_running": 14, "least_lift": 0.05, "alpha": 0.05}
    return Facts("Orders", list(standings), **usual | kwargs)


@pytest.mark.parametrize(
    ("asked", "action", "sentence", "reason"),
    [
        (
            facts(standing(BETTER)),
            Action.SHIP,
            "Ship New.",
            "New is better than control in Orders: +12 %, between +4 % and +20 %.",
        ),
        (
            facts(standing(WORSE)),
            Action.STOP,
            "Stop it, and keep control.",
            "New is worse than control in Orders: −10 %, between −18 % and −2 %.",
        ),
        (facts(standing()), Action.WAIT, "Wait 21 days.", "There is no clear difference in Orders yet."),
        (
            facts(standing(days_until_clear=3)),
            Action.WAIT,
            "Wait 3 days.",
            "There is no clear difference in Orders yet.",
        ),
        (
            facts(standing(), days_running=35),
            Action.STOP,
            "Stop it: no clear difference. Either is as good as the other.",
            "It has run for 35 days, long enough to find +5 % with good chances, and there is no clear difference in Orders.",
        ),
        (
            facts(standing(Change(0.0, -0.03, 0.03), p=0.9)),
            Action.STOP,
            "Stop it: no difference that matters.",
            "Whatever the effect is, it is surely smaller than the 5 % worth finding.",
        ),
        (
            facts(standing(), duration=Duration(0.05, 9, 9, 100, 400, "")),
            Action.STOP,
            "Stop it: it would take too long.",
            "To find +5 % in Orders takes about 400 days at the present traffic. Test something bolder, on more traffic,"
            " or by a metric that happens more often.",
        ),
        (
            facts(standing(BETTER, is_enough=False, days_until_enough=4), days_running=3),
            Action.WAIT,
            "Wait 4 days.",
            "Not enough data yet in Orders for New and control.",
        ),
        (
            facts(standing(BETTER, is_enough=False, days_until_enough=None), days_running=3),
            Action.WAIT,
            "Wait: it goes on.",
            "Not enough data yet in Orders for New and control.",
        ),
        (
            facts(standing(BETTER), days_running=2),
            Action.WAIT,
            "Wait 5 days.",
            "It has not seen a whole week yet, and weekdays differ.",
        ),
        (
            facts(standing(BETTER), faults=["New has 3 % fewer visitors."]),
            Action.REPAIR,
            "Repair it first: what it says now cannot be trusted.",
            "New has 3 % fewer visitors.",
        ),
    ],
)
def test_what_should_be_done(asked, action, sentence, reason):
    found = decide(asked)

    assert (found.action, found.sentence, found.reasons[0]) == (action, sentence, reason)


def test_the_best_of_several_arms_is_shipped_and_the_others_are_named():
    found = decide(facts(standing(BETTER, name="A"), standing(Change(0.3, 0.2, 0.4), name="B"), standing(name="C")))

    assert (found.action, found.arm) == (Action.SHIP, "b")
    assert found.reasons[-1] == "A would also be better than control."


def test_a_probability_that_is_corrected_for_many_arms_decides():
    assert decide(facts(standing(BETTER, p=0.2))).action is Action.WAIT


@pytest.mark.parametrize(
    ("state", "days", "action"),
    [
        (State.HOLDS, 14, Action.SHIP),
        (State.UNCLEAR, 14, Action.SHIP),
        (State.AT_RISK, 14, Action.WAIT),
        (State.AT_RISK, 35, Action.STOP),
        (State.BROKEN, 2, Action.STOP),
    ],
)
def test_a_guardrail_stands_before_what_is_better(state, days, action):
    found = decide(facts(standing(BETTER, guards=[Guarded(state, "Bounces: so and so.")]), days_running=days))

    assert found.action is action
    assert any("Bounces: so and so." in reason for reason in found.reasons)


def test_harm_to_one_arm_of_two_stops_nothing():
    assert decide(facts(standing(WORSE, name="A"), standing(name="B"))).action is Action.WAIT
    assert decide(facts(standing(WORSE, name="A"), standing(WORSE, name="B"), days_running=1)).action is Action.STOP


def test_a_bandit_is_neither_stopped_for_want_of_a_difference_nor_given_days():
    found = decide(facts(standing(days_until_clear=3), days_running=400, duration=None, is_adaptive=True))

    assert (found.action, found.days) == (Action.WAIT, None)
    assert decide(facts(standing(BETTER), duration=None, is_adaptive=True)).action is Action.SHIP


def test_a_difference_without_a_lift_can_be_shipped():
    found = decide(facts(standing(Change(120.0, 50.0, 190.0), is_lift=False, chance_to_win=None)))

    assert found.action is Action.SHIP
    assert found.reasons == ["New is better than control in Orders: the whole interval of the difference says so."]


def test_warnings_stand_beside_every_verdict():
    for asked in (facts(standing(BETTER)), facts(standing()), facts(standing(), faults=["x"])):
        assert decide(msgspec.structs.replace(asked, warnings=["2 % crossed."])).reasons[-1] == "2 % crossed."


def test_days_until_enough_are_told_by_the_pace_so_far():
    assert days_until(50, 100, 5) == 5
    assert days_until(100, 100, 5) == 0
    assert days_until(0, 100, 5) is None
    assert days_until(50, 100, 0) is None
