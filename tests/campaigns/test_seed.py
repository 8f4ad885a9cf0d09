"""What a new site shows out of the box can be published as it is."""

import pytest

from campaigns import seed
from campaigns.models import AdVariant, Rule
from recommendations.catalogue import import_items
from tests import factories
from tests.drafts import draft_source, review


@pytest.fixture
def shop(site):
    import_items(
        site,
        [
            {
                "key": f"p{i}",
                "name": f"Mug {i}",
                "category": "Kitchen",
                "category_url": "/c/kitchen",
                "price_minor": 1000 + i,
                "url": f"/p/p{i}",
                "image_url": f"/i/{i}.svg",
            }
            for i in range(3)
        ],
    )
    seed.install(site, factories.TESTER, base="/shop/")
    return site


def test_nothing_is_wrong_with_it(shop):
    seen = review(shop)

    assert seen.problems == []
    assert len(seen.changes) > 20


def test_installing_again_adds_nothing_and_keeps_edits(shop):
    AdVariant.objects.filter(key="related-hero").update(headline="Mine")
    Rule.objects.filter(placement__key="product-offer").update(priority=1)

    assert seed.install(shop, factories.TESTER, base="/shop/") == 0

    assert AdVariant.objects.get(key="related-hero").headline == "Mine"
    assert set(Rule.objects.filter(placement__key="product-offer").values_list("priority", flat=True)) == {1}


def test_the_strongest_intent_wins_the_hero(shop):
    source = draft_source(shop)

    hero = [rule.segment for rule in source.rules if rule.placement == "home-hero"]

    assert hero == ["cart-abandoner", "price-sensitive", "high-intent-product-viewer", "category-explorer"]


def test_no_creative_can_stand_twice_on_one_page(shop):
    source = draft_source(shop)

    where = {(source.treatments[rule.treatment].arms[0].variant, rule.placement) for rule in source.rules} | {
        (placement.default, placement.key) for placement in source.placements
    }

    assert len(where) == len({variant for variant, _ in where}) == len(source.variants)


def test_items_travel_with_their_neighbours(shop):
    items = {item.key: item for item in draft_source(shop).items}

    assert (items["p1"].near, items["p0"].near) == (
        {"related": ["p0", "p2"], "similar": ["p0"]},
        {"related": ["p1", "p2"]},
    )


def test_links_lead_into_the_shop(shop):
    links = {variant.key: variant.link for variant in draft_source(shop).variants}

    assert links["cart-hero"] == ["/shop/cart/"]
    assert links["related-hero"] == ["", "item.url", ""]
