"""Months are there when an event needs them."""

from django.db import connection

from tests.tracking.conftest import drain
from tests.tracking.log_writing import make_entry, make_event, write
from tracking import partitions
from tracking.models import Event


def test_a_month_is_made_for_its_first_event(consumer, redis_client, site):
    last_moment, first_moment = 1_717_199_999_999, 1_717_200_000_000  # 2024-05-31 23:59:59.999, 2024-06-01 00:00
    write(redis_client, make_entry(make_event(1, at=last_moment), make_event(2, at=first_moment), site=site.id))

    drain(consumer)

    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text, seq FROM tracking_event ORDER BY seq")
        assert cursor.fetchall() == [("tracking_event_2024_05", 1), ("tracking_event_2024_06", 2)]


def test_dropped_months_come_again_when_they_are_needed(consumer, redis_client, site):
    write(redis_client, make_entry(make_event(1), site=site.id))
    drain(consumer)
    for name in partitions.ended_partitions("tracking_event", partitions.date(2026, 1, 1)):
        partitions.drop("tracking_event", name)
    assert not Event.objects.exists()

    write(redis_client, make_entry(make_event(2), site=site.id))
    drain(consumer)

    assert Event.objects.get().seq == 2
