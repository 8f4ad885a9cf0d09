"""Who gets the credit for a conversion."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.attribution import GoalEvent, Touch, credit
from sites.crediting import FIRST_TOUCH, LAST_CLICK, LAST_TOUCH
from sites.times import DAY_MS
from tests.goals import ORDERS, told
from tracking.exposure import Exposure

NOW = 1_700_000_000_000
GOAL = GoalEvent(1, "m1", "v1", NOW, told(total=49.9), 7 * DAY_MS)
SPRING, AUTUMN = 1, 2
SIGN_UPS = msgspec.structs.replace(ORDERS, event="Signed Up")


def touch(ago, *, click=False, campaign=SPRING, key="spring", goal=ORDERS, decision="d1", visitor="v1"):
    shown = Exposure("home-hero", campaign, key, 7, variant_id=3, variant="offer")
    return Touch(visitor, NOW - ago, click, decision, shown, goal)


def credited(*touches) -> dict[int, str]:
    """By campaign, the decision that gets the credit."""
    return {each.touch.exposure.campaign_id: each.touch.decision for each in credit(GOAL, touches)}


def test_the_last_click_wins_over_a_later_impression():
    earlier, later, seen = (
        touch(5000, click=True, decision="a"),
        touch(3000, click=True, decision="b"),
        touch(1000, decision="c"),
    )

    assert credited(earlier, seen, later) == {SPRING: "b"}


def test_without_a_click_the_last_impression_gets_it():
    assert credited(touch(5000, decision="a"), touch(1000, decision="b")) == {SPRING: "b"}


def test_nothing_after_the_event_or_longer_before_it_than_the_window_of_the_goal_counts():
    short = msgspec.structs.replace(ORDERS, window_ms=DAY_MS)

    assert credited(touch(-1), touch(ORDERS.window_ms + 1), touch(DAY_MS + 1, goal=short)) == {}
    assert credited(touch(DAY_MS, goal=short)) == {SPRING: "d1"}


def test_the_window_is_that_of_the_goal_which_the_touch_pursued():
    long = msgspec.structs.replace(ORDERS, window_ms=30 * DAY_MS)

    assert credited(touch(20 * DAY_MS, goal=long, campaign=AUTUMN), touch(20 * DAY_MS)) == {AUTUMN: "d1"}


def test_other_visitors_and_other_goals_earn_nothing():
    large = msgspec.structs.replace(ORDERS, condition={"total": {"$gt": 50}})

    assert credited(touch(10, visitor="v2"), touch(10, goal=SIGN_UPS), touch(10, campaign=0)) == {}
    assert credited(touch(10, goal=None), touch(10, goal=large)) == {}


def test_every_pursuing_campaign_is_credited_once():
    assert set(credited(touch(10), touch(20), touch(30, campaign=AUTUMN))) == {SPRING, AUTUMN}


def test_a_campaign_that_was_renamed_between_two_looks_is_credited_once():
    """R15: by the last of them."""
    assert credited(touch(20, key="spring"), touch(10, key="spring-sale", decision="b")) == {SPRING: "b"}


def test_the_goal_that_counts_is_that_of_the_touch_with_the_credit():
    changed = msgspec.structs.replace(ORDERS, value_minor=900)

    assert credit(GOAL, [touch(20), touch(10, goal=changed)])[0].goal == changed


# --- which campaign has the credit ------------------------------------------------------------------

TOUCHES = [("seen first", 4000, False, SPRING), ("clicked", 3000, True, AUTUMN), ("seen last", 1000, False, SPRING)]


def ways(attribution, view_through=True):
    goal = msgspec.structs.replace(ORDERS, attribution=attribution, view_through=view_through)
    return [
        touch(ago, click=click, campaign=campaign, goal=goal, decision=name) for name, ago, click, campaign in TOUCHES
    ]


@pytest.mark.parametrize(
    ("attribution", "best"),
    [
        (LAST_CLICK, ["clicked", "seen last"]),
        (LAST_TOUCH, ["seen last", "clicked"]),
        (FIRST_TOUCH, ["seen first", "clicked"]),
    ],
)
def test_the_way_of_the_site_says_who_has_the_credit_and_who_also_touched(attribution, best):
    assert [each.touch.decision for each in credit(GOAL, ways(attribution))] == best


@pytest.mark.parametrize("attribution", [LAST_CLICK, LAST_TOUCH, FIRST_TOUCH])
def test_where_looks_do_not_count_a_campaign_that_was_only_seen_has_no_part(attribution):
    assert [each.touch.decision for each in credit(GOAL, ways(attribution, view_through=False))] == ["clicked"]


def test_the_way_that_counts_is_that_of_the_release_which_the_visitor_saw_last():
    first, clicked, last = ways(LAST_CLICK)
    changed = last._replace(goal=msgspec.structs.replace(ORDERS, attribution=FIRST_TOUCH))

    assert credit(GOAL, [first, clicked, changed])[0].touch == first


# What one decision pursued, its release says.
WAYS = {"a": (LAST_CLICK, True), "b": (LAST_TOUCH, True), "c": (FIRST_TOUCH, True), "d": (LAST_CLICK, False)}


def pursued_by(decision: str):
    way, looks = WAYS[decision]
    return msgspec.structs.replace(ORDERS, attribution=way, view_through=looks)


touches_of_any = st.lists(
    st.builds(
        lambda ago, click, campaign, decision: touch(
            ago, click=click, campaign=campaign, decision=decision, goal=pursued_by(decision)
        ),
        st.integers(-2, 5),
        st.booleans(),
        st.integers(0, 3),
        st.sampled_from("abcd"),
    ),
    max_size=8,
)


@given(touches_of_any, st.randoms())
def test_in_whatever_sequence_touches_are_read_the_credit_is_the_same(touches, rng):
    told = [(each.touch.exposure.campaign_id, each.touch.at) for each in credit(GOAL, touches)]
    rng.shuffle(touches)

    assert [(each.touch.exposure.campaign_id, each.touch.at) for each in credit(GOAL, touches)] == told
    assert len({campaign for campaign, _ in told}) == len(told)
