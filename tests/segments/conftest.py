"""Visitors with profiles, as the edge leaves them behind: rows in Postgres, values in Redis."""

from datetime import UTC, datetime

import pytest
from django.conf import settings

from segments.profile import encode
from sites import keys
from tests.events import START, event, folded, page
from tracking.log.base import partition_of
from tracking.models import Visitor

MINUTE = 60_000


def stamp(at):
    return datetime.fromtimestamp(at / 1000, UTC)


@pytest.fixture
def keep(redis_client, site):
    """Stores a profile under a visitor id, and the visitor's row."""

    def keep(visitor, profile, of=site):
        redis_client.set(
            keys.profile(partition_of(visitor, settings.LOG_PARTITIONS), visitor), b"\0" * 8 + encode(profile)
        )
        Visitor.objects.create(
            id=visitor,
            site=of,
            first_seen_at=stamp(profile.first_at),
            last_seen_at=stamp(profile.last_at),
            events=profile.events,
        )

    return keep


def reader(number):
    """Many pages of many categories, nothing in the cart."""
    pages = [page(START + n * MINUTE, category=f"C{n % (3 + number % 3)}") for n in range(9 + number % 5)]
    return folded(*pages)


def buyer(number):
    """Few pages, a filled cart, an order."""
    events = [page(START + n * MINUTE, category="C1") for n in range(2 + number % 2)]
    events += [
        event("Product Added", START + (4 + n) * MINUTE, properties={"product_id": f"K-{n}", "price": 20 + number % 7})
        for n in range(2 + number % 3)
    ]
    return folded(*events)


def passer_by(number):
    return folded(page(START), page(START + (10 + number % 5) * 1000))


@pytest.fixture
def crowd(keep):
    """60 each of three kinds of visitors."""
    for number in range(180):
        kind = (reader, buyer, passer_by)[number % 3]
        keep(f"{number * 7919 % 180:030x}{number * 37 % 256:02x}", kind(number // 3))
