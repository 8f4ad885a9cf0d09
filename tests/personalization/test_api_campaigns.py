"""What visitors see of campaigns, and changing that, for programs."""

import json

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Release, Rule
from personalization.models import ApiToken
from segments.models import Segment
from tests import factories
from tests.campaigns.conftest import drafted  # noqa: F401  # a fixture
from tracking.models import Visitor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def program(client, drafted, redis_client):  # noqa: F811  # the fixture
    """Of a publisher; a role other than that as `program(role)`."""
    Campaign.objects.update(status="draft")

    def ask(method: str, path: str, role: str = "publisher", scopes=("read", "write", "publish"), **body):
        _, secret = ApiToken.issue(name="CI", scopes=list(scopes), created_by=factories.make_user(role))
        headers = {"Authorization": f"Bearer {secret}"}
        return client.generic(method, f"/api/v1/{path}", json.dumps(body), "application/json", headers=headers)

    return ask


def spring() -> Campaign:
    return Campaign.objects.get()


def state(program, kind: str = "campaigns", pk: int = 0) -> str:
    return program("GET", f"{kind}/{pk or spring().pk}/").json()["standing"]["state"]


def test_a_campaign_is_launched_stopped_and_told_as_visitors_see_it(program):
    assert state(program) == "draft"

    launched = program("POST", f"campaigns/{spring().pk}/launch/", note="From CI")
    assert (launched.status_code, launched.json()["note"]) == (202, "From CI")
    assert state(program) == "live"
    assert program("GET", "campaigns/?state=live").json()["count"] == 1

    stopped = program("POST", f"campaigns/{spring().pk}/stop/")
    assert (stopped.status_code, stopped.json()["stops"]) == (202, True)
    assert state(program) == "paused"
    assert program("GET", "campaigns/?state=live").json()["count"] == 0
    again = program("POST", f"campaigns/{spring().pk}/stop/")
    assert (again.status_code, again.json()["code"]) == (409, "not_seen")


def test_a_rule_is_stopped_alone(program):
    program("POST", f"campaigns/{spring().pk}/launch/")
    rule = Rule.objects.get(name="Coupon")

    assert program("POST", f"rules/{rule.pk}/stop/").status_code == 202

    assert state(program, "rules", rule.pk) == "paused"
    assert state(program) == "live"


def test_an_unknown_state_is_refused_by_name(program):
    answer = program("GET", "campaigns/?state=burning")

    assert answer.status_code == 400 and "It is one of draft, waiting" in answer.json()["state"][0]


def test_what_is_chosen_is_published_as_it_was_reviewed(program, site):
    program("POST", f"campaigns/{spring().pk}/launch/")
    Rule.objects.filter(name="Coupon").update(priority=1)
    review = program("GET", f"releases/review/?site={site.pk}").json()
    things = {offer["thing"]: offer["digest"] for offer in review["offers"]}
    assert things.keys() == {f"campaign:{spring().pk}"}
    Rule.objects.filter(name="Coupon").update(priority=2)

    outdated = program("POST", "releases/", site=site.pk, things=things)
    assert (outdated.status_code, outdated.json()["code"]) == (409, "outdated")

    accepted = program("POST", "releases/", site=site.pk, things=dict.fromkeys(things, ""))
    assert accepted.json()["changes"] == [
        "Rule 'Coupon': priority 500 -> 2",
    ]


@pytest.mark.parametrize("things", [{}, {"everything": ""}, {"campaign": ""}])
def test_a_choice_of_what_there_is_not_is_refused(program, site, things):
    answer = program("POST", "releases/", site=site.pk, things=things)

    assert answer.status_code == 400 and "things" in answer.json()


def test_an_editor_asks_and_a_publisher_answers(program):
    path = f"campaigns/{spring().pk}"
    asked = program("POST", f"{path}/ask/", role="editor", note="Please")
    assert (asked.status_code, asked.json()["note"]) == (201, "Please")
    assert state(program) == "waiting"

    assert program("POST", f"{path}/send-back/", note="Not yet").json()["answer"] == "Not yet"
    late = program("POST", f"{path}/approve/")
    assert (late.status_code, late.json()["code"]) == (409, "not_waiting")

    program("POST", f"{path}/ask/", role="editor")
    assert program("POST", f"{path}/withdraw/", role="editor").status_code == 204
    program("POST", f"{path}/ask/", role="editor")
    assert program("POST", f"{path}/approve/").status_code == 202
    assert state(program) == "live"


@pytest.mark.parametrize("verb", ["launch", "approve"])
def test_a_program_launches_what_it_has_read_or_nothing(program, verb):
    path = f"campaigns/{spring().pk}"
    asked = program("POST", f"{path}/ask/", role="editor").json()["digest"]
    read = program("GET", f"{path}/").json()["digest"]
    Rule.objects.filter(name="Coupon").update(priority=1)

    outdated = program("POST", f"{path}/{verb}/", digest=read)

    assert (outdated.status_code, outdated.json()["code"]) == (409, "outdated") and asked == read
    assert program("POST", f"{path}/{verb}/", digest=program("GET", f"{path}/").json()["digest"]).status_code == 202


@pytest.mark.parametrize("verb", ["launch", "stop", "approve", "send-back"])
def test_only_who_may_publish_changes_what_visitors_see(program, verb):
    program("POST", f"campaigns/{spring().pk}/ask/", role="editor")

    assert program("POST", f"campaigns/{spring().pk}/{verb}/", role="editor").status_code == 403
    assert program("POST", f"campaigns/{spring().pk}/{verb}/", scopes=["read", "write"]).status_code == 403
    assert not Release.objects.exists()


def test_pausing_is_of_the_draft(program):
    program("POST", f"campaigns/{spring().pk}/launch/")

    answer = program("POST", f"campaigns/{spring().pk}/pause/", role="editor")

    assert answer.json()["status"] == "paused"
    assert answer.json()["standing"]["notes"] == ["pausing is not published yet"]


def test_whether_it_is_ready_is_told_point_by_point(program):
    answer = program("GET", f"campaigns/{spring().pk}/checks/", role="viewer", scopes=["read"]).json()

    points = {check["title"]: check for check in answer}
    assert (
        points["Priority"]["state"] == "must_be_mended"
        and "“Banner” of Spring always wins" in points["Priority"]["words"]
    )
    assert points["Priority"]["link"] == "/campaigns/?placement=home-hero"


def test_whom_it_reaches_is_told_net_of_the_rules_above(program):
    Visitor.objects.create(
        id="ab" * 16, site=spring().site, first_seen_at=timezone.now(), last_seen_at=timezone.now(), events=1
    )

    answer = program("GET", f"campaigns/{spring().pk}/reach/", role="viewer", scopes=["read"]).json()

    assert (answer["active"], answer["looked_at"]) == (1, 0)  # a visitor without a profile is not looked at
    assert [rule["left"] for rule in answer["rules"]] == [0, 0]


def test_what_somebody_new_would_see_at_a_moment(program):
    Rule.objects.filter(name="Banner").update(starts_at="2030-11-29T08:00Z")
    address = f"campaigns/{spring().pk}/preview/?at=2030-11-29T09:00%2B01:00"

    (hero,) = program("GET", address, role="viewer", scopes=["read"]).json()["placements"]

    banner = Rule.objects.get(name="Banner")
    assert (hero["placement"], hero["variant"], hero["rule"], hero["is_of_campaign"]) == (
        "home-hero", "default", banner.pk, True,
    )  # fmt: skip
    assert hero["reasons"][0] == "Rule “Banner” won: it is for everybody."
    assert not Release.objects.exists()


@pytest.mark.parametrize("query", ["visitor=nobody", "at=soon", "device=fridge", "vistor=x"])
def test_what_a_preview_cannot_read_is_answered_with_its_name(program, query):
    answer = program("GET", f"campaigns/{spring().pk}/preview/?{query}", role="viewer", scopes=["read"])

    assert (answer.status_code, list(answer.json())) == (400, [query.partition("=")[0]])


def test_caps_are_set_and_a_cap_of_zero_is_refused_at_its_field(program):
    rule = Rule.objects.get(name="Coupon")

    set_ = [
        program("PATCH", f"campaigns/{spring().pk}/", cap_per_session=3, cap_per_day=5, cap_total=9),
        program("PATCH", f"rules/{rule.pk}/", cap_per_session=2),
    ]
    refused = program("PATCH", f"campaigns/{spring().pk}/", cap_per_session=0)

    assert [answer.status_code for answer in set_] == [200, 200]
    assert (spring().limits, Rule.objects.get(pk=rule.pk).cap_per_session) == (
        "at most 3 a session, 5 a day, 9 in all",
        2,
    )
    assert refused.status_code == 400 and "cap_per_session" in refused.content.decode()


def test_campaigns_and_segments_are_found_by_their_tags(program):
    for path in (f"campaigns/{spring().pk}/", f"segments/{Segment.objects.get().pk}/"):
        assert program("PATCH", path, tags=["Autumn ", "sale"]).json()["tags"] == ["autumn", "sale"]

    for kind in ("campaigns", "segments"):
        assert program("GET", f"{kind}/?tag=autumn").json()["count"] == 1
        assert program("GET", f"{kind}/?tag=winter").json()["count"] == 0


def test_an_estimate_says_that_nobody_can_be_in_a_segment(program):
    segment = f"segments/{Segment.objects.get().pk}/"
    before = program("GET", f"{segment}estimate/").json()["contradiction"]

    program("PATCH", segment, condition={"visitor.orders": {"$gte": 3, "$lt": 2}})

    assert before == ""
    assert program("GET", f"{segment}estimate/").json()["contradiction"].startswith("Nobody can ever fit: ")
