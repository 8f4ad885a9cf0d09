"""Marketers test one variant against another: in the rule's form, in the admin, over the API."""

import pytest
from rest_framework.test import APIClient

from campaigns.golive import compile_release
from campaigns.models import AdVariant, Arm, Campaign, Placement, Release, Rule, Treatment
from campaigns.publish import publish
from personalization.models import ApiToken
from tests import admin_forms, factories
from tests.drafts import draft_source, review


@pytest.fixture
def offers(site):
    return [AdVariant.objects.create(site=site, key=key, name=key.title(), headline=key) for key in ("long", "short")]


@pytest.fixture
def rule(site, offers):
    hero = Placement.objects.create(site=site, key="hero", name="Hero", default_variant=None)
    campaign = Campaign.objects.create(site=site, key="autumn", name="Autumn", status="live")
    return Rule.objects.create(campaign=campaign, placement=hero, name="Headline", variant=offers[0])


def fields_of(rule: Rule) -> dict:
    return {
        "name": rule.name,
        "placement": rule.placement_id,
        "variant": rule.variant_id or "",
        "treatment": rule.treatment_id or "",
        "priority": 500,
        "enabled": "on",
        "condition-mode": "rows",
    }


@pytest.fixture
def split(rule, offers) -> Treatment:
    """The rule draws between both."""
    treatment = Treatment.objects.create(site=rule.campaign.site, key="headline", name="Headline", seed="s1")
    for key, variant in zip("ab", offers, strict=True):
        Arm.objects.create(treatment=treatment, key=key, variant=variant, weight=50)
    rule.variant, rule.treatment = None, treatment
    rule.save()
    return treatment


def test_a_rule_tests_its_variant_against_another(client, rule, offers):
    client.force_login(factories.make_user("editor"))

    answer = client.post(f"/campaigns/rules/{rule.pk}/", fields_of(rule) | {"rival": offers[1].pk, "share": "70"})

    rule.refresh_from_db()
    assert answer.status_code == 302
    assert (rule.variant, rule.treatment.name) == (None, "Test of Headline")
    assert [(arm.key, arm.variant, arm.weight) for arm in rule.treatment.arms.all()] == [
        ("a", offers[0], 70),
        ("b", offers[1], 30),
    ]
    assert "Test of Headline" in client.get("/campaigns/").content.decode()
    assert "Test of Headline" in client.get("/campaigns/c/autumn/").content.decode()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rival": 0}, "choose another one above"),
        ({"variant": "", "rival": 1}, "choose another one above"),
        ({"variant": ""}, "Choose one creative, or a treatment"),
    ],
    ids=["itself", "nothing", "none"],
)
def test_a_test_of_one_variant_is_refused(client, rule, offers, changed, said):
    client.force_login(factories.make_user("editor"))
    if "rival" in changed:
        changed = changed | {"rival": offers[changed["rival"]].pk}

    page = client.post(f"/campaigns/rules/{rule.pk}/", fields_of(rule) | changed).content.decode()

    assert said in page
    assert not Treatment.objects.exists()


def test_a_rule_that_draws_keeps_its_treatment_when_it_is_saved(client, rule, split):
    client.force_login(factories.make_user("editor"))

    answer = client.post(f"/campaigns/rules/{rule.pk}/", fields_of(rule) | {"name": "Renamed"})

    rule.refresh_from_db()
    assert (answer.status_code, rule.name, rule.treatment) == (302, "Renamed", split)


def test_a_release_freezes_treatments_with_their_ranges(site, rule, split, offers):
    source = draft_source(site)

    (frozen,) = source.treatments
    assert (frozen.kind, frozen.id, frozen.key, frozen.seed) == ("split", split.pk, "headline", "s1")
    assert [(arm.key, source.variants[arm.variant].key, arm.weight, arm.range) for arm in frozen.arms] == [
        ("a", "long", 0.5, (0.0, 0.5)),
        ("b", "short", 0.5, (0.5, 1.0)),
    ]
    assert source.rules[0].treatment == 0


def test_rules_that_show_one_variant_share_its_treatment(site, rule):
    Rule.objects.create(campaign=rule.campaign, placement=rule.placement, name="Again", variant=rule.variant)

    source = draft_source(site)

    assert [frozen.kind for frozen in source.treatments] == ["single"]
    assert [one.treatment for one in source.rules] == [0, 0]


@pytest.fixture
def foreign(db) -> AdVariant:
    other = factories.make_site(write_key="wk_other", name="Other")
    return AdVariant.objects.create(site=other, key="elsewhere", name="Elsewhere", headline="Elsewhere")


@pytest.fixture(params=["weightless", "foreign"])
def fault(request, offers, foreign) -> tuple[dict, str]:
    """An arm that is all there is, and what every door says of it."""
    arm = {"key": "a", "variant": offers[0].pk, "weight": 1}
    if request.param == "foreign":
        return arm | {"variant": foreign.pk}, "Elsewhere: It belongs to another site."
    return arm | {"weight": 0}, "No arm has a weight, so there is nothing to draw."


def test_a_treatment_with_a_fault_is_not_published(site, rule, split, fault):
    arm, said = fault
    split.arms.all().delete()
    Arm.objects.create(treatment=split, key=arm["key"], variant_id=arm["variant"], weight=arm["weight"])

    problems = review(site).problems

    assert ("treatment", "arms", said) in {(one.kind, one.field, one.message) for one in problems if one.is_error}


def test_the_api_refuses_a_treatment_with_the_same_fault(site, fault):
    arm, said = fault
    _, secret = ApiToken.issue(name="CI", scopes=["write"], created_by=factories.make_user("editor"))
    api = APIClient(headers={"Authorization": f"Bearer {secret}"})

    answer = api.post("/api/v1/treatments/", {"site": site.pk, "key": "t", "name": "T", "arms": [arm]}, format="json")

    assert (answer.status_code, answer.json()) == (400, {"arms": [said]})


@pytest.mark.parametrize("address", ["add/", "{}/change/"])
def test_the_admin_refuses_a_treatment_with_the_same_fault(client, site, split, fault, address):
    client.force_login(factories.make_user("administrator"))
    arm, said = fault
    split.arms.filter(key="b").delete()
    address = "/admin/campaigns/treatment/" + address.format(split.pk)
    told = {f"arms-0-{field}": str(value) for field, value in arm.items()}
    told |= {"site": site.pk, "key": "t", "name": "T"}

    page = client.post(address, admin_forms.fields_of(client.get(address)) | told)

    assert said in page.content.decode()
    assert not Treatment.objects.filter(key="t").exists()


def test_the_admin_takes_a_treatment_in_order(client, site, offers):
    client.force_login(factories.make_user("administrator"))
    address = "/admin/campaigns/treatment/add/"
    told = {"site": site.pk, "key": "t", "name": "T"}
    told |= {f"arms-{i}-{field}": value for i in (0, 1) for field, value in (("key", "ab"[i]), ("weight", i))}
    told |= {f"arms-{i}-variant": variant.pk for i, variant in enumerate(offers)}

    answer = client.post(address, admin_forms.fields_of(client.get(address)) | told)

    assert answer.status_code == 302
    assert [(arm.key, arm.weight) for arm in Treatment.objects.get(key="t").arms.all()] == [("a", 0), ("b", 1)]


def test_changes_of_a_treatment_are_told_before_they_are_published(site, rule, split, publisher):
    release = publish(site, publisher)
    compile_release(release.pk)
    Arm.objects.filter(key="a").update(weight=150)
    Treatment.objects.update(seed="s2")

    assert review(site).changes == [
        (
            "Rule 'Headline': shows headline (75 % a: long, 25 % b: short) instead of headline (50 % a: long, 50 % b:"
            " short)"
        ),
        "Experiment 'headline' deals all visitors anew: its seed changed",
    ]
    assert Release.objects.get().changes == [
        "Rule 'Headline' is new",
        "Creative 'long' is new",
        "Creative 'short' is new",
        "Placement 'hero' is new",
    ]


def test_a_variant_that_an_arm_shows_is_not_archived(client, rule, split, offers):
    client.force_login(factories.make_user("editor"))

    client.post(f"/campaigns/variants/{offers[1].key}/archive", {"archived": "true"})

    offers[1].refresh_from_db()
    assert not offers[1].archived


# --- over the API ----------------------------------------------------------------------------------


@pytest.fixture
def api(administrator):
    _, secret = ApiToken.issue(name="Test", scopes=["read", "write"], created_by=administrator)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def test_a_treatment_is_made_with_its_arms_and_given_to_a_rule(api, site, rule, offers):
    arms = [{"key": "a", "variant": offers[0].pk, "weight": 1}, {"key": "b", "variant": offers[1].pk, "weight": 3}]
    body = {"site": site.pk, "key": "lengths", "name": "Lengths", "arms": arms}

    made = api.post("/api/v1/treatments/", body, format="json")
    given = api.patch(f"/api/v1/rules/{rule.pk}/", {"variant": None, "treatment": made.json()["id"]}, format="json")

    assert (made.status_code, given.status_code) == (201, 200)
    assert made.json()["arms"] == [arm | {"setting": {}} for arm in arms]
    assert [arm.weight for arm in Rule.objects.get().treatment.arms.all()] == [1, 3]


def test_arms_that_are_not_named_are_gone(api, split, offers):
    arms = [{"key": "b", "variant": offers[1].pk, "weight": 5}]

    answer = api.patch(f"/api/v1/treatments/{split.pk}/", {"arms": arms}, format="json")
    renamed = api.patch(f"/api/v1/treatments/{split.pk}/", {"name": "Renamed"}, format="json")

    assert (answer.status_code, renamed.status_code) == (200, 200)
    assert renamed.json()["arms"] == [arm | {"setting": {}} for arm in arms]


@pytest.mark.parametrize("fault", ["weights", "keys", "foreign"])
def test_arms_that_cannot_be_drawn_are_refused(api, site, offers, fault):
    elsewhere = factories.make_site(write_key="wk_elsewhere")
    foreign = AdVariant.objects.create(site=elsewhere, key="far", name="Far", headline="Far")
    arms = [{"key": key, "variant": variant.pk, "weight": 1} for key, variant in zip("ab", offers, strict=True)]
    spoil = {
        "weights": lambda: [arm.update(weight=0) for arm in arms],
        "keys": lambda: arms[1].update(key="a"),
        "foreign": lambda: arms[1].update(variant=foreign.pk),
    }
    spoil[fault]()

    answer = api.post("/api/v1/treatments/", {"site": site.pk, "key": "t", "name": "T", "arms": arms}, format="json")

    assert (answer.status_code, list(answer.json())) == (400, ["arms"])
    assert not Treatment.objects.exists()


def test_a_rule_shows_one_thing(api, rule, split, offers):
    both = api.patch(f"/api/v1/rules/{rule.pk}/", {"variant": offers[0].pk}, format="json")
    none = api.patch(f"/api/v1/rules/{rule.pk}/", {"treatment": None}, format="json")

    assert (both.status_code, none.status_code) == (400, 400)
    assert list(both.json()) == list(none.json()) == ["variant"]
