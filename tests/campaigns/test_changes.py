"""What differs between two releases, in sentences."""

import msgspec

from campaigns.caps import Caps
from campaigns.changes import changes
from campaigns.release import FrozenCampaign, Source
from sites.times import DAY_MS
from tests.goals import ORDERS
from tests.releases import rule, source


def test_a_goal_that_changed_is_told_in_words():
    spring = FrozenCampaign(1, "spring", 1)
    old = Source(1, [], {}, [], [], [], [], "EUR", campaigns=[spring], goals=[ORDERS])
    new = msgspec.structs.replace(
        ORDERS, event="Signed Up", condition={"plan": "pro"}, value="fixed", value_minor=250, window_ms=30 * DAY_MS
    )

    assert changes(old, msgspec.structs.replace(old, goals=[new])) == [
        "Goal 'orders': counts 'Signed Up' instead of 'Order Completed'",
        "Goal 'orders': its condition changed",
        "Goal 'orders': each is worth 2.50 EUR instead of what the event says",
        "Goal 'orders': counts within 30 days instead of 7 days",
    ]


def test_a_campaign_that_pursues_another_goal_is_told():
    leads = msgspec.structs.replace(ORDERS, id=2, key="leads")
    old = Source(1, [], {}, [], [], [], [], "EUR", campaigns=[FrozenCampaign(1, "spring", 1)], goals=[ORDERS])
    new = msgspec.structs.replace(old, campaigns=[FrozenCampaign(1, "spring", 2)], goals=[leads])
    none = msgspec.structs.replace(old, campaigns=[FrozenCampaign(1, "spring", 0)], goals=[])

    assert changes(old, new) == [
        "Campaign 'spring' pursues the goal 'leads' instead of the goal 'orders'",
        "Goal 'leads' is new",
        "Goal 'orders' is gone",
    ]
    assert changes(old, none)[0] == "Campaign 'spring' pursues no goal instead of the goal 'orders'"


def test_caps_are_told_of_each_rule_and_once_of_their_campaign():
    before = [rule(1, campaign_id=7), rule(2, campaign_id=7, caps=Caps(2))]
    after = [rule(1, campaign_id=7, caps=Caps(3, 5, 0, 9)), rule(2, campaign_id=7, caps=Caps(2, 5, 0, 9))]

    assert changes(source(before), source(after)) == [
        "Rule 'rule 1': cap per session none -> 3",
        "Campaign 'Spring', all its rules together: cap per session none -> 5",
        "Campaign 'Spring', all its rules together: cap in all none -> 9",
    ]
