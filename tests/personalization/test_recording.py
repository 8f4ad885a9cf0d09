"""Decisions, engagement and conversions in Postgres, once."""

import uuid
from datetime import date

import msgspec
import pytest
from django.db import connection

from campaigns.models import Campaign
from personalization.models import Conversion, Decision, DecisionRollup
from personalization.recording import record
from tracking import consumer, event_table, partitions
from tracking.event import Entry, Event
from tracking.log.base import encode_entry

pytestmark = pytest.mark.django_db
NOW = 1_780_000_000_000
VISITOR = "a" * 32


@pytest.fixture
def campaign(site):
    return Campaign.objects.create(site=site, key="spring", name="Spring", goal="Order Completed", status="live")


def row(site, identity=None, **changed):
    fields = {
        "id": identity or uuid.uuid4().bytes, "at": NOW, "site": site.pk, "visitor": VISITOR, "seq": 3, "placement": "home-hero", "rule": 7,
        "campaign": "spring", "variant": "offer", "reason": "TARGETING_MATCH", "detail": "", "propensity": 1.0, "release": "r1",
        "context": {"device": "mobile", "placements": ["home-hero"], "seed": 4},
    } | changed  # fmt: skip
    return list(fields.values())


def engagement(name, at, decision):
    properties = {"decision": decision, "placement": "home-hero", "campaign": "spring", "rule": 7, "variant": "offer", "day": 20_000}
    return Event(f"{decision}:{name}", "engagement", name, at, at, properties=properties)


def store(site, *events):
    """As the consumer does: into the table, then the step."""
    for number, event in enumerate(events, 1):
        event.seq = number
    entries = [event_table.decode_entry(encode_entry(Entry(site.pk, VISITOR, list(events))))]
    partitions.ensure({date(2026, 5, 1)})
    with connection.cursor() as cursor:
        event_table.copy(cursor, entries)
    record(connection, entries, [])


def test_the_consumer_knows_this_step():
    assert consumer.steps["decisions"] is record


def test_a_decision_is_stored_once_however_often_it_was_appended(site):
    one = row(site)

    record(connection, [], [one, one])
    record(connection, [], [one, row(site)])

    assert Decision.objects.count() == 2
    assert DecisionRollup.objects.get().decisions == 2


def test_a_decision_keeps_what_a_recomputation_needs(site):
    record(connection, [], [row(site, rule=0)])

    decision = Decision.objects.get()
    assert (decision.seq, decision.release, decision.rule_id) == (3, "r1", None)
    assert decision.context == {"device": "mobile", "placements": ["home-hero"], "seed": 4}
    assert int(decision.at.timestamp() * 1000) == NOW


def test_engagement_is_counted_by_what_was_shown(site):
    decision = uuid.uuid4().hex

    store(site, engagement("Impression", NOW, decision), engagement("Click", NOW + 1, decision), engagement("Dismiss", NOW + 2, decision))

    rollup = DecisionRollup.objects.get(placement="home-hero", campaign="spring", rule_id=7, variant="offer")
    assert (rollup.impressions, rollup.clicks, rollup.dismissals) == (1, 1, 1)


def test_an_order_credits_the_click_before_it_with_its_value(site, campaign):
    decision = uuid.uuid4().hex
    order = Event("order-1", "track", "Order Completed", NOW + 60_000, NOW + 60_000, properties={"order_id": "A1", "total": 49.9})

    store(site, engagement("Click", NOW, decision), order)

    conversion = Conversion.objects.get()
    assert (conversion.decision_id.hex, conversion.campaign, conversion.value_minor) == (decision, "spring", 4990)
    rollup = DecisionRollup.objects.get(variant="offer")
    assert (rollup.conversions, rollup.value_minor) == (1, 4990)


def test_a_conversion_told_by_its_token_keeps_its_value(site):
    Campaign.objects.create(site=site, key="spring", name="Spring", goal="Conversion", status="live")
    decision = uuid.uuid4().hex
    told = engagement("Conversion", NOW + 1, decision)
    told.properties["value_minor"] = 1250

    store(site, engagement("Impression", NOW, decision), told)

    assert Conversion.objects.get().value_minor == 1250


def test_an_order_without_engagement_credits_nobody(site, campaign):
    store(site, Event("order-1", "track", "Order Completed", NOW, NOW, properties={"total": 49.9}))

    assert not Conversion.objects.exists()


@pytest.mark.parametrize(
    ("properties", "context", "value_minor"),
    [
        ({"total": 0, "products": [{"price": 49}]}, {}, 0),
        ({"total": "1.299,00"}, {}, 129_900),
        ({"products": [{"price": 10}] * 30}, {}, 30_000),
        ({"total": 100, "currency": "USD"}, {"currency": "EUR"}, 0),
    ],
)
def test_a_conversion_is_worth_what_the_profile_says_of_the_order(site, campaign, properties, context, value_minor):
    """ingest-zero-is-a-value-1, ingest-money-as-text-2, ingest-twenty-lines-1, ingest-currencies-1"""
    order = Event("order-1", "track", "Order Completed", NOW, NOW, properties=properties, context=context)

    store(site, engagement("Click", NOW - 1, uuid.uuid4().hex), order)

    assert Conversion.objects.get().value_minor == value_minor


@pytest.mark.parametrize("hostile", [{"total": "NaN"}, {"products": [{"price": [], "quantity": "many"}]}, {"total": {"a": 1}}])
def test_a_hostile_order_is_worth_nothing_and_breaks_nothing(site, campaign, hostile):
    store(site, engagement("Click", NOW - 1, uuid.uuid4().hex), Event("order-1", "track", "Order Completed", NOW, NOW, properties=hostile))

    assert Conversion.objects.get().value_minor == 0


def test_rows_fit_the_encoding_of_the_log(site):
    packed = msgspec.msgpack.encode([row(site)])

    record(connection, [], msgspec.msgpack.decode(packed, type=list[list]))

    assert Decision.objects.count() == 1
