"""What the issue promises out of the box: behaviour in, the seeded hero out. Events are folded as they are live;
nothing is set by hand."""

import numpy as np
import pytest

from campaigns import seed
from campaigns.models import Rule
from campaigns.release import dump, load
from personalization.decide import decide
from personalization.explain import sentences
from personalization.situation import NO_VISITOR, Situation
from recommendations.catalogue import import_items
from segments import artifacts
from segments.clustering.frozen import FrozenClusters
from segments.models import ModelVersion
from segments.profile import Profile, fold
from tests import factories
from tests.drafts import draft_source
from tracking.event import Event

NOW, SECOND, DAY = 1_790_000_000_000, 1000, 20_717
ITEMS = [
    ("p1", "Walnut Desk", "Desks", 49_900),
    ("p2", "Oak Desk", "Desks", 45_900),
    ("p3", "Pine Desk", "Desks", 19_900),
    ("p4", "Kettle", "Kitchen", 3_990),
]


@pytest.fixture
def release(site):
    rows = [
        {
            "key": key,
            "name": name,
            "category": category,
            "category_url": f"/c/{category.lower()}",
            "price_minor": price,
            "url": f"/p/{key}",
            "image_url": "/i.svg",
        }
        for key, name, category, price in ITEMS
    ]
    import_items(site, rows)
    seed.install(site, factories.TESTER)
    return load(dump(draft_source(site)))


class Visitor:
    """Somebody who does things, one second apart."""

    def __init__(self):
        self.profile, self.now, self.told = Profile(), NOW, 0

    def does(self, kind, name="", **properties):
        self.told += 1
        self.now += SECOND
        fold(
            self.profile,
            Event(
                message_id=f"m{self.told}",
                type=kind,
                name=name,
                at=self.now,
                received_at=self.now,
                properties=properties,
            ),
        )
        return self

    def opens(self, page_id, **properties):
        return self.does("page", page_id=page_id, **properties)

    def waits(self, minutes):
        self.now += minutes * 60 * SECOND
        return self

    def sees(self, release, placement="home-hero", *, consent=True, trace=False):
        situation = Situation(release, self.profile, NO_VISITOR, consent, {}, self.now, DAY)
        (decision,) = decide(situation, [placement], trace=trace)
        return decision

    def hero(self, release):
        decision = self.sees(release)
        return release.variants[decision.variant].key, decision.values


def test_a_stranger_sees_the_welcome(release):
    key, _ = Visitor().opens("a").hero(release)

    assert key == "welcome-hero"


def test_a_long_look_at_one_product_brings_a_related_one(release):
    visitor = Visitor().opens("a", product_id="p1", category="Desks", price=499)

    early = visitor.does("track", "Page Dwell", page_id="a", product_id="p1", seconds=30).hero(release)[0]
    key, values = visitor.does("track", "Page Dwell", page_id="a", product_id="p1", seconds=31).hero(release)

    assert (early, key) == ("welcome-hero", "related-hero")
    assert values["item.name"] == "Oak Desk"
    assert b"Oak Desk" in release.variants[visitor.sees(release).variant].answer(values)


def test_three_pages_of_a_category_bring_that_category(release):
    visitor = Visitor().opens("a", category="Desks").opens("b", category="Desks")

    early = visitor.hero(release)[0]
    key, values = visitor.opens("c", category="Desks").hero(release)

    assert (early, key) == ("welcome-hero", "category-hero")
    assert values == {"category.name": "Desks", "category.url": "/c/desks", "category.image_url": "/i.svg"}


def test_comparing_brings_a_coupon_for_something_similar_and_cheaper(release):
    visitor = Visitor().opens("a", product_id="p1", category="Desks", price=499)
    visitor.does("track", "Page Dwell", page_id="a", product_id="p1", seconds=12)

    key, values = visitor.does(
        "track", "Comparison Viewed", page_id="b", products=[{"product_id": "p1"}, {"product_id": "p2"}]
    ).hero(release)

    assert key == "coupon-hero"
    assert values["item.name"] in ("Oak Desk", "Pine Desk")


def test_a_cart_left_alone_brings_a_reminder_until_its_cap_is_used(release):
    visitor = Visitor().does("track", "Product Added", product_id="p4", price=39.9, quantity=2)

    early = visitor.hero(release)[0]
    key, values = visitor.waits(31).hero(release)
    rule = visitor.sees(release).rule
    visitor.profile.shown = {str(rule.id): [DAY, 10, 10]}
    capped = visitor.sees(release, trace=True)

    assert (early, key) == ("welcome-hero", "cart-hero")
    assert (values["item.name"], values["cart.count"], values["cart.value"]) == ("Kettle", "2", "€79.80")
    assert capped.rule is None or capped.rule.id != rule.id
    assert "Rule “Cart reminder (home hero)” did not win: 10 of 10 impressions today used." in sentences(
        capped, release
    )


def test_who_refuses_sees_the_default_whatever_they_did(release):
    visitor = (
        Visitor()
        .opens("a", product_id="p1", category="Desks")
        .does("track", "Page Dwell", page_id="a", product_id="p1", seconds=60)
    )

    decision = visitor.sees(release, consent=False)

    assert release.variants[decision.variant].key == "welcome-hero"
    assert (decision.reason, decision.detail) == ("DEFAULT", "NO_CONSENT")


def test_a_promoted_cluster_model_reaches_decisions(release, site, settings, tmp_path):
    settings.ARTIFACT_DIR = tmp_path
    learned = {"low": [0.0], "high": [9.0], "mean": [0.0], "scale": [1.0]}
    learned |= {"centers": np.log1p([[1], [20]]).tolist(), "temperature": 0.1}
    frozen = FrozenClusters(4, "kmeans", ["pages_viewed"], ["Glancers", "Diggers"], [11, 12], learned)
    digest = artifacts.save(artifacts.Artifact(frozen, {}), "4.npz")
    ModelVersion.objects.create(
        site=site, number=4, status=ModelVersion.Status.PROMOTED, artifact="4.npz", digest=digest
    )
    Rule.objects.filter(variant__key="category-hero").update(
        segment=None, condition={"cluster.id": 12, "cluster.p.12": {"$gt": 0.9}}, priority=999
    )
    clustered = load(dump(draft_source(site)))
    glancer, digger = Visitor().opens("a", category="Desks"), Visitor()
    for page in range(20):
        digger.opens(f"page {page}", category="Desks")

    assert release.models == {}
    assert clustered.frozen_models["cluster"].version == 4
    assert glancer.sees(clustered).rule is None
    assert clustered.variants[digger.sees(clustered).variant].key == "category-hero"
    assert "Cluster is 12" in sentences(digger.sees(clustered, trace=True), clustered)[1]
