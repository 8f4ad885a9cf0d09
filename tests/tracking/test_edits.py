"""Two people at the same row: nobody overwrites what they have not seen, and the history says who did what."""

import pytest
from django.contrib.admin.models import LogEntry

from campaigns.models import AdVariant, Campaign, Placement, Rule
from segments.models import Segment
from tests import factories

RULE = {"name": "First", "priority": "500", "enabled": "on", "condition-mode": "rows"}


@pytest.fixture
def drafts(site):
    variant = AdVariant.objects.create(site=site, key="sale", name="Sale", headline="Sale")
    placement = Placement.objects.create(site=site, key="hero", name="Hero", default_variant=variant)
    campaign = Campaign.objects.create(site=site, key="autumn", name="Autumn")
    Rule.objects.create(campaign=campaign, placement=placement, name="First", variant=variant)
    Segment.objects.create(site=site, key="rich", name="Rich", condition={"feature.cart_value": {"$gt": 5000}})
    return site


def pages(site) -> dict[str, dict]:
    rule = Rule.objects.get()
    return {
        "/campaigns/c/autumn/": {"name": "Autumn", "key": "autumn", "goal": "Order Completed", "status": "draft"},
        f"/campaigns/rules/{rule.pk}/": RULE | {"placement": rule.placement_id, "variant": rule.variant_id},
        "/campaigns/variants/sale/": {"name": "Sale", "key": "sale", "template": "hero", "headline": "Sale", "background": "#1f2937", "foreground": "#ffffff"},
        "/segments/s/rich/": {"name": "Rich", "key": "rich", "condition-mode": "rows"},
    }


def seen_on(answer) -> str:
    return answer.context["form"].seen


@pytest.mark.parametrize("number", range(4))
def test_a_form_drawn_before_somebody_elses_change_is_not_saved_over_it(client, drafts, number):
    address, fields = list(pages(drafts).items())[number]
    client.force_login(factories.make_user("editor"))
    seen = seen_on(client.get(address))
    client.force_login(factories.make_user("publisher"))
    client.post(address, fields | {"name": "Paula's", "seen": seen})
    client.force_login(factories.make_user("editor"))

    refused = client.post(address, fields | {"name": "Edgar's", "seen": seen})
    again = client.post(address, fields | {"name": "Edgar's", "seen": seen_on(refused)})
    page = refused.content.decode()

    assert refused.status_code == 200
    assert "paula saved this while you were editing" in page
    assert "Stored now: Paula&#x27;s." in page
    assert 'value="Edgar&#x27;s"' in page
    assert again.status_code == 302


def test_a_button_of_the_condition_without_scripts_keeps_what_was_seen(client, drafts):
    client.force_login(factories.make_user("editor"))
    seen = seen_on(client.get("/segments/s/rich/"))
    Segment.objects.get().save()  # somebody else

    answer = client.post("/segments/s/rich/", {"name": "Rich", "key": "rich", "condition-mode": "rows", "do": "add", "seen": seen})

    assert seen_on(answer) == seen


def test_the_history_says_what_it_was_and_what_it_became(client, drafts):
    rule = Rule.objects.get()
    fields = RULE | {"placement": rule.placement_id, "variant": rule.variant_id, "segment": Segment.objects.get().pk, "priority": "600", "cap_per_day": "3"}
    condition = {"condition-attribute": "feature.cart_value", "condition-operator": "$gt", "condition-value": "50"}
    client.force_login(factories.make_user("editor"))

    client.post(f"/campaigns/rules/{rule.pk}/", fields | condition)
    page = client.get("/campaigns/c/autumn/").content.decode()

    assert LogEntry.objects.get().change_message == (
        "Show to: Everybody → Rich; And only when: everybody → Value of the cart is more than 50.00 EUR; "
        "Priority: 500 → 600; At most, per visitor and day: nothing → 3."
    )
    assert "by edgar" in page
    assert "Priority: 500 → 600" in page


def test_a_long_text_is_cut_in_the_history(client, drafts):
    client.force_login(factories.make_user("editor"))
    client.post("/campaigns/variants/sale/", pages(drafts)["/campaigns/variants/sale/"] | {"body": "word " * 40, "discount_percent": "10"})

    message = LogEntry.objects.get().change_message
    assert "Body: nothing → word word" in message
    assert len(message) < 200
