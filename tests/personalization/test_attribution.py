"""Who gets the credit for a conversion."""

from personalization.attribution import WINDOW_MS, GoalEvent, Touch, credit
from tracking.exposure import Exposure

NOW = 1_700_000_000_000
GOAL = GoalEvent(1, "m1", "v1", NOW, "Order Completed", 4990)
SPRING, AUTUMN = 1, 2


def touch(ago, *, click=False, campaign=SPRING, key="spring", goal="Order Completed", decision="d1", visitor="v1"):
    shown = Exposure("home-hero", campaign, key, 7, variant_id=3, variant="offer")
    return Touch(visitor, NOW - ago, click, decision, shown, goal)


def test_the_last_click_wins_over_a_later_impression():
    earlier, later, seen = (
        touch(5000, click=True, decision="a"),
        touch(3000, click=True, decision="b"),
        touch(1000, decision="c"),
    )

    assert credit(GOAL, [earlier, seen, later])[SPRING].decision == "b"


def test_without_a_click_the_last_impression_gets_it():
    assert credit(GOAL, [touch(5000, decision="a"), touch(1000, decision="b")])[SPRING].decision == "b"


def test_nothing_after_the_goal_or_long_before_it_counts():
    assert credit(GOAL, [touch(-1), touch(WINDOW_MS + 1)]) == {}


def test_other_visitors_and_other_goals_earn_nothing():
    assert (
        credit(
            GOAL, [touch(10, visitor="v2"), touch(10, goal="Signed Up"), touch(10, campaign=0, goal="Order Completed")]
        )
        == {}
    )


def test_every_pursuing_campaign_is_credited_once():
    credited = credit(GOAL, [touch(10), touch(20), touch(30, campaign=AUTUMN)])

    assert set(credited) == {SPRING, AUTUMN}


def test_a_campaign_that_was_renamed_between_two_looks_is_credited_once():
    """R15: by the last of them."""
    credited = credit(GOAL, [touch(20, key="spring"), touch(10, key="spring-sale", decision="b")])

    assert {campaign: touch.decision for campaign, touch in credited.items()} == {SPRING: "b"}
