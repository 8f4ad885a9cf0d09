"""Duplicates are drafts of their own, and keys make themselves."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from campaigns.models import AdVariant, Campaign, Placement, Rule
from segments.models import Segment
from sites.pages.copying import free_key, name_of_copy
from tests import factories


@pytest.fixture
def drafts(site):
    variant = AdVariant.objects.create(site=site, key="sale", name="Sale", headline="Sale")
    placement = Placement.objects.create(site=site, key="hero", name="Hero", default_variant=variant)
    campaign = Campaign.objects.create(site=site, key="autumn", name="Autumn", status="live")
    Rule.objects.create(
        campaign=campaign,
        placement=placement,
        name="First",
        variant=variant,
        priority=700,
        cap_per_day=3,
        first_published_at=timezone.now(),
        condition={"visitor.new": True},
    )
    Segment.objects.create(
        site=site, key="rich", name="Rich", condition={"feature.cart_value": {"$gt": 5000}}, shipped=True
    )
    return site


@pytest.fixture
def editor_client(client, drafts):
    client.force_login(factories.make_user("editor"))
    return client


def test_a_copied_campaign_is_a_draft_with_rules_that_were_never_published(editor_client):
    answer = editor_client.post("/campaigns/c/autumn/copy")

    fresh = Campaign.objects.get(key="autumn-copy")
    rule = fresh.rules.get()
    assert answer.url == "/campaigns/c/autumn-copy/"
    assert (fresh.name, fresh.status, fresh.created_by.username) == ("Autumn (copy)", "draft", "edgar")
    assert (rule.name, rule.priority, rule.cap_per_day, rule.condition, rule.first_published_at) == (
        "First",
        700,
        3,
        {"visitor.new": True},
        None,
    )
    assert "Duplicated from “Autumn”." in editor_client.get(f"{answer.url}history/").content.decode()
    assert LogEntry.objects.count() == 1


def test_a_copied_rule_stands_beside_its_model_and_is_paused(editor_client):
    answer = editor_client.post(f"/campaigns/rules/{Rule.objects.get().pk}/copy")

    fresh = Rule.objects.latest("pk")
    assert answer.url == f"/campaigns/rules/{fresh.pk}/"
    assert (fresh.name, fresh.enabled, fresh.first_published_at) == ("First (copy)", False, None)


def test_variants_and_segments_are_copied_more_than_once(editor_client):
    for _ in range(2):
        editor_client.post("/campaigns/variants/sale/copy")
        editor_client.post("/segments/s/rich/copy")

    assert sorted(AdVariant.objects.values_list("key", flat=True)) == ["sale", "sale-copy", "sale-copy-2"]
    assert sorted(Segment.objects.values_list("key", "shipped")) == [
        ("rich", True),
        ("rich-copy", False),
        ("rich-copy-2", False),
    ]


@pytest.mark.parametrize(
    "address",
    [
        "/campaigns/c/autumn/copy",
        "/campaigns/rules/{rule}/copy",
        "/campaigns/variants/sale/copy",
        "/segments/s/rich/copy",
    ],
)
def test_a_viewer_copies_nothing(client, drafts, address):
    client.force_login(factories.make_user("viewer"))

    assert client.post(address.format(rule=Rule.objects.get().pk)).status_code == 403
    assert (Campaign.objects.count(), Rule.objects.count(), AdVariant.objects.count(), Segment.objects.count()) == (
        1,
        1,
        1,
        1,
    )


def test_a_new_row_without_a_key_gets_one_from_its_name(editor_client):
    fields = {"name": "Rich", "condition-mode": "rows"}

    answers = [editor_client.post("/segments/new/", fields).url for _ in range(2)]

    assert answers == ["/segments/s/rich-2/", "/segments/s/rich-3/"]


def test_a_key_once_given_is_not_taken_away(editor_client):
    page = editor_client.post(
        "/segments/s/rich/", {"name": "Rich", "key": "", "condition-mode": "rows"}
    ).content.decode()

    assert "This field is required." in page


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Big carts!", "big-carts"),
        ("Übergroß", "ubergro"),
        ("東京", "unnamed"),
        ("x" * 200, "x" * 60),
        ("_-", "unnamed"),
    ],
)
def test_a_key_is_the_name_in_small_letters(name, key):
    assert free_key(name, set()) == key
    assert free_key(name, {key}) == f"{key}-2"


def test_the_name_of_a_copy_fits():
    assert len(name_of_copy("x" * 100)) == 100
