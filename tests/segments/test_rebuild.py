"""A rebuild from what is stored gives the live profiles again, to the byte."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from redis import Redis

from sites import keys
from tests.replaying import replay
from tracking import archive
from tracking.log import base
from tracking.models import Event, Visitor

pytestmark = pytest.mark.usefixtures("transactional_db", "redis_client")

HOSTILE = {
    "price": 1e16, "small": 5e-324, "minus": -0.0, "whole": 10.0, "big": 2**62, "ü\u2028": "\ud7ff \U0001f600 \"\\",
    "deep": {"a": [{"b": [1, 2.50, None, True]}]},
    "product_id": "K-1", "category": "Küche & Bad", "quantity": 3.0, "currency": "EUR",
}  # fmt: skip


@pytest.fixture(autouse=True)
def archive_folder(tmp_path, settings):
    settings.ARCHIVE_DIR = tmp_path / "archive"


@pytest.fixture
def recorded(tmp_path, site):
    """Three visitors over two months: hostile values, two users, one who is absorbed by an earlier self."""
    at = 1_717_190_000_000
    messages = []

    def add(person: str, event: str, later: int, user: str | None = None, **properties) -> None:
        messages.append(
            {
                "type": "track",
                "event": event,
                "anonymousId": person,
                "userId": user,
                "timestamp": at + later * 1000,
                "properties": properties,
            }
        )

    for number, name in enumerate(
        ("Product Viewed", "Product Added", "Products Searched", "Order Completed", "Page Dwell")
    ):
        add("anna", name, number * 4000, **HOSTILE, query="kettle", seconds=31.5, total=1e16, products=[HOSTILE])
    add("anna", "Product Viewed", 21_000, user="user-1", product_id="K-2", price=19.99)
    add("ben", "Product Viewed", 21_500, product_id="K-3", price="12.50")
    add("ben", "Product Viewed", 22_000, user="user-1", product_id="K-4", price=1)
    add("ben", "Product Viewed", 23_000, product_id="K-5")
    add("cleo", "Product Viewed", 24_000, user="user-2", product_id="K-6")
    file = tmp_path / "recorded.jsonl"
    file.write_text("\n".join(map(json.dumps, messages)))
    assert "accepted         10" in replay(file, "segment-jsonl")


def rebuild(**options) -> dict[str, int]:
    out = io.StringIO()
    call_command("rebuild", stdout=out, stderr=io.StringIO(), **options)
    return {name: int(number) for name, number in (line.split() for line in out.getvalue().splitlines())}


def test_a_merge_that_is_not_stored_yet_is_not_undone(recorded, redis_client):
    """The history that was taken in would be counted twice when the visitor signs in again."""
    live = profiles(redis_client)
    Visitor.objects.update(merged_into=None)

    outcome = rebuild()

    assert (outcome["ahead"], outcome["different"]) == (1, 0)
    assert profiles(redis_client) == live


def profiles(redis_client: Redis) -> dict[bytes, bytes]:
    return {key: redis_client.get(key)[8:] for key in redis_client.scan_iter("segue:*:profile:*")}


@pytest.mark.parametrize("source", ["postgres", "archive"])
def test_the_live_profiles_are_what_the_events_say(recorded, redis_client, source):
    archive.archive_closed(timezone.now())

    counted = rebuild(check=True, source=source)

    assert counted == {"same": len(profiles(redis_client)), "different": 0, "missing": 0, "ahead": 0}
    assert counted["same"] >= 3


@pytest.mark.parametrize("source", ["postgres", "archive"])
def test_lost_profiles_come_back_to_the_byte(recorded, redis_client, source):
    archive.archive_closed(timezone.now())
    before = profiles(redis_client)
    redis_client.flushall()

    counted = rebuild(source=source)

    assert counted["written"] == counted["missing"] == len(before)
    assert profiles(redis_client) == before


def test_a_profile_that_differs_is_found_and_mended(recorded, redis_client):
    before = profiles(redis_client)
    stored = Event.objects.order_by("-seq").first()
    Event.objects.filter(message_id=stored.message_id).update(name="Another Name", properties={})

    with pytest.raises(CommandError):
        rebuild(check=True)
    rebuild()

    assert profiles(redis_client) != before
    assert rebuild(check=True)["different"] == 0


def test_a_profile_whose_events_are_on_their_way_is_left_alone(recorded, redis_client, settings):
    before = profiles(redis_client)
    stored = Event.objects.order_by("-seq").first()
    Event.objects.filter(message_id=stored.message_id).delete()
    redis_client.xadd(keys.log(base.partition_of(stored.visitor_id.hex, settings.LOG_PARTITIONS)), {"e": b"waits"})

    counted = rebuild()

    assert counted["ahead"] == 1
    assert profiles(redis_client) == before


def test_a_profile_that_has_more_than_was_ever_stored_is_an_error_and_mended(recorded, redis_client):
    """Issue 7, part 9e: an event folded twice made a profile that `--check` called ahead, and nothing ever mended."""
    before = profiles(redis_client)
    stored = Event.objects.order_by("-seq").first()
    Event.objects.filter(message_id=stored.message_id).delete()

    with pytest.raises(CommandError):
        rebuild(check=True)
    counted = rebuild()

    assert (counted["different"], counted["ahead"], counted["written"]) == (1, 0, 1)
    assert profiles(redis_client) != before
    assert rebuild(check=True)["different"] == 0


def test_the_partition_of_a_profile_is_that_of_its_log(recorded, redis_client, settings):
    for key in profiles(redis_client):
        visitor = key.decode().rsplit(":", 1)[1]
        assert key.decode() == keys.profile(base.partition_of(visitor, settings.LOG_PARTITIONS), visitor)
