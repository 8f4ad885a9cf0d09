"""Months go when they are older than the setting, and never before the archive has them."""

import threading
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction

from personalization.models import Decision
from tests.tracking.log_writing import AT, make_entry, make_event, write
from tracking import archive, consumer, partitions, retention
from tracking.consumer import Consumer
from tracking.log.streams import StreamReader
from tracking.models import ArchiveHour, Event, EventRollup, Session, Visitor

pytestmark = pytest.mark.usefixtures("transactional_db")

OCTOBER = "tracking_event_2025_10"


@pytest.fixture(autouse=True)
def archive_folder(tmp_path, settings):
    settings.ARCHIVE_DIR = tmp_path


@pytest.fixture
def store(redis_client, site):
    """Stores events of October 2025."""

    def run(*events) -> None:
        write(redis_client, make_entry(*events, site=site.id))
        storing = Consumer(StreamReader(redis_client), [0])
        while storing.drain():
            pass
        storing.claims.release()

    return run


def drop_all_but(table: str) -> None:
    """Leaves no partition of the other tests' months."""
    for name in partitions.ended_partitions(table, date(2100, 1, 1)):
        partitions.drop(table, name)


@pytest.fixture(autouse=True)
def _only_our_months(store):
    drop_all_but("tracking_event")
    drop_all_but("personalization_decision")


def test_keeps_everything_by_default(store):
    store(make_event(1))
    archive.archive_closed(datetime(2026, 1, 1, tzinfo=UTC))

    assert retention.drop_expired(date(2090, 1, 1)) == []
    assert Event.objects.count() == 1


def test_drops_a_month_when_its_last_day_is_old_enough(store, settings):
    settings.KEEP_EVENTS_DAYS = 60
    store(make_event(1))
    archive.archive_closed(datetime(2025, 12, 1, tzinfo=UTC))

    too_early, in_time = retention.drop_expired(date(2025, 12, 30)), retention.drop_expired(date(2025, 12, 31))

    assert too_early == []
    assert in_time == [OCTOBER]
    assert not Event.objects.exists()
    assert Visitor.objects.get().events == Session.objects.get().events == 1
    assert EventRollup.objects.filter(grain="hour").exists()


def test_keeps_a_month_until_the_archive_has_all_of_it(store, settings):
    settings.KEEP_EVENTS_DAYS = 30
    late = make_event(2, received_at=AT + 40 * 86_400_000)  # received in November
    store(make_event(1), late)
    ArchiveHour.objects.order_by("hour").first().delete()  # as if archived
    assert ArchiveHour.objects.get().dirty

    assert retention.drop_expired(date(2026, 6, 1)) == []

    archive.archive_closed(datetime(2026, 6, 1, tzinfo=UTC))
    assert retention.drop_expired(date(2026, 6, 1)) == [OCTOBER]


def test_what_waits_for_the_archive_elsewhere_keeps_no_other_month(store, settings):
    settings.KEEP_EVENTS_DAYS = 30
    store(make_event(1))
    archive.archive_closed(datetime(2025, 12, 1, tzinfo=UTC))
    store(make_event(2, at=AT + 90 * 86_400_000))

    assert retention.drop_expired(date(2026, 1, 15)) == [OCTOBER]
    assert Event.objects.get().seq == 2


def test_decisions_follow_a_setting_of_their_own(store, settings):
    settings.KEEP_DECISIONS_DAYS = 30
    store(make_event(1))
    partitions.ensure([date(2025, 10, 1)])

    assert retention.drop_expired(date(2026, 6, 1)) == ["personalization_decision_2025_10"]
    assert Event.objects.count() == 1
    assert not Decision.objects.exists()


def test_a_table_in_use_is_left_for_the_next_time(store, settings, monkeypatch):
    settings.KEEP_EVENTS_DAYS = 30
    monkeypatch.setattr(partitions, "LOCK_SECONDS", 0.1)
    store(make_event(1))
    archive.archive_closed(datetime(2025, 12, 1, tzinfo=UTC))
    dropped: list[list[str]] = []

    def drop() -> None:
        dropped.append(retention.drop_expired(date(2026, 6, 1)))
        connection.close()

    with transaction.atomic():
        assert Event.objects.count() == 1
        thread = threading.Thread(target=drop)
        thread.start()
        thread.join(20)

    assert dropped == [[]]
    assert retention.drop_expired(date(2026, 6, 1)) == [OCTOBER]


def test_an_event_of_a_month_that_goes_at_that_moment_is_stored(store, redis_client, monkeypatch):
    ensure, dropped = consumer.ensure, []

    def ensure_then_lose(months) -> None:
        ensure(months)
        if not dropped:
            dropped.append(partitions.drop("tracking_event", OCTOBER))

    monkeypatch.setattr(consumer, "ensure", ensure_then_lose)

    store(make_event(1))

    assert dropped == [True]
    assert Event.objects.count() == 1
    assert StreamReader(redis_client).lag(0).dead == 0
