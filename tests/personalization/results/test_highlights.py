"""What Home tells a marketer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Placement
from campaigns.rates import HIGHER
from personalization.results import highlights
from personalization.results.reading import Counts
from personalization.results.report import Line, Result
from personalization.results.sketch import sketch_of
from sites.times import DAY_MS, ms_of
from tests.goals import make_goal
from tests.results import HERO, decided, order, reaction, store, visitor
from tracking.models import EventRollup


def line(name, seen, clicks, orders=0, value_minor=0) -> Line:
    seen_by = sketch_of(visitor(number) for number in range(min(seen, 900)))
    squares = value_minor**2 / orders if orders else 0
    counts = Counts(seen, seen, clicks, 0, orders, value_minor, value_squares=squares, seen_by=seen_by)
    return Line(name, name, "", Result(counts, orders), Result())


def test_campaigns_are_compared_by_revenue_where_two_have_enough():
    found = highlights.judge([line("a", 900, 90, 20, 40_000), line("b", 900, 50, 60, 400_000), line("c", 900, 200)])

    assert (found.best.name, found.worst.name, found.measure) == ("b", "a", "revenue per visitor")
    assert found.verdict == "The difference is clear. 1 more has not enough data yet."


def test_a_campaign_whose_goal_is_worth_nothing_is_not_the_worst_by_revenue():
    """The demo's, which aims at carts, was."""
    found = highlights.judge([line("a", 900, 90, 20, 40_000), line("b", 900, 50, 60, 400_000), line("c", 900, 9, 70)])

    assert (found.best.name, found.worst.name) == ("b", "a")
    assert found.verdict == "The difference is clear. 1 more has a goal that is worth no money."


def test_else_by_click_rate_and_chance_is_called_so():
    found = highlights.judge([line("a", 500, 21), line("b", 500, 20), line("c", 90, 80)])

    assert (found.best.name, found.worst.name, found.measure) == ("a", "b", "click rate")
    assert found.verdict == "There is no clear difference between them yet. 1 more has not enough data yet."


def test_where_nobody_can_tell_it_says_what_is_missing():
    assert highlights.judge([]).verdict == "No campaign was shown in the last 7 days."
    found = highlights.judge([line("a", 5000, 300), line("b", 99, 20)])
    assert found.best is None
    assert found.verdict.startswith("Not enough data yet to compare campaigns: two need 100 times seen and 10 clicks")


@pytest.mark.django_db
def test_the_headline_compares_seven_days_with_the_seven_before(site):
    Campaign.objects.create(id=5, site=site, key="spring", name="Spring", goal=make_goal(site))
    now = timezone.now()
    decisions, told = [], []
    for number in range(400):
        made = decided(
            site, visitor(number), ms_of(now) - 3_600_000 - (9 * DAY_MS if number < 200 else 0), HERO, number=number
        )
        decisions.append(made)
        told.append(reaction("Impression", made))
        if number < 10 or number >= 340:
            told.append(reaction("Click", made))
        if number in (1, 399, 398):
            told.append(order(made.visitor, made.at + 60_000, 20))
    store(site, decisions, told)

    found = highlights.headline(site, now)

    assert (found.now, found.before) == ((2, 4000), (1, 2000))
    assert (found.click_rate.value, found.click_rate_before.value) == (0.3, 0.05)
    assert found.click_change.verdict == HIGHER


@pytest.mark.django_db
def test_the_last_minutes_are_counted_by_name(site):
    now = timezone.now()
    minute = now.replace(second=0, microsecond=0)
    for name, back, events in (("Impression", 0, 5), ("Impression", 29, 2), ("Impression", 31, 9), ("Click", 3, 1)):
        EventRollup.objects.create(
            site=site, grain="minute", at=minute - timedelta(minutes=back), name=name, events=events
        )

    found = highlights.this_minute(site, now)

    assert (found.visitors, found.seen, found.clicks, found.orders) == (0, 7, 1, 0)
    assert [bar.value for bar in found.bars][::29] == [2, 5]


@pytest.mark.django_db
def test_an_empty_site_is_led_from_step_to_step(site):
    assert highlights.next_step(site, False).url_name == "install"
    assert highlights.next_step(site, True).url_name == "placement-new"
    Placement.objects.create(site=site, key="hero", name="Hero")
    assert highlights.next_step(site, True).url_name == "campaign-new"
    Campaign.objects.create(site=site, key="spring", name="Spring")
    assert highlights.next_step(site, True).url_name == "install"
    store(site, [decided(site, visitor(1), ms_of(timezone.now()))])
    assert highlights.next_step(site, True) is None


@pytest.mark.django_db
def test_home_shows_orders_revenue_and_click_rate_first(client, viewer, site):
    client.force_login(viewer)

    page = client.get("/").content.decode()

    assert "Install the tracker" in page
    assert page.index("Orders touched") < page.index("Revenue touched") < page.index("Click rate of campaigns, 7 days")
    assert "Events per second" not in page
