"""What is wrong with a draft leads to the page that mends it, whatever row it is in."""

import re

import pytest

from campaigns import validation
from campaigns.kept_review import keep, review_of
from campaigns.models import AdVariant, Arm, Campaign, Placement, Rule, Treatment
from campaigns.problems import problem_of
from segments.models import Segment
from tests import factories
from tests.drafts import review
from tests.goals import make_goal


@pytest.fixture
def administrator(client, db):
    client.force_login(factories.make_user("administrator"))
    return client


@pytest.fixture
def faulty(drafted):
    """Something to mend in each kind of row that can hold it."""
    Segment.objects.update(condition={"feature.nonsense": 1})
    AdVariant.objects.filter(key="offer").update(archived=True)
    Placement.objects.create(site=drafted, key="bare", name="Bare")
    Campaign.objects.create(
        site=drafted, key="idle", name="Idle", status="live", goal=make_goal(drafted, key="bare", value_kind="property")
    )
    treatment = Treatment.objects.create(site=drafted, key="lots", name="Lots")
    Arm.objects.create(treatment=treatment, key="a", variant=AdVariant.objects.get(key="default"), weight=0)
    Rule.objects.filter(name="Banner").update(variant=None, treatment=treatment, cap_total=0)
    return drafted


def links_of(page: str) -> list[str]:
    return re.findall(r'<a href="([^"]+)">Mend', page)


def test_each_problem_leads_to_a_page_that_is_there(administrator, faulty):
    problems = review(faulty).problems
    links = links_of(administrator.get("/campaigns/releases/").content.decode())

    kinds = {"segment", "advariant", "placement", "campaign", "goal", "treatment", "rule"}
    assert {problem.kind for problem in problems} == kinds
    assert len(links) == len(problems)
    assert {administrator.get(link, follow=True).status_code for link in links} == {200}


def test_a_problem_of_the_whole_site_leads_to_the_site(administrator, drafted, monkeypatch):
    Rule.objects.update(condition={"context.path": {"$regex": "a"}})
    monkeypatch.setattr(validation, "MAX_PATTERN_WORK", 1)

    (link,) = links_of(administrator.get("/campaigns/releases/").content.decode())

    assert administrator.get(link).context["row"] == drafted
    assert administrator.get("/campaigns/").status_code == 200


# --- who else takes part, and for whom ----------------------------------------------------------------

WITNESS = {"context.device": "mobile"}


@pytest.fixture
def rivals(drafted, monkeypatch):
    """A problem between two rules, as comparing their conditions would find it."""
    coupon, banner = (Rule.objects.get(name=name) for name in ("Coupon", "Banner"))
    found = problem_of(coupon, "condition", "It never wins.", is_error=False, others=[banner], witness=WITNESS)
    monkeypatch.setattr("campaigns.offers.validate", lambda draft, now: [found])
    return coupon, banner


def test_the_page_names_the_other_rows_and_an_example(administrator, rivals):
    coupon, banner = rivals

    page = administrator.get("/campaigns/releases/").content.decode()

    assert f'<a href="/campaigns/rules/{coupon.pk}/">Mend' in page
    assert f'<a href="/campaigns/rules/{banner.pk}/">Banner</a>' in page
    assert "For example: Device is “mobile”." in page


def test_the_api_names_the_other_rows_and_an_example(administrator, drafted, rivals):
    (problem,) = administrator.get("/api/v1/releases/review/", {"site": drafted.pk}).json()["problems"]

    assert problem["others"] == [{"app": "campaigns", "kind": "rule", "pk": rivals[1].pk, "name": "Banner"}]
    assert problem["witness"] == WITNESS


def test_a_refusal_names_them_too(administrator, drafted, rivals, monkeypatch):
    found = problem_of(rivals[0], "condition", "It never wins.", others=[rivals[1]], witness=WITNESS)
    monkeypatch.setattr("campaigns.offers.validate", lambda draft, now: [found])

    answer = administrator.post("/api/v1/releases/", {"site": drafted.pk}, content_type="application/json")

    (problem,) = answer.json()["problems"]
    assert (answer.status_code, problem["others"][0]["name"], problem["witness"]) == (400, "Banner", WITNESS)


def test_a_kept_review_is_the_one_that_was_made(drafted, rivals):
    assert review_of(keep(drafted)) == review(drafted)


def test_a_rule_whose_placement_is_off_leads_to_both(administrator, drafted):
    Placement.objects.update(enabled=False)

    found = [problem for problem in review(drafted).problems if problem.kind == "rule"]

    assert {tuple(other.name for other in problem.others) for problem in found} == {("Hero",)}
    page = administrator.get("/campaigns/releases/").content.decode()
    assert "/placements/p/" in page and "/admin/campaigns" not in page
