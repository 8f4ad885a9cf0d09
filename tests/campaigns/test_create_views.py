"""A campaign is made in three steps of one form, which works without scripts."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from campaigns.content import Picture
from campaigns.coupons.tables import Coupon
from campaigns.models import AdVariant, Campaign, Placement, Rule
from campaigns.priority import master_list
from segments.models import Segment
from tests import factories
from tests.answers import text_of

NEW = "/campaigns/new/"
ROWS = {
    "condition-mode": "rows",
    "condition-attribute": "feature.cart_value",
    "condition-operator": "$gt",
    "condition-value": "50",
}


def png(colour: str = "red") -> bytes:
    file = BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def shop(site, settings, tmp_path):
    place = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"pictures": place}
    site.time_zone = "Europe/Berlin"
    site.save()
    Coupon.objects.create(site=site, key="beans", name="Beans", code="BEANS20", percent=20)
    sale = AdVariant.objects.create(site=site, key="sale", name="Sale", headline="Sale")
    hero = Placement.objects.create(site=site, key="hero", name="Home hero", page="Home", spot="top", width=900)
    Placement.objects.create(site=site, key="side", name="Side", page="Home", spot="side", width=250, min_height=220)
    autumn = Campaign.objects.create(site=site, key="autumn", name="Autumn", status="live")
    Rule.objects.create(campaign=autumn, placement=hero, name="First", variant=sale, priority=800)
    Rule.objects.create(campaign=autumn, placement=hero, name="Second", variant=sale, priority=100)
    return site


@pytest.fixture
def editor(client, shop):
    client.force_login(factories.make_user("editor"))
    return client


def place(key: str) -> int:
    return Placement.objects.get(key=key).pk


def rule(number: int = 0, placement: str = "hero", variant: object = None, **fields) -> dict:
    chosen = {"placement": place(placement), "variant": variant or AdVariant.objects.get(key="sale").pk}
    return {f"rule-{number}-{name}": value for name, value in (chosen | fields).items()}


def creative(number: int = 0, **fields) -> dict:
    said = {"template": "hero", "headline": "Fresh coffee", "coupon": Coupon.objects.get().pk} | fields
    return {f"rule-{number}-new-{name}": value for name, value in said.items()}


def test_segment_creatives_rules_and_campaign_are_made_in_one_go(editor, shop):
    posted = {
        "whom": "described",
        "segment_name": "Rich carts",
        **ROWS,
        "rule": ["0", "3"],
        **rule(0, variant="new"),
        **creative(0),
        "rule-0-new-upload": SimpleUploadedFile("beans.png", png()),
        **rule(3, "side", audience="everybody"),
        "starts_at": "2026-12-04T09:00",
        "rule_cap_per_day": "3",
        "cap_per_session": "4",
        "event": "Order Completed",
        "finish": "campaign",
    }

    answer = editor.post(NEW, posted)

    campaign = Campaign.objects.exclude(key="autumn").get()
    first, second = campaign.rules.order_by("pk")
    assert answer["Location"].endswith(f"/campaigns/c/{campaign.key}/")
    assert (campaign.name, campaign.status) == ("Rich carts in Home hero, Side", "draft")
    assert campaign.starts_at == datetime(2026, 12, 4, 8, tzinfo=UTC)
    assert campaign.goal.event == "Order Completed"
    assert (first.segment.name, first.segment.condition) == ("Rich carts", {"feature.cart_value": {"$gt": 5000}})
    assert (first.condition, first.variant.name, first.variant.coupon.code) == ({}, "Fresh coffee", "BEANS20")
    assert first.variant.picture == Picture.objects.get()
    assert (second.segment, second.variant.key, second.placement.key) == (None, "sale", "side")
    assert [row.limits for row in (first, second, campaign)] == [
        "at most 3 a day",
        "at most 3 a day",
        "at most 4 a session",
    ]
    logged = set(LogEntry.objects.values_list("object_repr", flat=True))
    assert {"Rich carts", "Fresh coffee", campaign.name, first.name, second.name, "beans"} <= logged


def test_a_draft_keeps_what_there_is(editor, shop):
    half = {"rule-1-placement": place("side")}
    posted = {"whom": "described", **ROWS, "rule": ["0", "1"], **half, "name": "Later", "finish": "draft"}

    page = text_of(editor.post(NEW, posted, follow=True))

    assert Campaign.objects.get(key="later").rules.count() == 0
    assert Segment.objects.get().name == "Visitors of Later"  # no rule carries the condition
    assert "1 rule had a placement or a creative only" in page


def test_what_is_wrong_is_told_at_its_field_and_step_and_nothing_is_saved(editor, shop):
    counts = [model.objects.count() for model in (Campaign, Rule, Segment, AdVariant)]
    posted = {
        "whom": "segment",
        "rule": "0",
        **rule(variant="new"),
        **creative(headline="", coupon="", body="<b>typed</b>"),
        "rule-0-new-link": "javascript:alert(1)",
        "ends_at": "2026-01-01T00:00",
        "starts_at": "2026-02-01T00:00",
        "key": "autumn",
        "finish": "campaign",
    }

    answer = editor.post(NEW, posted)
    page = text_of(answer)

    assert [step[2] for step in answer.context["creation"].steps] == [True, True, True]
    assert 'data-start="1"' in page
    assert "Choose one of them, or describe visitors instead." in page
    assert "Something is missing in the new creative" in page
    assert "It must end after it starts." in page and "This key is taken." in page
    assert "&lt;b&gt;typed&lt;/b&gt;" in page and 'value="2026-02-01T00:00"' in page
    assert [model.objects.count() for model in (Campaign, Rule, Segment, AdVariant)] == counts


def test_a_step_without_faults_is_not_where_one_begins(editor, shop):
    posted = {"whom": "everybody", "rule": "0", "rule-0-placement": place("hero"), "finish": "campaign"}

    answer = editor.post(NEW, posted)

    assert 'data-start="2"' in text_of(answer)
    assert "Choose one creative" in text_of(answer)


def test_whoever_wants_a_campaign_is_asked_for_a_rule(editor, shop):
    page = text_of(editor.post(NEW, {"whom": "everybody", "rule": "0", "name": "Empty", "finish": "campaign"}))

    assert "Choose where it appears." in page
    assert not Campaign.objects.filter(name="Empty").exists()


def test_an_upload_that_is_no_picture_is_told_and_one_that_is_survives_other_faults(editor, shop):
    posted = {"whom": "segment", "rule": ["0", "1"], **rule(0, variant="new"), **rule(1, "side", "new")}
    posted |= creative(0) | creative(1, template="card") | {"finish": "campaign"}
    posted["rule-0-new-upload"] = SimpleUploadedFile("evil.png", b"<svg onload=alert(1)>")
    posted["rule-1-new-upload"] = SimpleUploadedFile("good.png", png("blue"))

    answer = editor.post(NEW, posted)

    first, second = answer.context["creation"].rules
    assert "evil.png" in first.fresh.errors["upload"][0]
    assert "&lt;svg" not in text_of(answer)
    assert str(second.fresh["picture"].value()) == str(Picture.objects.get().pk)


def test_creatives_of_one_name_and_campaigns_of_two_tabs_get_keys_of_their_own(editor, shop):
    posted = {"whom": "everybody", "rule": ["0", "1"], "name": "Spring", "finish": "campaign"}
    posted |= rule(0, variant="new") | rule(1, "side", "new") | creative(0) | creative(1, template="card")

    editor.post(NEW, posted)
    editor.post(NEW, posted)

    assert sorted(AdVariant.objects.exclude(key="sale").values_list("key", flat=True)) == [
        "fresh-coffee", "fresh-coffee-2", "fresh-coffee-3", "fresh-coffee-4",
    ]  # fmt: skip
    assert set(Campaign.objects.values_list("key", flat=True)) == {"autumn", "spring", "spring-2"}


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("top", ["Sale in Home hero", "First", "Second"]),
        ("bottom", ["First", "Second", "Sale in Home hero"]),
        ("Second", ["First", "Sale in Home hero", "Second"]),
        ("usual", ["First", "Sale in Home hero", "Second"]),
    ],
)
def test_priority_is_said_in_words(editor, shop, order, names):
    chosen = order if order.islower() else Rule.objects.get(name=order).pk

    editor.post(NEW, {"whom": "everybody", "rule": "0", **rule(), "order": chosen, "finish": "campaign"})

    assert [row.name for row in master_list(shop)] == names


def test_two_creatives_are_tested_against_each_other(editor, shop):
    rival = AdVariant.objects.create(site=shop, key="rival", name="Rival", headline="Other")

    posted = {"whom": "everybody", "rule": "0", **rule(variant="new", rival=rival.pk, share=70), **creative()}
    editor.post(NEW, posted | {"finish": "campaign"})

    treatment = Rule.objects.exclude(campaign__key="autumn").get().treatment
    assert [(arm.variant.name, arm.weight) for arm in treatment.arms.order_by("-weight")] == [
        ("Fresh coffee", 70),
        ("Rival", 30),
    ]


def test_what_does_not_fit_its_place_is_told(editor, shop):
    posted = {"whom": "everybody", "rule": "0", **rule(placement="side", variant="new"), **creative()}

    seen = text_of(editor.post("/campaigns/variants/preview?prefix=rule-0-new", posted, HTTP_HX_REQUEST="true"))
    page = text_of(editor.post(NEW, posted | {"finish": "campaign"}, follow=True))

    assert "It does not fit Side: a hero needs 420 pixels of width" in seen
    assert "“Fresh coffee” does not fit Side" in page


def test_without_scripts_buttons_of_the_steps_keep_what_was_typed(editor, shop):
    posted = {"whom": "described", **ROWS, "rule": "0", **rule(variant="new"), **creative(body="half typed")}
    posted |= {"hours": ["0-9", "1-10"], "name": "Half"}

    more = text_of(editor.post(NEW, posted | {"do": "add-rule"}))
    row = text_of(editor.post(NEW, posted | {"do": "add"}))
    less = text_of(editor.post(NEW, posted | {"rule": ["0", "1"], "do": "drop-rule:0"}))

    assert more.count('name="rule" value=') == 2 and row.count('name="condition-attribute"') == 2
    for page in (more, row):
        assert "half typed" in page and 'value="Half"' in page and page.count('aria-label="Monday 9:00" checked') == 1
        assert "Not saved." not in page
    assert 'name="rule" value="1"' in less and 'name="rule" value="0"' not in less
    assert Campaign.objects.count() == 1


def test_fragments_add_a_rule_and_suggest_a_name(editor, shop):
    fragment = text_of(editor.get("/campaigns/new/rule?rule=0&rule=4"))
    named = text_of(editor.post("/campaigns/new/name", {"whom": "everybody", "rule": "0", **rule()}))
    chosen = text_of(editor.get(f"/creatives/choices?prefix=rule-4&rule-4-placement={place('side')}&text=sal"))

    assert 'name="rule" value="5"' in fragment and 'name="rule-5-placement"' in fragment
    assert 'value="Everybody in Home hero"' in named
    assert 'name="rule-4-variant"' in chosen and "1 of another shape" in chosen and 'data-fits="card"' in chosen


@pytest.mark.parametrize(
    "hostile",
    [
        {"rule": ["x", "-1", "9" * 30, "0", "0"]},
        {"rule": [str(number) for number in range(40)]},
        {"rule": "0", "rule-0-placement": "\0", "rule-0-variant": "9" * 40, "whom": "\0"},
        {"rule": "0", "rule-0-variant": "new", "rule-0-new-template": "\0<script>", "segment": "nobody"},
        {
            "order": "9" * 40,
            "event": "\0",
            "cap_total": "1e9",
            "rule_cap_total": "1e9",
            "rule-0-audience": "x",
            "rule": "0",
        },
        {"whom": "described", "condition-mode": "json", "condition-json": "[" * 100_000},
        {"do": "drop-rule:\0", "rule": "0"},
    ],
)
def test_nonsense_is_refused_in_a_page(editor, shop, hostile):
    for address in (NEW, "/campaigns/new/name", "/campaigns/variants/preview?prefix=rule-0-new"):
        assert editor.post(address, {"finish": "campaign", **hostile}).status_code in (200, 302)
    assert editor.get("/creatives/choices", {"prefix": "rule-\0", "text": "\0"}).status_code == 200


def test_what_belongs_to_another_site_is_no_choice(editor, shop):
    other = factories.make_site(name="Other", domain="other.example", write_key="wk_other")
    foreign = AdVariant.objects.create(site=other, key="theirs", name="Theirs", headline="x")

    page = text_of(editor.post(NEW, {"whom": "everybody", "rule": "0", **rule(variant=foreign.pk), "finish": "x"}))

    assert "Theirs" not in page and Campaign.objects.filter(site=shop).count() == 1


def test_a_role_that_makes_no_creatives_chooses_among_those_that_there_are(client, shop):
    user = factories.make_user("editor")
    user.groups.clear()
    codes = ("add_campaign", "view_campaign", "add_rule", "view_segment", "add_segment")
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(user)
    posted = {"whom": "everybody", "rule": "0", "finish": "campaign"}

    blank = text_of(client.get(NEW))
    refused = text_of(client.post(NEW, posted | rule(variant="new") | creative()))
    client.post(NEW, posted | rule())

    assert 'value="new"' not in blank
    assert "Your role may not add a" in refused and AdVariant.objects.count() == 1
    assert Campaign.objects.count() == 2
