import pytest

from segments import audience, membership, population
from segments.models import FeatureDistribution, Segment, SegmentSize
from segments.profile import Profile
from segments.tasks import measure_segments
from sites.times import DAY_MS
from tests.events import START, event, folded, page
from tests.segments.conftest import passer_by, stamp
from tracking.models import Visitor

pytestmark = pytest.mark.django_db


def test_counts_who_matches_among_the_active(site, crowd):
    assert audience.estimate_of(site, {"feature.cart_items": {"$gt": 0}})[:2] == (60, 180)
    assert audience.estimate_of(site, {})[:2] == (180, 180)
    assert audience.estimate_of(site, {"feature.orders_total": {"$gt": 0}})[:2] == (0, 180)


def test_a_segment_that_builds_on_another_is_counted_as_it_is_decided(site, crowd):
    Segment.objects.create(site=site, key="fillers", name="Fillers", condition={"feature.cart_items": {"$gt": 0}})
    condition = {"$savedGroup": "fillers", "feature.orders_total": 0}
    segment = Segment.objects.create(site=site, key="hesitant", name="Hesitant", condition=condition)

    measure_segments()

    assert audience.estimate_of(site, condition)[:2] == (60, 180)
    assert segment.sizes.get().visitors == 60
    assert len(membership.of_segment(site, "hesitant").ids) == 60


def test_counts_conditions_on_the_session_by_the_latest_session(site, keep):
    keep("a" * 32, folded(page(START - DAY_MS, category="Kitchen")))
    keep("b" * 32, folded(page(START)))

    assert audience.estimate_of(site, {"session.categories": {"$in": ["Kitchen"]}})[:2] == (1, 2)


def test_counts_what_became_true_after_the_latest_event(site, keep):
    keep("a" * 32, folded(event("Product Added", START - DAY_MS, properties={"product_id": "K-1"})))
    keep("b" * 32, folded(page(START)))

    assert audience.estimate_of(site, {"feature.cart_idle_minutes": {"$gte": 30}})[:2] == (1, 2)


def test_window_ends_at_the_newest_event_of_the_site(site, keep):
    """A replayed clickstream of long ago is counted as of its own time."""
    keep("a" * 32, folded(page(START - 31 * DAY_MS)))
    keep("b" * 32, folded(page(START)))

    assert population.newest(site) == stamp(START)
    assert audience.estimate_of(site, {})[:2] == (1, 1)


def test_sample_is_scaled_up(site, crowd, monkeypatch):
    monkeypatch.setattr(audience, "MOST_ESTIMATED", 90)

    assert audience.estimate_of(site, {"feature.cart_items": {"$gt": 0}})[:2] == (60, 180)  # 30 of the 90 looked at


def test_redirects_and_lost_profiles_are_left_out(site, keep, redis_client):
    keep("a" * 32, Profile(merged_into="b" * 32, first_at=START, last_at=START))
    keep("b" * 32, passer_by(1))
    redis_client.flushall()

    assert list(population.profiles(population.active_visitors(site, population.newest(site)), 10)) == []


def test_measures_sizes_once_for_one_moment(site, crowd):
    Segment.objects.create(site=site, key="with-cart", name="With a cart", condition={"feature.cart_items": {"$gt": 0}})
    Segment.objects.create(site=site, key="gone", name="Gone", archived=True)

    measure_segments()
    measure_segments()

    size = SegmentSize.objects.get()
    assert (size.segment.key, size.visitors, size.active) == ("with-cart", 60, 180)


def test_condition_may_speak_of_segments(site, crowd):
    Segment.objects.create(site=site, key="with-cart", name="With a cart", condition={"feature.cart_items": {"$gt": 0}})

    assert audience.estimate_of(site, {"segment": {"$in": ["with-cart"]}})[:2] == (60, 180)


def test_an_estimate_ends_in_time_and_scales_what_it_saw(site, crowd, monkeypatch):
    """B10: dear patterns cost accuracy, not the time of everybody else."""
    clock = iter(range(1000))
    monkeypatch.setattr(audience.time, "monotonic", lambda: next(clock) / 10)

    reached, active, _ = audience.estimate_of(site, {})

    assert (reached, active) == (180, 180)
    assert next(clock) < 30


def test_a_day_of_a_recording_is_what_measuring_then_would_have_found(site, crowd):
    Segment.objects.create(site=site, key="with-cart", name="With a cart", condition={"feature.cart_items": {"$gt": 0}})
    audience.measure(site)
    measured = kept()
    SegmentSize.objects.all().delete()
    FeatureDistribution.objects.all().delete()

    everybody = [visitor.pk.hex for visitor in Visitor.objects.filter(site=site).order_by("pk")]
    audience.measure_day(site, population.newest(site), everybody)

    assert kept() == measured
    assert measured[0][0]["visitors"] == 60
    assert measured[0][0]["figures"]["buying"][0] == 60


def kept() -> tuple[list[dict], list[dict]]:
    return (
        list(SegmentSize.objects.values("segment", "at", "visitors", "active", "figures").order_by("segment")),
        list(FeatureDistribution.objects.values("feature", "day", "visitors", "mean", "counts").order_by("feature")),
    )
