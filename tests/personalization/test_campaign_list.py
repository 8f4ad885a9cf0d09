"""Which campaigns does the list find, in which order, and what does it say of them?"""

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from personalization.models import DecisionRollup
from tests import factories
from tests.answers import text_of
from tests.goals import make_goal

FRAGMENT = {"HTTP_HX_REQUEST": "true"}


def log_in(client, role: str = "viewer"):
    client.force_login(factories.make_user(role))
    return client


def listed(answer) -> list[str]:
    return [row.campaign.name for row in answer.context["campaigns"]]


@pytest.fixture
def many(site):
    for key, status, goal in (
        ("autumn", "live", "Order Completed"),
        ("winter", "paused", "Signed Up"),
        ("old", "archived", "Order Completed"),
    ):
        Campaign.objects.create(site=site, key=key, name=key.title(), status=status, goal=make_goal(site, goal))
    Campaign.objects.exclude(key="autumn").update(tags=["cold", "two words"])
    winter = Campaign.objects.get(key="winter")
    DecisionRollup.objects.create(
        site=site,
        hour=timezone.now(),
        placement="hero",
        campaign_id=winter.pk,
        campaign="winter",
        impressions=9,
        clicks=3,
    )
    return site


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Autumn", "Winter"]),
        ("?status=archived", ["Old"]),
        ("?status=nonsense&order=nonsense", ["Autumn", "Winter"]),
        ("?order=seen", ["Winter", "Autumn"]),
        ("?order=changed", ["Winter", "Autumn"]),
        ("?text=sign", ["Winter"]),
        ("?text=nothing", []),
        ("?tag=cold", ["Winter"]),
        ("?tag=two+words&text=wint", ["Winter"]),
        ("?tag=warm", []),
    ],
)
def test_campaigns_are_found_and_ordered(client, many, query, names):
    log_in(client)

    assert listed(client.get(f"/campaigns/{query}")) == names
    fragment = client.get(f"/campaigns/{query}", **FRAGMENT, HTTP_HX_TARGET="campaigns")
    assert listed(fragment) == names
    assert "<html" not in text_of(fragment)


def test_tags_are_chosen_typed_and_kept_by_a_copy(client, many):
    editor = log_in(client, "editor")
    editor.post(
        "/campaigns/new/", {"name": "Spring", "tags": "Warm, sale, warm", "whom": "everybody", "finish": "draft"}
    )
    page = text_of(editor.get("/campaigns/"))
    sheet = text_of(editor.get("/campaigns/export.csv?tag=warm"))
    editor.post("/campaigns/c/spring/copy")

    assert Campaign.objects.get(key="spring").tags == Campaign.objects.get(key="spring-copy").tags == ["sale", "warm"]
    assert 'href="/campaigns/?tag=warm"' in page and "<option>two words</option>" in page
    assert '"sale, warm"' in sheet and "Winter" not in sheet


def test_the_table_says_who_changed_a_campaign_last(client, many):
    log_in(client, "editor").post("/campaigns/status", {"status": "paused", "campaign": "autumn"})

    assert '<span class="s-muted">edgar</span>' in text_of(client.get("/campaigns/"))


def test_a_campaign_comes_back_from_the_archive_paused(client, many):
    log_in(client, "editor")
    page = text_of(client.get("/campaigns/?status=archived"))
    client.post("/campaigns/status", {"status": "paused", "campaign": "old"})

    assert "Bring back" in page
    assert listed(client.get("/campaigns/")) == ["Autumn", "Old", "Winter"]


def test_campaigns_are_exported_as_they_are_filtered_and_run_no_formula(client, many):
    Campaign.objects.filter(key="winter").update(name="=SUM(A1)")

    lines = log_in(client).get("/campaigns/export.csv?status=paused").content.decode().splitlines()

    assert len(lines) == 2
    assert lines[1].startswith("winter,'=SUM(A1),paused,Signed Up,,,9,3,0,0,0.00,")
