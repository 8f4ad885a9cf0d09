"""Events that a site has sent lately."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import factories
from tracking.models import EventRollup
from tracking.rollups import OTHERS
from tracking.seen_events import LATELY, seen_events, word_on

SEEN = {"Order Completed": 12, "Product Viewed": 400}


@pytest.mark.django_db
def test_events_of_the_last_days_are_counted_the_most_frequent_first(site):
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    other = factories.make_site(name="Other", domain="other.example", write_key="wk_other")
    for owner, name, days, number in (
        (site, "Order Completed", 1, 5), (site, "Order Completed", 2, 7), (site, "Product Viewed", 1, 400),
        (site, "Forgotten", LATELY.days + 1, 9), (site, OTHERS, 1, 99), (other, "Signed Up", 1, 3),
    ):  # fmt: skip
        EventRollup.objects.create(
            site=owner, grain=EventRollup.Grain.HOUR, at=now - timedelta(days=days), name=name, events=number
        )

    assert list(seen_events(site, now).items()) == [("Product Viewed", 400), ("Order Completed", 12)]


@pytest.mark.parametrize(
    ("event", "word"),
    [
        ("Order Completed", ""),
        ("order completed", "Did you mean “Order Completed”?"),
        ("Orders Compleet", "Did you mean “Order Completed”?"),
        ("Signed Up", "It counts as soon as it arrives."),
    ],
)
def test_an_event_that_was_never_seen_is_said_with_the_one_that_may_be_meant(event, word):
    told = word_on(event, SEEN)

    assert bool(told) == bool(word)
    assert word in told
