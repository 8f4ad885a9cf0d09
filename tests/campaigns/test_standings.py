"""What is said of campaigns and rules is what the release that visitors see has of them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns.approval import ask
from campaigns.models import AdVariant, Campaign, Rule
from campaigns.publish import launch, publish, roll_back, stop
from campaigns.standings import Standings, standings_of
from segments.models import Segment

pytestmark = pytest.mark.django_db


def states(site) -> dict[str, str]:
    """By name."""
    standings = Standings(site, timezone.now())
    found = {row.name: standings.of_campaign(row).state.value for row in Campaign.objects.filter(site=site)}
    rules = Rule.objects.filter(campaign__site=site).select_related("campaign")
    return found | {row.name: standings.of_rule(row).state.value for row in rules}


def test_what_nobody_published_is_a_draft_whatever_is_wanted_of_it(drafted):
    assert states(drafted) == {"Spring": "draft", "Coupon": "draft", "Banner": "draft"}


def test_what_is_published_is_live_until_its_draft_changes(drafted, publisher, commit):
    commit(publish, drafted, publisher)
    assert states(drafted) == {"Spring": "live", "Coupon": "live", "Banner": "live"}

    Rule.objects.filter(name="Coupon").update(priority=1)
    assert states(drafted) == {"Spring": "changed", "Coupon": "changed", "Banner": "live"}

    AdVariant.objects.filter(key="default").update(headline="Another")
    assert states(drafted) == {"Spring": "changed", "Coupon": "changed", "Banner": "changed"}


def test_a_segment_that_changed_is_no_change_of_the_campaign(drafted, publisher, commit):
    commit(publish, drafted, publisher)
    Segment.objects.update(condition={"feature.orders_total": {"$gt": 9}})

    assert states(drafted)["Spring"] == "live"


def test_a_campaign_that_starts_tomorrow_is_scheduled(drafted, publisher, commit):
    tomorrow = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    Campaign.objects.update(starts_at=tomorrow)
    commit(publish, drafted, publisher)

    row = Campaign.objects.get()
    assert standings_of([row], timezone.now())[row.pk].at == tomorrow
    assert states(drafted) == {"Spring": "scheduled", "Coupon": "scheduled", "Banner": "scheduled"}
    Campaign.objects.update(starts_at=None)  # in the draft only
    assert states(drafted)["Spring"] == "scheduled"


def test_after_its_end_it_has_ended_also_where_the_draft_gave_it_more_time(drafted, publisher, commit):
    Rule.objects.filter(name="Coupon").update(ends_at=timezone.now() - timedelta(seconds=1))
    commit(publish, drafted, publisher)
    Rule.objects.filter(name="Coupon").update(ends_at=None)

    assert states(drafted) == {"Spring": "changed", "Coupon": "ended", "Banner": "live"}


def test_a_pause_that_is_not_published_does_not_make_it_paused(drafted, publisher, commit):
    commit(publish, drafted, publisher)
    Campaign.objects.update(status="paused")
    row = Campaign.objects.get()

    standing = standings_of([row], timezone.now())[row.pk]
    assert (standing.state, standing.notes) == ("changed", ["pausing is not published yet"])

    commit(publish, drafted, publisher)
    assert states(drafted) == {"Spring": "paused", "Coupon": "paused", "Banner": "paused"}


def test_what_is_stopped_is_paused_and_its_rule_too(drafted, publisher, commit):
    commit(publish, drafted, publisher)
    commit(stop, Rule.objects.get(name="Coupon"), publisher)
    assert states(drafted) == {"Spring": "live", "Coupon": "paused", "Banner": "live"}

    commit(stop, Campaign.objects.get(), publisher)
    assert states(drafted) == {"Spring": "paused", "Coupon": "paused", "Banner": "paused"}


def test_what_a_roll_back_took_away_is_held_until_it_is_launched(drafted, publisher, commit):
    Campaign.objects.update(status="paused")
    Segment.objects.create(site=drafted, key="all", name="All", condition={})
    commit(publish, drafted, publisher)
    commit(launch, Campaign.objects.get(), publisher)
    commit(roll_back, drafted, 1, publisher)
    assert states(drafted) == {"Spring": "held", "Coupon": "held", "Banner": "held"}

    commit(launch, Campaign.objects.get(), publisher)
    assert states(drafted)["Spring"] == "live"


def test_what_somebody_asked_for_waits(drafted, editor):
    ask(Campaign.objects.get(), editor)

    assert states(drafted) == {"Spring": "waiting", "Coupon": "waiting", "Banner": "waiting"}


def test_what_cannot_be_frozen_counts_as_changed_and_the_rest_is_told_as_it_is(drafted, publisher, commit):
    other = Campaign.objects.create(site=drafted, key="other", name="Other", status="live")
    fine = AdVariant.objects.create(site=drafted, key="fine", name="Fine", headline="Fine")
    Rule.objects.create(campaign=other, placement=drafted.placements.get(), name="Fine", variant=fine)
    commit(publish, drafted, publisher)
    AdVariant.objects.filter(key="offer").update(background="red")

    found = states(drafted)

    assert (found["Spring"], found["Other"]) == ("changed", "live")


def test_costs_as_many_queries_for_many_as_for_one(drafted, publisher, commit, django_assert_max_num_queries):
    commit(publish, drafted, publisher)
    rules = list(Rule.objects.select_related("campaign__site")) * 20
    standings_of(rules, timezone.now())  # what visitors see is remembered

    with django_assert_max_num_queries(13):
        standings_of(rules, timezone.now())


def test_hours_are_those_of_the_release_by_the_clocks_of_its_site(drafted, publisher, commit):
    drafted.time_zone = "Europe/Berlin"
    drafted.save()
    Rule.objects.update(hours="mon-fri 9-10")
    commit(publish, drafted, publisher)
    Rule.objects.update(hours="")  # nobody has published that
    thursday = datetime(2030, 11, 28, 9, 30, tzinfo=UTC)

    spring, coupon = Campaign.objects.get(), Rule.objects.select_related("campaign").get(name="Coupon")
    found = Standings(drafted, thursday)

    friday = datetime(2030, 11, 29, 8, 0, tzinfo=UTC)
    assert (found.of_campaign(spring).rests_until, found.of_rule(coupon).rests_until) == (friday, friday)
