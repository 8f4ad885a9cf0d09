"""What is wrong with a draft leads to the page that mends it, whatever row it is in."""

import re

import pytest

from campaigns import validation
from campaigns.models import AdVariant, Arm, Campaign, Placement, Rule, Treatment
from campaigns.review import review
from segments.models import Segment
from tests import factories


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
    Campaign.objects.create(site=drafted, key="idle", name="Idle", status="live")
    treatment = Treatment.objects.create(site=drafted, key="lots", name="Lots")
    Arm.objects.create(treatment=treatment, key="a", variant=AdVariant.objects.get(key="default"), weight=0)
    Rule.objects.filter(name="Banner").update(variant=None, treatment=treatment, cap_total=0)
    return drafted


def links_of(page: str) -> list[str]:
    return re.findall(r'<a href="([^"]+)">Mend', page)


def test_each_problem_leads_to_a_page_that_is_there(administrator, faulty):
    problems = review(faulty).problems
    links = links_of(administrator.get("/campaigns/releases/").content.decode())

    assert {problem.kind for problem in problems} == {
        "segment",
        "advariant",
        "placement",
        "campaign",
        "treatment",
        "rule",
    }
    assert len(links) == len(problems)
    assert {administrator.get(link, follow=True).status_code for link in links} == {200}


def test_a_problem_of_the_whole_site_leads_to_the_site(administrator, drafted, monkeypatch):
    Rule.objects.update(condition={"context.path": {"$regex": "a"}})
    monkeypatch.setattr(validation, "MAX_PATTERN_WORK", 1)

    (link,) = links_of(administrator.get("/campaigns/releases/").content.decode())

    assert administrator.get(link).context["original"] == drafted
    assert administrator.get("/campaigns/").status_code == 200
