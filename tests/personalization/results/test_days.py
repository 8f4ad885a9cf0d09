"""Daily results are what a straight count of the stored rows says."""

import uuid
from datetime import UTC, date, datetime

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.models import Campaign
from personalization.models import DailyResult, DailyVisitors
from personalization.situation import Passed
from sites.local_time import day_of
from sites.times import DAY_MS, HOUR_MS, ms_of
from tests.factories import make_site
from tests.goals import make_goal
from tests.results import HERO, NOW, counted, decided, event, order, reaction, recounted, sketched, store, visitor
from tracking.exposure import Exposure

pytestmark = pytest.mark.django_db
BANNER = Exposure("banner", 6, "summer", 9, 2, "b", 4, "card")
DEFAULT = Exposure("banner", variant_id=8, variant="plain")
LOST = [Passed(9, 6, "OUTRANKED"), Passed(11, 6, "CAPPED"), Passed(11, 6, "CAPPED_TODAY"), Passed(7, 5, "UNFILLED")]

looks = st.fixed_dictionaries(
    {
        "who": st.integers(0, 3),
        "at": st.integers(-30, 30).map(lambda hours: NOW + hours * HOUR_MS + 1_234_567),
        "shown": st.sampled_from([HERO, BANNER, DEFAULT]),
        "passed": st.lists(st.sampled_from(LOST), max_size=2),
        "came": st.lists(st.sampled_from(["Impression", "Click", "Dismiss"]), unique=True),
        "order": st.one_of(st.none(), st.integers(1, 9_999)),
    }
)


@settings(max_examples=20)
@given(
    st.lists(looks, max_size=6),
    st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York"]),
    st.data(),
)
def test_in_whatever_chunks_they_arrive_they_equal_a_straight_count(told, zone, data):
    with transaction.atomic():
        site = make_site(write_key=f"wk_{uuid.uuid4().hex[:8]}", time_zone=zone)
        for shown in (HERO, BANNER):
            Campaign.objects.create(
                id=shown.campaign_id, site=site, key=shown.campaign, name=shown.campaign, goal=make_goal(site)
            )
        chunks = []
        for number, one in enumerate(told):
            who = visitor(one["who"])
            made = decided(site, who, one["at"], one["shown"], one["passed"], number=number)
            chunks.append(([made], []))
            chunks += [([], [reaction(name, made, made.at + 1000 + number)]) for name in one["came"]]
            if one["order"]:
                chunks.append(([], [order(who, made.at + HOUR_MS, one["order"] / 100, f"order-{number}")]))
        chunks = data.draw(st.permutations(chunks))
        while chunks:
            size = data.draw(st.integers(1, len(chunks)))
            now, chunks = chunks[:size], chunks[size:]
            store(site, [each for made, _ in now for each in made], [each for _, came in now for each in came])
            if data.draw(st.booleans()):  # read again: the consumer was killed before it let go
                store(site, [each for made, _ in now for each in made], [each for _, came in now for each in came])

        assert counted(site) == recounted(site)
        transaction.set_rollback(True)


def test_a_day_is_that_of_the_site(site):
    site.time_zone = "Europe/Berlin"
    site.save()
    late = ms_of(datetime(2026, 3, 28, 23, 30, tzinfo=UTC))

    store(site, [decided(site, visitor(1), late)])

    assert DailyResult.objects.get().day == date(2026, 3, 29)
    assert day_of("America/Los_Angeles", late) == date(2026, 3, 28)


def test_the_segment_of_a_result_is_that_of_the_rule_when_it_decided(site):
    made = decided(site, visitor(1))

    store(site, [made], [reaction("Impression", made)])

    assert DailyResult.objects.get().segment == "coffee"


def test_everybody_who_did_anything_was_there_that_day(site):
    store(site, [], [event(visitor(number), "Product Viewed", NOW) for number in (1, 2)])
    store(site, [], [event(visitor(2), "Product Added", NOW + 1), event(visitor(3), "Product Viewed", NOW + DAY_MS)])

    days = {row.day: bytes(row.visitors) for row in DailyVisitors.objects.all()}

    assert days == {
        date(2026, 5, 28): sketched({visitor(1), visitor(2)}),
        date(2026, 5, 29): sketched({visitor(3)}),
    }
