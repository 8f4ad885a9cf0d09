"""Every stored decision can be made again, to the same variant, rule, arm, reason and detail."""

import asyncio
import random
from datetime import timedelta
from itertools import groupby
from operator import attrgetter

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone
from msgspec.msgpack import encode

from campaigns.bandits.state import NO_CLUSTER
from campaigns.bandits.weights import Dealing
from campaigns.golive import compile_release
from campaigns.models import AdVariant, Arm, Campaign, Placement, Rule, Treatment
from campaigns.publish import publish
from campaigns.treatments.weights import FrozenWeights
from personalization import recompute as recomputing
from personalization.bandits import batches, pushing
from personalization.edge import Edge
from personalization.models import Batch, Decision
from personalization.recompute import recompute, repeat, situations_of
from recommendations.catalogue import import_items
from segments.models import Segment
from segments.profile import fold
from sites.push import push
from tests.personalization.edge.conftest import Client, django
from tracking.consumer import Consumer
from tracking.log.streams import StreamReader
from tracking.models import Event

pytestmark = pytest.mark.usefixtures("transactional_db", "redis_client")

CONSENTS = ({}, {"categoryPreferences": {"personalization": False}}, {"categoryPreferences": {"analytics": False}})


@pytest.fixture
def published(site, publisher):
    """Rules by segment, cart, page and slot, with caps; two placements that compete for the same creatives."""
    import_items(
        site,
        [
            {"key": f"p{n}", "name": f"Item {n}", "category": "C", "price_minor": 100 * n, "url": f"/p/{n}"}
            for n in range(1, 4)
        ],
    )
    makes = {
        key: AdVariant.objects.create(site=site, key=key, name=key, headline=key)
        for key in ("default", "path", "seen", "cart", "long", "short", "ten", "twenty")
    }
    makes["viewed"] = AdVariant.objects.create(
        site=site, key="viewed", name="viewed", headline="{item.name}", slot="viewed"
    )
    hero, side = (
        Placement.objects.create(site=site, key=key, name=key, default_variant=makes["default"])
        for key in ("hero", "side")
    )
    seen = Segment.objects.create(
        site=site, key="seen", name="Seen", condition={"feature.products_viewed": {"$gte": 2}}
    )
    campaign = Campaign.objects.create(site=site, key="spring", name="Spring", status="live", cap_per_session=9)
    lengths = Treatment.objects.create(site=site, key="lengths", name="Lengths", seed="5eed", coverage=95, keeps=True)
    for key, weight in (("long", 30), ("short", 10), ("control", 10)):
        Arm.objects.create(treatment=lengths, key=key, variant=makes.get(key), weight=weight)
    offers = Treatment.objects.create(site=site, key="offers", name="Offers", seed="0ffe", kind="bandit")
    for key in ("ten", "twenty"):
        Arm.objects.create(treatment=offers, key=key, variant=makes[key])
    held = Treatment.objects.create(site=site, key="held", name="Held", seed="6e1d", kind="holdout", campaign=campaign)
    for key, weight in (("held", 100), ("open", 900)):
        Arm.objects.create(treatment=held, key=key, weight=weight)
    for place in (hero, side):
        options = {"campaign": campaign, "placement": place}
        Rule.objects.create(
            name="Cart",
            condition={"feature.cart_value": {"$gt": 100}},
            variant=makes["cart"],
            priority=900,
            cap_per_day=1,
            **options,
        )
        Rule.objects.create(name="Viewed", segment=seen, variant=makes["viewed"], priority=800, cap_total=2, **options)
        Rule.objects.create(
            name="Seen",
            condition={"segment": {"$in": ["seen"]}},
            variant=makes["seen"],
            priority=700,
            cap_per_session=3,
            **options,
        )
        Rule.objects.create(
            name="Path",
            condition={"context.path": {"$regex": "^/sale"}},
            variant=makes["path"],
            priority=600,
            **options,
        )
        Rule.objects.create(name="Front", condition={"context.path": "/"}, treatment=lengths, priority=500, **options)
        Rule.objects.create(name="Offers", condition={"context.path": "/o"}, treatment=offers, priority=400, **options)
    release = publish(site, publisher)
    compile_release(release.pk)
    weights = FrozenWeights(3, ["ten", "twenty"], {NO_CLUSTER: Dealing((500, 500), (8_000, 1_000))})
    Batch.objects.create(
        treatment_id=offers.pk, version=3, made_at=timezone.now(), weights=encode(weights), arms=[], digest=""
    )
    pushing.push_all()
    push()
    return site


async def _visit(chance: random.Random, key: str) -> None:
    edge = Edge(django)
    client = Client(edge)
    for number in range(120):
        person = {"writeKey": key, "anonymousId": f"a{chance.randrange(4)}"} | (
            {"userId": "u"} if chance.random() < 0.1 else {}
        )
        event = chance.choice(["Product Viewed", "Product Added", "Order Completed"])
        message = {
            "type": "track",
            "event": event,
            "messageId": str(number),
            "properties": {"product_id": f"p{chance.randrange(5)}", "price": 2},
        }
        consent = {
            "events": [
                {
                    "type": "track",
                    "event": "Segue Consent Updated",
                    "properties": {"personalization": chance.random() < 0.7},
                }
            ]
        }
        asked = {
            "placements": chance.sample(["hero", "side", "nowhere"], chance.randint(1, 3)),
            "context": {
                "page": {
                    "url": chance.choice(
                        ["https://shop.example/sale/1", "https://shop.example/", "https://shop.example/o"]
                    )
                },
                "consent": chance.choice(CONSENTS),
            },
            "events": [message] * chance.randint(0, 1),
        }
        answer = await client.post("/v1/decide", person | asked | (consent if chance.random() < 0.1 else {}))
        for decision in answer.json["decisions"]:
            if decision["variant"] and chance.random() < 0.5:
                await client.get("/v1/i/" + decision["impressionUrl"].rpartition("/")[2])
    assert edge.state
    await edge.state.stop()


def _decide(site, redis_client, var_dir, seed: int) -> list[Decision]:
    """What was decided for some visitors, stored."""
    with override_settings(VAR_DIR=var_dir):
        asyncio.run(_visit(random.Random(seed), site.write_key))
    consumer = Consumer(StreamReader(redis_client), range(settings.LOG_PARTITIONS))
    while consumer.drain():
        pass
    consumer.claims.release()
    return list(Decision.objects.order_by("at"))


def _by_visitor(rows: list[Decision]) -> list[list[Decision]]:
    rows = sorted(rows, key=attrgetter("visitor_id"))
    return [list(group) for _, group in groupby(rows, attrgetter("visitor_id"))]


@pytest.mark.parametrize("seed", range(3))
def test_every_stored_decision_can_be_made_again(published, redis_client, tmp_path, seed):
    stored = _decide(published, redis_client, tmp_path, seed)
    published.time_zone = "Pacific/Kiritimati"  # what has been decided does not change with the site's clock

    made = [(past.row, repeat(past)) for rows in _by_visitor(stored) for past in situations_of(published, rows)]

    assert len(made) == len(stored) > 150
    assert {row.reason for row in stored} >= {"TARGETING_MATCH", "SPLIT", "DEFAULT", "ERROR"}
    assert {(row.arm, row.variant, row.propensity, row.weights) for row in stored if row.reason == "SPLIT"} <= {
        ("long", "long", 0.6, 1),
        ("short", "short", 0.2, 1),
        ("ten", "ten", 0.85, 3),
        ("twenty", "twenty", 0.15, 3),
    }
    assert {row.weights for row in stored} == {0, 1, 3}
    assert {row.detail for row in stored} >= {"", "NO_CONSENT", "REPEATED"}
    for row, again in made:
        assert again.made is not None, again.missing
        assert (again.made.reason, again.made.detail, again.agrees) == (row.reason, row.detail, True), (
            row.context,
            again.sentences,
        )


def test_what_a_bandit_drew_by_features_can_be_made_again(published, publisher, redis_client, tmp_path):
    policy = {"policy": "logistic", "features": ["feature.products_viewed"], "least_trials": 1}
    bandits = Treatment.objects.filter(key="lengths")
    bandits.update(kind="bandit", policy=policy)
    Arm.objects.filter(treatment__in=bandits, variant=None).delete()
    Rule.objects.filter(treatment__in=bandits).update(priority=999, condition={})
    compile_release(publish(published, publisher).pk)
    for seed in (1, 2):
        batches.make(bandits.all(), timezone.now() + timedelta(days=seed))
        pushing.push({published.pk})
        stored = _decide(published, redis_client, tmp_path, seed)

    drawn = [row for row in stored if row.weights and row.treatment_id == bandits.get().pk]
    made = [(past.row, repeat(past)) for rows in _by_visitor(drawn) for past in situations_of(published, rows)]

    assert {row.weights for row in drawn} == {1, 2}
    assert len({row.propensity for row in drawn if row.weights == 2}) > 1
    assert all("features" in row.context for row in drawn)
    for row, again in made:
        assert again.agrees, (row.context, again.sentences, again.missing)


def test_the_decisions_of_a_visitor_are_told_in_one_pass(published, redis_client, tmp_path, monkeypatch):
    """HOUSE: each began at the first event again, so a visitor's cost grew with the square of the events."""
    stored = _decide(published, redis_client, tmp_path, 0)
    rows = max(_by_visitor(stored), key=lambda rows: sum(row.seq for row in rows))
    alone = {row.id: recompute(published, row) for row in rows}
    folded = []
    monkeypatch.setattr(recomputing, "fold", lambda profile, event: folded.append(event) or fold(profile, event))

    together = {past.row.id: repeat(past) for past in situations_of(published, reversed(rows))}

    assert len(folded) == max(row.seq for row in rows) < sum(row.seq for row in rows)
    assert together == alone


def test_what_came_before_a_lost_event_can_still_be_told(published, redis_client, tmp_path):
    stored = _decide(published, redis_client, tmp_path, 0)
    rows = max(_by_visitor(stored), key=lambda rows: sum(row.seq for row in rows))
    lost = rows[len(rows) // 2].seq
    Event.objects.filter(visitor_id=rows[0].visitor_id, seq=lost).delete()

    told = [(past.row.seq < lost, past.situation is not None, past.missing) for past in situations_of(published, rows)]

    assert set(told) == {(True, True, ""), (False, False, recomputing.NO_EVENTS)}
