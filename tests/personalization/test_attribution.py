"""Who gets the credit for a conversion."""

from personalization.attribution import WINDOW_MS, Goal, Touch, credit

NOW = 1_700_000_000_000
GOAL = Goal(1, "m1", "v1", NOW, "Order Completed", 4990)
PURSUING = frozenset({"spring", "autumn"})


def touch(ago, *, click=False, campaign="spring", decision="d1", visitor="v1"):
    return Touch(visitor, NOW - ago, click, decision, "home-hero", campaign, 7, "offer")


def test_the_last_click_wins_over_a_later_impression():
    earlier, later, seen = touch(5000, click=True, decision="a"), touch(3000, click=True, decision="b"), touch(1000, decision="c")

    assert credit(GOAL, [earlier, seen, later], PURSUING)["spring"].decision == "b"


def test_without_a_click_the_last_impression_gets_it():
    assert credit(GOAL, [touch(5000, decision="a"), touch(1000, decision="b")], PURSUING)["spring"].decision == "b"


def test_nothing_after_the_goal_or_long_before_it_counts():
    assert credit(GOAL, [touch(-1), touch(WINDOW_MS + 1)], PURSUING) == {}


def test_other_visitors_and_other_goals_earn_nothing():
    assert credit(GOAL, [touch(10, visitor="v2"), touch(10, campaign="winter")], PURSUING) == {}


def test_every_pursuing_campaign_is_credited_once():
    credited = credit(GOAL, [touch(10), touch(20), touch(30, campaign="autumn")], PURSUING)

    assert set(credited) == {"spring", "autumn"}
