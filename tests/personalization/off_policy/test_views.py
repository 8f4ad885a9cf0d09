"""Another policy is asked for on a page or over the API, watched, and read."""

import pytest
from django.utils import timezone

from campaigns.models import AdVariant, Arm, Treatment
from personalization.models import PolicyEvaluation
from personalization.off_policy import working
from personalization.off_policy.tables import LOST_AFTER
from tests.personalization.off_policy.answers import RESULT

pytestmark = pytest.mark.django_db


@pytest.fixture
def treatment(site):
    row = Treatment.objects.create(site=site, key="offers", name="Offers")
    for key in "ab":
        variant = AdVariant.objects.create(site=site, key=f"offer-{key}", name=f"Offer {key.upper()}", headline=key)
        Arm.objects.create(treatment=row, key=key, variant=variant)
    return row


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(working, "evaluation_of", lambda *_: RESULT)


def typed(**fields):
    return {"kind": "arm", "arm": "a", "reward": "click", "days": "14"} | fields


def test_it_is_asked_found_again_and_read(client, editor, treatment, see, django_capture_on_commit_callbacks):
    client.force_login(editor)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"/past-traffic/of/{treatment.pk}/", typed())
    row = PolicyEvaluation.objects.get()

    assert answer.url.endswith(f"/past-traffic/{row.pk}/")
    shown = see(f"/past-traffic/{row.pk}/")
    for words in ("Always Offer A", "Better", "12,345 of 678 visitors", "7.61 % to 9.59 %", "The one to go by"):
        assert words in shown
    assert "Always Offer A" in see("/past-traffic/") and "Always Offer A" in see(f"/past-traffic/of/{treatment.pk}/")
    assert f"/past-traffic/of/{treatment.pk}/" in see(f"/experiments/{treatment.pk}/setup/")


@pytest.mark.parametrize(
    ("fields", "target"),
    [
        ({"kind": "shares", "share-a": "80", "share-b": "20"}, {"kind": "shares", "shares": {"a": 80, "b": 20}}),
        (
            {"kind": "bandit", "policy": "ucb1", "floor": "5", "least_trials": "100"},
            {"kind": "bandit", "settings": {"policy": "ucb1", "floor": 0.05}},
        ),
    ],
)
def test_what_is_typed_is_what_is_asked(client, editor, treatment, fields, target):
    client.force_login(editor)
    client.post(f"/past-traffic/of/{treatment.pk}/", typed(**fields))

    assert PolicyEvaluation.objects.get().target == target


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"kind": ""}, "Choose one."),
        ({"arm": "z"}, "Select a valid choice"),
        ({"kind": "shares", "share-a": "80", "share-b": "30"}, "They must sum up to 100, and come to 110."),
        ({"kind": "bandit", "floor": "90"}, "floor: Must be from 0 to 0.5."),
        ({"days": "91"}, "less than or equal to 90"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_lost(client, editor, treatment, fields, fault):
    client.force_login(editor)
    shown = client.post(f"/past-traffic/of/{treatment.pk}/", typed(**fields)).content.decode()

    assert fault in shown and not PolicyEvaluation.objects.exists()
    for name, value in fields.items():
        assert name == "kind" or value == "z" or f'value="{value}"' in shown


def test_one_that_was_stopped_says_so_and_is_run_again(client, editor, treatment, see):
    row = PolicyEvaluation.objects.create(
        site=treatment.site, treatment=treatment, target={"kind": "arm", "arm": "a"}, state="running", progress=40
    )
    assert "Running, 40 %" in see(f"/past-traffic/{row.pk}/")
    PolicyEvaluation.objects.update(seen_at=timezone.now() - 2 * LOST_AFTER)

    assert "Its worker was stopped at 40 %." in see(f"/past-traffic/{row.pk}/")
    client.force_login(editor)
    client.post(f"/past-traffic/{row.pk}/again")
    assert PolicyEvaluation.objects.latest("id").target == row.target and PolicyEvaluation.objects.count() == 2


def test_a_second_question_is_told_of_the_first(client, editor, treatment):
    client.force_login(editor)
    for _ in range(2):
        answer = client.post(f"/past-traffic/of/{treatment.pk}/", typed())

    assert PolicyEvaluation.objects.count() == 1
    assert "is being worked at" in answer.content.decode()


def test_without_an_experiment_the_page_leads_to_one(see, site):
    assert "Nothing divides visitors yet" in see("/past-traffic/")


def test_who_only_looks_cannot_ask(client, viewer, treatment):
    client.force_login(viewer)
    client.post(f"/past-traffic/of/{treatment.pk}/", typed())

    assert not PolicyEvaluation.objects.exists()


def test_the_api_asks_and_answers(client, editor, treatment, django_capture_on_commit_callbacks):
    client.force_login(editor)
    asked = {"treatment": treatment.pk, "target": {"kind": "shares", "shares": {"a": 100}}, "days": 3}
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/api/v1/policy-evaluations/", asked, content_type="application/json")
    assert (answer.status_code, answer.json()["state"]) == (201, "waiting")

    told = client.get(f"/api/v1/policy-evaluations/{answer.json()['id']}/").json()
    assert (told["state"], told["result"]["verdict"], told["site"]) == ("done", "better", treatment.site_id)


def test_the_api_names_the_field_that_is_wrong(client, editor, treatment):
    client.force_login(editor)
    asked = {"treatment": treatment.pk, "target": {"kind": "shares", "shares": {"a": 70}}}
    answer = client.post("/api/v1/policy-evaluations/", asked, content_type="application/json")
    busy = [
        client.post("/api/v1/policy-evaluations/", asked | {"target": {"kind": "arm", "arm": "a"}}, "application/json")
        for _ in range(2)
    ]

    assert answer.json() == {"target": {"shares": ["They must sum up to 100, and come to 70."]}}
    assert [each.status_code for each in busy] == [201, 409]
