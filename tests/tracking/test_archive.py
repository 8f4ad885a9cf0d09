"""What the archive keeps of an hour, and when."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.tracking.conftest import drain
from tests.tracking.log_writing import AT, make_entry, make_event, write
from tracking import archive
from tracking.models import ArchiveHour, Event

pytestmark = pytest.mark.usefixtures("transactional_db")
HOUR_MS = 3_600_000
LATER = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def archive_folder(tmp_path, settings):
    settings.ARCHIVE_DIR = tmp_path / "archive"


@pytest.fixture
def recorded(consumer, redis_client, site):
    """Three visitors, two of whom come again in another hour, one of them in another month."""
    visits = ((0, "0"), (0, "7"), (0, "f"), (2, "0"), (2, "7"), (700, "0"))
    for number, (hours, digit) in enumerate(visits):
        events = [make_event(3 * number + i, at=AT + hours * HOUR_MS + i * 1000) for i in range(1, 4)]
        write(redis_client, make_entry(*events, site=site.id, visitor=digit * 32))
    drain(consumer)


def test_an_hour_is_archived_again_when_it_got_more(recorded, settings):
    written = archive.archive_closed(LATER)
    assert written
    assert archive.archive_closed(LATER) == []
    hour = ArchiveHour.objects.order_by("hour").first()
    assert (settings.ARCHIVE_DIR / hour.file).is_file()

    ArchiveHour.objects.filter(pk=hour.pk).update(dirty=True)
    assert archive.archive_closed(LATER) == [hour.file]

    again = ArchiveHour.objects.get(pk=hour.pk)
    assert (again.digest, again.events, again.dirty) == (hour.digest, hour.events, False)
    assert sum(ArchiveHour.objects.values_list("events", flat=True)) == Event.objects.count()
    assert not list(settings.ARCHIVE_DIR.rglob("*.tmp"))


def test_an_archived_hour_keeps_what_the_table_has_dropped(recorded, settings):
    archive.archive_closed(LATER)
    before = [(visitor, event.message_id) for _, visitor, event in archive.read_archive()]
    Event.objects.all().delete()
    ArchiveHour.objects.update(dirty=True)

    archive.archive_closed(LATER)

    assert [(visitor, event.message_id) for _, visitor, event in archive.read_archive()] == before


def test_an_archived_hour_has_each_event_once_though_table_and_file_hold_different_parts(
    recorded, settings, monkeypatch
):
    """Issue 7, part 9l: the two are walked side by side, in batches, so that memory does not follow the size of the
    hour."""
    monkeypatch.setattr(archive, "BATCH_ROWS", 2)
    archive.archive_closed(LATER)
    before = list(archive.read_archive())
    for number, event in enumerate(Event.objects.order_by("message_id")):
        if number % 2:
            Event.objects.filter(message_id=event.message_id).delete()
    ArchiveHour.objects.update(dirty=True)

    archive.archive_closed(LATER)

    assert list(archive.read_archive()) == before
    assert sum(ArchiveHour.objects.values_list("events", flat=True)) == len(before)


def test_an_hour_in_progress_is_not_archived(recorded):
    first = ArchiveHour.objects.order_by("hour").first().hour

    assert archive.archive_closed(first + timedelta(minutes=69)) == []
    assert len(archive.archive_closed(first + timedelta(minutes=70))) == 1


def test_reading_by_first_digit_reads_everything_once(recorded):
    archive.archive_closed(LATER)

    parts = [event.message_id for digit in "0123456789abcdef" for _, _, event in archive.read_archive(digit)]

    assert sorted(parts) == sorted(Event.objects.values_list("message_id", flat=True))
