"""What does the page of goals say of each?"""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from personalization.goal_list import goals_of
from personalization.models import Conversion
from tests import factories
from tests.goals import make_goal

NOW = timezone.now()


def convert(site, goal, days_ago: int, value_minor: int) -> None:
    Conversion.objects.create(
        site=site,
        message_id=str(uuid.uuid4()),
        at=NOW - timedelta(days=days_ago),
        visitor_id=uuid.uuid4(),
        decision_id=uuid.uuid4(),
        placement="hero",
        campaign_id=5,
        goal_id=goal.pk,
        value_minor=value_minor,
    )


@pytest.fixture
def goals(site):
    orders = make_goal(site, key="orders", name="Orders")
    large = make_goal(
        site,
        key="large",
        name="Large orders",
        condition={"total": {"$gte": 50}},
        value_kind="fixed",
        value_minor=500,
    )
    for key in ("spring", "autumn"):
        Campaign.objects.create(site=site, key=key, name=key.title(), goal=orders)
    for days_ago, value_minor in ((1, 4990), (6, 10), (8, 100)):
        convert(site, orders, days_ago, value_minor)
    convert(factories.make_site(write_key="wk_other"), orders, 1, 7)
    return site, orders, large


def test_each_goal_tells_who_pursues_it_and_how_often_it_was_reached_in_seven_days(goals, django_assert_num_queries):
    site, orders, large = goals

    with django_assert_num_queries(2):
        rows = goals_of(site, NOW)

    assert [(row.goal, row.campaigns, row.conversions, row.value_minor) for row in rows] == [
        (large, 0, 0, 0),
        (orders, 2, 2, 5000),
    ]
    assert [(row.words, row.worth) for row in rows] == [
        ("total is at least 50", "5.00 EUR"),
        ("", "what the event says"),
    ]


def test_the_page_shows_them_or_says_what_to_do_first(client, goals):
    site, *_ = goals
    client.force_login(factories.make_user("editor"))

    page = client.get("/campaigns/goals/", follow=True).content.decode()
    Campaign.objects.all().delete()
    for goal in site.goals.all():
        goal.delete()
    empty = client.get("/campaigns/goals/", follow=True).content.decode()

    assert "where total is at least 50" in page and "2 campaigns" in page and "50.00 EUR" in page
    assert "Create the first" in empty
