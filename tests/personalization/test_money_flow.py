"""An amount means the same at every door: catalogue, events, banners, conditions, explanations, pages, exports, API."""

import json
from datetime import UTC, datetime

import pytest
from django.utils.html import strip_tags
from rest_framework.test import APIClient

from campaigns import seed
from campaigns.models import AdVariant, Campaign, Placement, Rule
from campaigns.release import dump, load
from campaigns.slots import fill
from personalization.decide import decide
from personalization.explain import sentences
from personalization.models import ApiToken, DecisionRollup
from personalization.situation import NO_VISITOR, Situation
from recommendations.catalogue import import_items
from recommendations.models import Item
from segments.attributes import Attributes
from segments.models import Segment
from segments.profile import Profile, fold
from segments.reasons import findings_of
from sites.config import Sites
from sites.push import snapshot
from tests.drafts import draft_source
from tests.factories import TESTER, make_site
from tracking.intake import CollectRequest
from tracking.pipeline import Pipeline

NOW, DAY = 1_790_000_000_000, 20_717

# Currency, a price as it is written in files and events, the same in minor units, to visitors, to those who work here.
MONEY = [
    ("EUR", "1200.00", 120_000, "€1,200.00", "1,200.00 EUR"),
    ("JPY", "1200", 1200, "¥1,200", "1,200 JPY"),
    ("KWD", "1200.125", 1_200_125, "KWD 1,200.125", "1,200.125 KWD"),
]
every_currency = pytest.mark.parametrize(("currency", "price", "minor", "shown", "written"), MONEY)


@pytest.fixture
def shop(db, currency, price):
    site = make_site(currency=currency)
    row = {"key": "p1", "name": "Kettle", "category": "Kitchen", "category_url": "/c", "url": "/p/1", "price": price}
    assert import_items(site, [row]).faults == []
    seed.install(site, TESTER)
    return site


def visit(site, *events):
    """The profile after these events, by the way that they take: from bytes through the pipeline into the fold."""
    lines = [
        {"type": "track", "messageId": f"m{i}", "anonymousId": "anna", "event": name, "properties": properties}
        for i, (name, properties) in enumerate(events)
    ]
    body = json.dumps({"writeKey": site.write_key, "batch": lines}).encode()
    request = CollectRequest(
        "batch", {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}, body, "192.0.2.1"
    )
    (arrival,) = Pipeline().receive(request, Sites([snapshot(site)]), NOW).arrivals
    profile = Profile()
    for event in arrival.events:
        fold(profile, event)
    return profile, arrival


def added(price, currency):
    return "Product Added", {"product_id": "p1", "price": float(price), "currency": currency}


@every_currency
def test_an_item_costs_the_same_in_the_catalogue_on_a_banner_and_in_the_api(
    shop, administrator, client, currency, price, minor, shown, written
):
    client.force_login(administrator)
    _, secret = ApiToken.issue(name="Test", scopes=["read"], site=shop, created_by=administrator)
    profile, _ = visit(shop, added(price, currency))
    release = load(dump(draft_source(shop)))

    item = Item.objects.get()
    values = fill("cart", Situation(release, profile, NO_VISITOR, True, {}, NOW, DAY)).values
    told = APIClient().get("/api/v1/items/", HTTP_AUTHORIZATION=f"Bearer {secret}").json()["results"][0]

    assert (item.price_minor, item.currency) == (minor, currency)
    assert (values["item.price"], values["cart.value"]) == (shown, shown)
    assert written in client.get("/admin/recommendations/item/").content.decode()
    assert (told["price_minor"], told["currency"]) == (minor, currency)


@every_currency
@pytest.mark.parametrize("names_currency", [True, False])
def test_events_are_told_in_major_units_and_remembered_in_minor_ones(
    shop, currency, price, minor, shown, written, names_currency
):
    named = {"currency": currency} if names_currency else {}
    viewed = "Product Viewed", {"product_id": "p1", "category": "Kitchen", "price": price} | named
    ordered = "Order Completed", {"order_id": "A", "products": [{"product_id": "p1", "price": price}]} | named
    refunded = "Order Refunded", {"order_id": "A", "total": 1} | named

    profile, _ = visit(shop, viewed, added(price, currency), ordered, refunded)

    assert (profile.items["p1"].price_minor, profile.added_minor) == (minor, minor)
    assert profile.revenue_minor == minor - {"EUR": 100, "JPY": 1, "KWD": 1000}[currency]


@every_currency
def test_a_condition_is_typed_shown_and_explained_in_major_units(
    shop, client, administrator, currency, price, minor, shown, written
):
    client.force_login(administrator)
    typed = {
        "name": "Big carts", "key": "big", "condition-mode": "rows", "condition-join": "all", "condition-quantifier": "all",
        "condition-group": "0", "condition-attribute": "feature.cart_value", "condition-operator": "$gte", "condition-value": price,
    }  # fmt: skip
    client.post("/segments/new/", typed)
    segment = Segment.objects.get(key="big")
    profile, _ = visit(shop, added(price, currency))

    assert segment.condition == {"feature.cart_value": {"$gte": minor}}
    assert f"at least {written}" in client.get("/segments/").content.decode()
    assert f'value="{price}"' in client.get(f"/segments/s/{segment.key}/").content.decode()
    (reason,) = findings_of(segment.condition, Attributes(profile, NOW), {}, currency)
    assert reason == (True, f"Value of the cart is {written}, which is at least {written}")


@every_currency
def test_a_decision_is_explained_in_major_units(shop, currency, price, minor, shown, written):
    campaign = Campaign.objects.create(site=shop, key="big", name="Big", status="live")
    Rule.objects.create(
        campaign=campaign, name="Big carts", placement=Placement.objects.get(key="home-hero"), priority=999,
        variant=AdVariant.objects.get(key="cart-hero"), condition={"feature.cart_value": {"$gte": 5 * minor}},
    )  # fmt: skip
    profile, _ = visit(shop, added(price, currency))
    release = load(dump(draft_source(shop)))

    situation = Situation(release, profile, NO_VISITOR, True, {}, NOW, DAY)
    (decision,) = decide(situation, ["home-hero"], trace=True)

    told = " ".join(sentences(decision, release))
    assert f"Value of the cart is {written} and must be at least " in told


@every_currency
def test_an_order_is_worth_the_same_in_results_and_export(
    shop, client, administrator, currency, price, minor, shown, written
):
    client.force_login(administrator)
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    campaign = Campaign.objects.get(key="cart-reminder")
    DecisionRollup.objects.create(
        site=shop, hour=hour, placement="home-hero", campaign_id=campaign.pk, campaign=campaign.key, rule_id=1, variant="v",
        conversions=1, value_minor=minor,
    )  # fmt: skip

    page = strip_tags(client.get("/campaigns/").content.decode())
    exported = client.get("/campaigns/export.csv").content.decode()

    assert written in page
    assert f"{price},{currency}" in exported
