"""What migrations make of rows that are stored already."""

import importlib
import uuid
from datetime import UTC, datetime

import pytest
from django.db import connection

from personalization.models import Conversion, DecisionRollup

pytestmark = pytest.mark.django_db
AT = datetime(2026, 5, 1, 10, 20, tzinfo=UTC)


def test_an_order_that_two_campaigns_were_credited_with_keeps_one_of_them(site):
    migration = importlib.import_module("personalization.migrations.0003_clock_one_credit_for_what_is_stored")
    with connection.cursor() as cursor:  # as it was before; the transaction of the test puts them back
        cursor.execute("DROP INDEX conversion_credited_once, order_credited_once")
    for campaign, told in ((1, "page"), (2, "page"), (2, "alone")):
        Conversion.objects.create(
            site=site, message_id=told, at=AT, visitor_id=uuid.UUID(int=1), decision_id=uuid.UUID(int=1),
            placement="hero", campaign_id=campaign, value_minor=6090,
        )  # fmt: skip
    for campaign, number in ((1, 1), (2, 2)):
        DecisionRollup.objects.create(
            site=site, hour=AT.replace(minute=0), placement="hero", campaign_id=campaign, conversions=number,
            value_minor=6090 * number,
        )  # fmt: skip

    with connection.cursor() as cursor:
        cursor.execute(migration.KEEP_ONE)
        cursor.execute(migration.MOVE_COUNTS)

    rows = Conversion.objects.order_by("id").values_list("campaign_id", "message_id", "is_credited")
    assert list(rows) == [(1, "page", True), (2, "page", False), (2, "alone", True)]
    counts = DecisionRollup.objects.order_by("campaign_id").values_list(
        "conversions", "value_minor", "assists", "assisted_minor"
    )
    assert list(counts) == [(1, 6090, 0, 0), (1, 6090, 1, 6090)]
