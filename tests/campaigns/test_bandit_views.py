"""Setting up a bandit: named settings, each with its fault beside it."""

import pytest
from django.contrib.admin.models import LogEntry

from campaigns.models import AdVariant, Arm, Treatment
from campaigns.policy_fields import as_policy, as_typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, editor):
    client.force_login(editor)
    return client


@pytest.fixture
def creatives(site):
    return [AdVariant.objects.create(site=site, key=key, name=key.title(), headline=key) for key in ("long", "short")]


@pytest.fixture
def bandit(site, creatives):
    row = Treatment.objects.create(site=site, key="offers", name="Offers", kind="bandit", policy={"prior": [1.0, 20.0]})
    for key, variant in zip("ab", creatives, strict=True):
        Arm.objects.create(treatment=row, key=key, variant=variant)
    return row


def typed(creatives, **more):
    base = {"name": "Offers", "key": "offers", "reward": "click", "policy": "thompson", "batch": "3600000"}
    arms = {"arm-variant": [row.pk for row in creatives], "arm-key": ["" for _ in creatives]}
    return base | arms | more


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_a_new_bandit_keeps_only_what_is_not_usual(browser, site, creatives):
    answer = browser.post(
        "/bandits/new/",
        typed(creatives, floor_percent="2.5", slice_percent="5", least_trials="100", memory_percent="99"),
    )

    row = Treatment.objects.get()
    assert answer.url.endswith(f"/bandits/{row.pk}/setup/")
    assert (row.kind, row.policy) == ("bandit", {"floor": 0.025, "control": 0.05, "discount": 0.99})
    assert list(row.arms.order_by("id").values_list("key", "weight")) == [("a", 1), ("b", 1)]
    assert LogEntry.objects.filter(object_id=row.pk).count() == 1


def test_what_has_no_field_stays_and_what_is_usual_again_goes(browser, bandit, creatives):
    keys = {"arm-key": ["a", "b"]}
    browser.post(f"/bandits/{bandit.pk}/setup/", typed(creatives, policy="per_cluster", batch="900000", **keys))
    bandit.refresh_from_db()
    assert bandit.policy == {"prior": [1.0, 20.0], "policy": "per_cluster", "batch_ms": 900_000}

    browser.post(f"/bandits/{bandit.pk}/setup/", typed(creatives, **keys))
    bandit.refresh_from_db()
    assert bandit.policy == {"prior": [1.0, 20.0]}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("floor_percent", "70", "less than or equal to 50"),
        ("policy", "linear", "Name the attributes that it looks at."),
        ("batch", "7", "Select a valid choice"),
        ("arm-variant", ["", ""], "Two creatives at least"),
        ("memory_percent", "x", "Enter a number"),
    ],
)
def test_a_fault_stands_at_its_field_and_nothing_typed_is_lost(browser, site, creatives, field, value, words):
    answer = browser.post("/bandits/new/", typed(creatives, **{"name": "Typed words", field: value}))

    assert answer.status_code == 200 and not Treatment.objects.exists()
    assert words in text_of(answer) and "Typed words" in text_of(answer)


def test_features_are_kept_for_policies_that_look_at_them(browser, site, creatives):
    browser.post("/bandits/new/", typed(creatives, policy="logistic", features=["visitor.orders", "context.hour"]))

    assert Treatment.objects.get().policy == {"policy": "logistic", "features": ["visitor.orders", "context.hour"]}
    told = text_of(browser.get(f"/bandits/{Treatment.objects.get().pk}/setup/"))
    assert 'value="visitor.orders" id="id_features_' in told and "checked" in told


def test_the_key_of_an_arm_that_is_taken_out_is_not_used_again(browser, site, bandit, creatives):
    third = AdVariant.objects.create(site=site, key="new", name="New", headline="n")

    browser.post(f"/bandits/{bandit.pk}/setup/", typed([creatives[0], third], **{"arm-key": ["a", ""]}))

    assert list(bandit.arms.order_by("id").values_list("key", "variant__key")) == [("a", "long"), ("c", "new")]


def test_another_creative_is_asked_for_without_saving(browser, site, creatives):
    answer = browser.post("/bandits/new/", typed(creatives, do="add"))

    assert text_of(answer).count('name="arm-variant"') == 3 and not Treatment.objects.exists()


def test_a_viewer_cannot_save(client, viewer, bandit, creatives):
    client.force_login(viewer)
    client.post(f"/bandits/{bandit.pk}/setup/", typed(creatives, name="Other"))

    bandit.refresh_from_db()
    assert bandit.name == "Offers"


def test_the_page_of_a_treatment_leads_to_that_of_a_bandit(browser, bandit):
    assert (
        browser.get(f"/treatments/{bandit.pk}/", follow=True).redirect_chain[-1][0].endswith(f"/bandits/{bandit.pk}/")
    )


def test_what_fields_show_is_what_a_draft_keeps():
    policy = {"policy": "linear", "floor": 0.02, "discount": 0.995, "batch_ms": 300_000, "features": ["visitor.orders"]}

    assert as_policy(as_typed(policy), policy) == policy
    assert as_policy(as_typed({}), {}) == {}


def test_programs_set_reward_and_policy_with_faults_at_their_field(site, creatives, client, editor):
    client.force_login(editor)
    body = {"site": site.pk, "key": "b", "name": "B", "kind": "bandit", "reward": "value", "policy": {"floor": 2}}
    body["arms"] = [{"key": key, "variant": row.pk} for key, row in zip("ab", creatives, strict=True)]

    refused = client.post("/api/v1/treatments/", body, "application/json")
    made = client.post("/api/v1/treatments/", body | {"policy": {"floor": 0.02}}, "application/json")

    assert refused.json() == {"policy": ["floor: Must be from 0 to 0.5."]}
    assert (made.status_code, made.json()["reward"], made.json()["policy"]) == (201, "value", {"floor": 0.02})
