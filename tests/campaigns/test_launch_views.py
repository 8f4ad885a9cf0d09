"""The buttons that change what visitors see of a campaign, and those that ask for it."""

import re

import pytest
from django.urls import reverse

from campaigns.approval import ask
from campaigns.models import AdVariant, ApprovalRequest, Campaign, Release, Rule
from segments.models import Segment
from tests import factories
from tests.answers import text_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def spring(drafted, redis_client):
    Campaign.objects.update(status="draft")
    return Campaign.objects.get()


def log_in(client, role: str):
    client.force_login(factories.make_user(role))
    return client


def press(client, name: str, key: str = "spring", **fields) -> str:
    return text_of(client.post(reverse(name, args=[key]), fields, follow=True))


def test_a_publisher_launches_and_stops_on_the_page_of_the_campaign(client, spring):
    page = text_of(log_in(client, "publisher").get("/campaigns/c/spring/"))
    assert "Visitors do not see it. Launch it" in page and ">Launch</button>" in page

    page = press(client, "campaign-launch")
    assert "s-badge good" in page and ">Live</span>" in page and "Stop now" in page
    assert ">Launch</button>" not in page

    page = press(client, "campaign-stop")
    assert ">Paused</span>" in page and ">Launch again</button>" in page
    assert [row.note for row in Release.objects.order_by("number")] == ["Launched “Spring”", "Stopped “Spring”"]


def test_a_rule_is_stopped_in_the_list_of_its_campaign(client, spring):
    log_in(client, "publisher")
    press(client, "campaign-launch")
    rule = Rule.objects.get(name="Coupon")

    page = press(client, "rule-stop", rule.pk)

    assert f'action="/campaigns/rules/{rule.pk}/stop"' not in page
    assert [row.name for row in Release.objects.live(spring.site).content().rules] == ["Banner"]


def test_stopping_what_visitors_do_not_see_is_answered_not_done(client, spring):
    log_in(client, "publisher")

    assert "Nothing was done. Visitors do not see “Spring”" in press(client, "campaign-stop")
    assert not Release.objects.exists()


LAUNCHES = ("campaign-launch", "/campaigns/c/spring/")


@pytest.mark.parametrize(
    ("edit", "button", "page"),
    [
        (lambda: Rule.objects.filter(name="Coupon").update(priority=1), *LAUNCHES),
        (lambda: AdVariant.objects.filter(key="offer").update(headline="Another one"), *LAUNCHES),
        (lambda: Segment.objects.update(condition={"visitor.new": True}), "campaign-launch", "/campaigns/"),
        (
            lambda: Campaign.objects.update(ends_at="2030-01-01T00:00Z"),
            "campaign-approve",
            "/campaigns/c/spring/",
        ),
    ],
)
def test_nothing_goes_live_that_was_edited_after_the_page_was_drawn(client, spring, edit, button, page):
    """Also its rules, and what these use."""
    if button == "campaign-approve":
        ask(spring, factories.make_user("editor"))
    log_in(client, "publisher")
    seen = drawn(client, page)
    edit()

    refused = press(client, button, digest=seen)

    assert "“Spring” changed since you looked." in refused and not Release.objects.exists()
    assert ">Live</span>" in press(client, button, digest=drawn(client, page))


def drawn(client, page: str) -> str:
    """What a page says that it shows of the campaign."""
    return re.search(r'name="digest" value="([0-9a-f]{32})"', text_of(client.get(page)))[1]


def test_after_saving_the_page_says_what_is_next_with_its_button(client, spring):
    log_in(client, "publisher")

    page = text_of(
        client.post(
            "/campaigns/c/spring/traffic/", {"name": "Spring", "key": "spring", "goal": spring.goal_id}, follow=True
        )
    )

    assert "“Spring” is saved. Visitors do not see it before it is launched." in page
    assert ">Launch</button>" in page


def test_an_editor_asks_is_told_whom_and_a_publisher_approves(client, spring):
    factories.make_user("publisher")
    page = text_of(log_in(client, "editor").get("/campaigns/c/spring/"))
    assert "These people can: paula." in page and "Launch</button>" not in page

    page = press(client, "campaign-ask", note="For Friday")
    assert "Waiting for approval" in page and "“For Friday”" in page

    log_in(client, "publisher")
    assert "edgar asks for approval of “Spring”" in text_of(client.get("/"))
    assert "Waiting for approval" in text_of(client.get("/campaigns/releases/"))
    Rule.objects.filter(name="Coupon").update(priority=1)
    assert "It was edited after that." in text_of(client.get("/campaigns/c/spring/"))
    page = press(client, "campaign-approve")
    assert ">Live</span>" in page and "asked for approval" not in page


def test_what_is_sent_back_tells_the_editor_why(client, spring):
    ask(spring, factories.make_user("editor"))
    log_in(client, "publisher")
    press(client, "campaign-send-back", answer="No picture yet")

    page = text_of(log_in(client, "editor").get("/campaigns/c/spring/"))

    assert "paula sent it back" in page and "“No picture yet”" in page
    assert "Ask for approval</button>" in page


@pytest.mark.parametrize(
    ("name", "role"),
    [
        *((name, "editor") for name in ("campaign-launch", "campaign-stop", "campaign-approve", "campaign-send-back")),
        *((name, "viewer") for name in ("campaign-ask", "campaign-pause", "campaign-withdraw", "campaign-launch")),
    ],
)
def test_nobody_does_what_their_role_may_not(client, spring, name, role):
    ask(spring, factories.make_user("editor"))

    assert log_in(client, role).post(reverse(name, args=["spring"])).status_code == 403
    assert not Release.objects.exists()
    assert ApprovalRequest.objects.get().outcome == ""


def test_while_redis_is_away_a_stop_says_that_visitors_still_see_it(client, spring, settings):
    log_in(client, "publisher")
    press(client, "campaign-launch")
    good, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"

    page = press(client, "campaign-stop")

    assert "Redis does not answer" in page and "visitors still see what they saw" in page
    assert "pausing is not published yet" in page
    assert "Try again now" in text_of(client.get("/campaigns/releases/2/"))
    settings.REDIS_URL = good
    client.post("/campaigns/releases/2/retry")
    assert Release.objects.live(spring.site).number == 2
