"""Distributions of features: whose day it is, what is counted, kept and shown."""

import tracemalloc
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from segments import audience, distributions
from segments.distributions import KEEP_DAYS, NUMBERS, PART, Gathering, compare
from segments.models import FeatureDistribution, Segment
from segments.state import DAY_MS
from segments.tasks import measure_segment, measure_segments
from sites.times import HOUR_MS, moment_of
from tests import factories
from tests.answers import text_of
from tests.events import MINUTE, START, event, folded, page
from tests.segments.conftest import passer_by

pytestmark = pytest.mark.django_db
TODAY = moment_of(START).date()


def pages(number, at=START):
    """Somebody whose last of so many pages was opened at this moment."""
    return folded(*(page(at - (number - 1 - n) * 1000, category="Garden") for n in range(number)))


def of(feature, day=TODAY):
    return FeatureDistribution.objects.get(feature=feature, day=day)


def test_counts_the_values_of_who_was_last_seen_on_the_day(site, keep):
    keep("a" * 32, pages(2))
    keep("b" * 32, pages(4))
    keep("c" * 32, pages(6, START - DAY_MS))  # another day's
    keep("d" * 32, folded(page(START)))  # did one thing only

    measure_segments()

    row = of("pages_viewed")
    assert (row.visitors, row.missing, row.mean, sum(row.counts), row.some) == (2, 0, 3.0, 2, 1.0)
    assert set(FeatureDistribution.objects.values_list("feature", flat=True)) == {one.name for one in NUMBERS}
    assert set(FeatureDistribution.objects.values_list("day", flat=True)) == {TODAY}


def test_who_has_nothing_of_the_kind_is_missing_not_zero(site, keep):
    ordered = event("Order Completed", START, properties={"order_id": "A-1", "total": 30})
    keep("a" * 32, folded(page(START - MINUTE), ordered))
    keep("b" * 32, pages(2))

    measure_segments()

    assert (of("average_order_value").missing, of("average_order_value").mean) == (1, 3000)
    assert (of("orders_total").missing, of("orders_total").mean, of("orders_total").some) == (0, 0.5, 0.5)


def test_a_day_is_counted_again_while_it_lasts_and_stays_as_it_was(site, keep):
    keep("a" * 32, pages(2, START))
    measure_segments()
    keep("b" * 32, pages(4, START + HOUR_MS))
    measure_segments()
    row = of("pages_viewed")
    assert (row.visitors, row.mean, sum(row.counts), of("average_order_value").missing) == (2, 3.0, 2, 2)

    keep("c" * 32, pages(8, START + DAY_MS))
    measure_segments()

    assert of("pages_viewed").mean == 3.0
    assert of("pages_viewed", TODAY + timedelta(days=1)).mean == 8.0


def test_a_day_is_that_of_the_site(site, keep):
    """9 October 2025, 08:53 UTC is the 8th in Honolulu's evening."""
    site.time_zone = "Pacific/Honolulu"
    site.save()
    keep("a" * 32, pages(2))

    measure_segments()

    assert set(FeatureDistribution.objects.values_list("day", flat=True)) == {TODAY - timedelta(days=1)}


def test_a_segment_that_is_measured_alone_counts_no_day(site, keep):
    keep("a" * 32, pages(2))
    segment = Segment.objects.create(site=site, key="all", name="All")

    measure_segment(segment.pk)

    assert segment.sizes.exists() and not FeatureDistribution.objects.exists()


def test_sites_are_counted_apart(site, keep):
    other = factories.make_site(name="Other", write_key="wk_other")
    keep("a" * 32, pages(2))
    keep("b" * 32, pages(4), of=other)

    measure_segments()

    means = {row.site_id: row.mean for row in FeatureDistribution.objects.filter(feature="pages_viewed")}
    assert means == {site.pk: 2.0, other.pk: 4.0}


def test_profiles_are_read_once_for_sizes_and_distributions(site, keep, monkeypatch):
    keep("a" * 32, pages(2))
    Segment.objects.create(site=site, key="all", name="All")
    read = []
    profiles = audience.population.profiles
    monkeypatch.setattr(audience.population, "profiles", lambda *asked: read.append(1) or profiles(*asked))

    audience.measure(site)

    assert read == [1]
    assert of("pages_viewed").visitors == 1


def test_what_is_too_old_goes(site, keep):
    for days in (KEEP_DAYS, KEEP_DAYS + 1):
        FeatureDistribution.objects.create(
            site=site,
            feature="pages_viewed",
            day=TODAY - timedelta(days=days),
            visitors=1,
            missing=0,
            low=0,
            high=1,
            counts=[1],
        )
    keep("a" * 32, pages(2))

    measure_segments()

    days = FeatureDistribution.objects.filter(feature="pages_viewed").values_list("day", flat=True)
    assert set(days) == {TODAY, TODAY - timedelta(days=KEEP_DAYS)}


def test_parts_add_up_to_what_the_whole_gives(monkeypatch):
    people = [pages(2 + number % 7) for number in range(25)]
    whole = Gathering(TODAY, ZoneInfo("UTC"))
    for one in people:
        whole.add(one)
    whole.add_up()
    monkeypatch.setattr(distributions, "PART", 4)
    parts = Gathering(TODAY, ZoneInfo("UTC"))
    for one in people:
        parts.add(one)
    parts.add_up()

    for one, other in zip(whole.tallies, parts.tallies, strict=True):
        assert (one.counts == other.counts).all()
        assert (one.visitors, one.missing) == (other.visitors, other.missing) == (25, one.missing)
        assert one.total == pytest.approx(other.total)


def test_memory_does_not_grow_with_the_visitors():
    gathered, one = Gathering(TODAY, ZoneInfo("UTC")), passer_by(1)
    tracemalloc.start()
    try:
        peaks = []
        for _ in range(3):
            tracemalloc.reset_peak()
            for _ in range(PART):
                gathered.add(one)
            peaks.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()

    assert gathered.tallies[0].visitors == 3 * PART
    assert peaks[2] < 1.2 * peaks[0]


def test_compares_with_the_same_weekday_one_and_four_weeks_before(site, django_assert_num_queries):
    def told(days, mean):
        FeatureDistribution.objects.create(
            site=site,
            feature="pages_viewed",
            day=TODAY - timedelta(days=days),
            visitors=2,
            missing=0,
            mean=mean,
            low=0,
            high=200,
            counts=[0] * 42,
        )

    for days, mean in ((0, 3.0), (1, 9.0), (7, 4.0), (28, 5.0), (30, 9.0)):
        told(days, mean)

    with django_assert_num_queries(2):
        [row] = compare(site)

    assert (row.feature.name, row.now.mean, row.week.mean, row.four_weeks.mean) == ("pages_viewed", 3.0, 4.0, 5.0)


def test_the_page_shows_what_was_counted(site, keep, client, viewer):
    client.force_login(viewer)
    assert "Nothing counted yet" in client.get("/segments/features/").content.decode()
    ordered = event("Order Completed", START, properties={"order_id": "A-1", "total": 30.5})
    keep("a" * 32, folded(page(START - MINUTE), ordered))
    keep("b" * 32, pages(4))
    measure_segments()

    page_text = text_of(client.get("/segments/features/"))

    assert "2 visitors last seen on that day" in page_text
    assert "30.50 EUR" in page_text and "50.0 %" in page_text
    assert "Pages this session" in page_text and "<polyline" in page_text


def test_the_api_gives_them(site, keep, client, administrator):
    client.force_login(administrator)
    keep("a" * 32, pages(2))
    measure_segments()

    found = client.get(f"/api/v1/feature-distributions/?feature=pages_viewed&day__gte={TODAY}").json()["results"]

    assert [(row["day"], row["visitors"], row["mean"], len(row["counts"])) for row in found] == [
        (str(TODAY), 1, 2.0, 42)
    ]
    assert client.get("/api/v1/feature-distributions/?day__lt=2020-01-01").json()["results"] == []
