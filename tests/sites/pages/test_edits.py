"""Two people at the same row: nobody overwrites what they have not seen, and the history says who did what."""

import re

import pytest
from django.contrib.admin.models import LogEntry

from campaigns.models import AdVariant, Campaign, Goal, Placement, Rule
from segments.models import Segment
from sites.models import Site
from sites.pages.history import record
from tests import factories
from tests.admin_forms import fields_of
from tests.goals import make_goal

RULE = {"name": "First", "priority": "500", "enabled": "on", "condition-mode": "rows"}


@pytest.fixture
def drafts(site):
    variant = AdVariant.objects.create(site=site, key="sale", name="Sale", headline="Sale")
    placement = Placement.objects.create(site=site, key="hero", name="Hero", default_variant=variant)
    campaign = Campaign.objects.create(site=site, key="autumn", name="Autumn", goal=make_goal(site))
    Rule.objects.create(campaign=campaign, placement=placement, name="First", variant=variant)
    Segment.objects.create(site=site, key="rich", name="Rich", condition={"feature.cart_value": {"$gt": 5000}})
    return site


def pages(site) -> dict[str, dict]:
    rule = Rule.objects.get()
    return {
        "/campaigns/c/autumn/traffic/": {
            "name": "Autumn",
            "key": "autumn",
            "goal": Goal.objects.get().pk,
            "status": "draft",
        },
        f"/campaigns/rules/{rule.pk}/": RULE | {"placement": rule.placement_id, "variant": rule.variant_id},
        "/campaigns/variants/sale/": {
            "name": "Sale",
            "key": "sale",
            "template": "hero",
            "headline": "Sale",
            "background": "#1f2937",
            "foreground": "#ffffff",
        },
        "/segments/s/rich/": {"name": "Rich", "key": "rich", "condition-mode": "rows"},
        "/campaigns/goals/g/order-completed/": {
            "name": "Orders",
            "key": "order-completed",
            "event": "Order Completed",
            "value_kind": "event",
            "window_days": "7",
        },
    }


def seen_on(answer) -> str:
    return answer.context["form"].seen


@pytest.mark.parametrize("number", range(5))
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


IN_ADMIN = {
    "campaigns/placement": (
        Placement,
        {"description": "By Paula", "min_height": 240},
        ["Stored now: By Paula.", "Stored now: 240."],
    ),
    "sites/site": (
        Site,
        {"domain": "paula.example", "internal_hosts": ["a.example", "b.example"]},
        ["Stored now: a.example, b.example."],
    ),
    "segments/segment": (Segment, {"description": "By Paula"}, ["Stored now: By Paula."]),
    "campaigns/campaign": (Campaign, {"status": "paused"}, ["Stored now: Paused."]),
    "campaigns/goal": (Goal, {"event": "Signed Up", "window_days": 3}, ["Stored now: Signed Up.", "Stored now: 3."]),
    "campaigns/rule": (Rule, {"priority": 7}, ["Stored now: 7."]),
}


@pytest.mark.parametrize("table", IN_ADMIN)
def test_a_form_of_the_admin_is_not_saved_over_somebody_elses_change(client, drafts, table):
    """R23: told first, with both values, as on our own pages."""
    model, theirs, told = IN_ADMIN[table]
    row = model.objects.get()
    address = f"/admin/{table}/{row.pk}/change/"
    client.force_login(factories.make_user("administrator"))
    page = client.get(address)
    model.objects.filter(pk=row.pk).update(**theirs)
    model.objects.get().save()
    record(factories.make_user("publisher"), row, "Description: nothing → By Paula.")

    refused = client.post(address, fields_of(page) | {"name": "Mine"})
    text = refused.content.decode()

    assert refused.status_code == 200
    assert "paula saved this while you were editing (Description: nothing → By Paula)." in text
    assert [each for each in told if each not in text] == []
    assert 'value="Mine"' in text
    stored = model.objects.get()
    assert {name: getattr(stored, name) for name in theirs} == theirs
    assert text.count("Stored now") == 1 + len(theirs)

    assert client.post(address, fields_of(refused)).status_code == 302
    assert model.objects.get().name == "Mine"


def test_the_history_of_the_admin_is_told_in_words(client, drafts):
    """R23: with each value before and after, as on our own pages."""
    placement = Placement.objects.get()
    address = f"/admin/campaigns/placement/{placement.pk}/change/"
    client.force_login(factories.make_user("administrator"))
    page = client.get(address)
    client.post(address, fields_of(page) | {"min_height": "240"})

    assert (
        "ada saved this while you were editing (Height that is reserved, in pixels: 0 → 240)."
        in client.post(address, fields_of(page)).content.decode()
    )


BUTTONS = [
    ("/campaigns/?status=", "/campaigns/status", {"campaign": "autumn", "status": "archived"}, Campaign),
    ("/campaigns/variants/spare/", "/campaigns/variants/spare/archive", {"archived": "true"}, AdVariant),
    ("/segments/s/rich/", "/segments/s/rich/archive", {"archived": "true"}, Segment),
    ("/campaigns/rules/{rule}/", "/campaigns/rules/{rule}/delete", {}, Rule),
    ("/campaigns/goals/g/spare/", "/campaigns/goals/g/spare/delete", {}, Goal),
]


@pytest.mark.parametrize(("page", "button", "fields", "table"), BUTTONS)
def test_what_is_archived_or_deleted_is_what_the_page_showed(client, drafts, page, button, fields, table):
    """R11: a colleague changed it after the page was drawn; that is told, and pressing again does it."""
    AdVariant.objects.create(site=drafts, key="spare", name="Spare")
    make_goal(drafts, "Spare Event", key="spare", name="Zebra")
    page, button = page.format(rule=Rule.objects.get().pk), button.format(rule=Rule.objects.get().pk)
    row = table.objects.last()
    client.force_login(factories.make_user("editor"))

    def press() -> str:
        drawn = client.get(page).content.decode()
        form = re.search(rf'<form[^>]* action="{button}".*?</form>', drawn, re.DOTALL)[0]
        # Where rows are ticked, what was seen of each stands in its row.
        seen = re.search(r'name="seen"\s+value="([^"]*)"', form if "ticked" not in form else drawn)[1]
        if not LogEntry.objects.exists():
            row.save()
            record(factories.make_user("publisher"), row, "Made better.")
        return client.post(button, fields | {"seen": seen}, follow=True).content.decode()

    refused, kept = (
        press(),
        table.objects.filter(
            pk=row.pk, **{name: getattr(row, name) for name in ("archived", "status") if hasattr(row, name)}
        ),
    )
    assert f"paula changed “{row}” after your page was drawn (Made better). Nothing was done with it" in refused
    assert kept.exists()

    press()
    assert not kept.all().exists()


def test_a_button_of_the_condition_without_scripts_keeps_what_was_seen(client, drafts):
    client.force_login(factories.make_user("editor"))
    make_goal(drafts, "Called")
    for address in ("/segments/s/rich/", f"/campaigns/rules/{Rule.objects.get().pk}/", "/campaigns/goals/g/called/"):
        seen = seen_on(client.get(address))
        for table in (Segment, Rule, Goal):
            table.objects.last().save()  # somebody else

        answer = client.post(address, {"name": "Rich", "condition-mode": "rows", "do": "add", "seen": seen})

        assert seen_on(answer) == seen


def test_a_button_of_the_condition_without_scripts_keeps_all_that_was_typed(client, drafts):
    """What was emptied too, and what cannot be read yet."""
    client.force_login(factories.make_user("editor"))
    Segment.objects.update(tags=["old"], description="Spends much")
    goal = make_goal(drafts, "Called", view_through=True, value_kind="fixed", value_minor=500)
    pressed = {"condition-mode": "rows", "do": "add"}

    segment = client.post(
        "/segments/s/rich/", pressed | {"name": "", "key": "Not a key", "description": "", "tags": "new, newer"}
    ).context["form"]
    typed = {
        "event": "Called",
        "value_kind": "fixed",
        "value_minor": "12,3x",
        "window_days": "x",
        "view_through": "False",
    }
    told = client.post("/campaigns/goals/g/called/", pressed | {"condition-about": "event"} | typed).context["form"]

    found = [segment[name].value() for name in ("name", "key", "description", "tags")]
    assert found == ["", "Not a key", "", "new, newer"] and not segment.errors
    assert [str(told[name].value()) for name in ("value_minor", "window_days", "view_through")] == [
        "12,3x",
        "x",
        "False",
    ]
    assert '<option value="False" selected>' in str(told["view_through"]) and goal.view_through


def test_the_history_says_what_it_was_and_what_it_became(client, drafts):
    rule = Rule.objects.get()
    fields = RULE | {
        "placement": rule.placement_id,
        "variant": rule.variant_id,
        "segment": Segment.objects.get().pk,
        "priority": "600",
        "cap_per_day": "3",
    }
    condition = {"condition-attribute": "feature.cart_value", "condition-operator": "$gt", "condition-value": "50"}
    client.force_login(factories.make_user("editor"))

    client.post(f"/campaigns/rules/{rule.pk}/", fields | condition)
    page = client.get("/campaigns/c/autumn/history/").content.decode()

    assert LogEntry.objects.get().change_message == (
        "Show to: Everybody → Rich; And only when: everybody → Value of the cart is more than 50.00 EUR; "
        "Priority: 500 → 600; At most, per day: nothing → 3."
    )
    assert "edgar" in page
    assert "Priority: 500 → 600" in page


def test_a_long_text_is_cut_in_the_history(client, drafts):
    client.force_login(factories.make_user("editor"))
    client.post(
        "/campaigns/variants/sale/",
        pages(drafts)["/campaigns/variants/sale/"] | {"body": "word " * 40, "discount_percent": "10"},
    )

    message = LogEntry.objects.get().change_message
    assert "Body: nothing → word word" in message
    assert len(message) < 200
