"""The tabs of a campaign through the client."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.approval import ask
from campaigns.editing import split
from campaigns.models import AdVariant, Campaign, Placement, Rule
from campaigns.publish import launch
from sites.pages.history import Actor
from tests import factories
from tests.answers import text_of

pytestmark = pytest.mark.django_db
TABS = ["", "audience/", "content/", "traffic/", "history/"]


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_has_the_state_the_buttons_and_the_way_to_the_others(see, redis_client, spring, publisher, tab):
    Campaign.objects.update(status="draft")

    page = see(tab, publisher)

    assert ">Draft</span>" in page and ">Launch</button>" in page and ">Duplicate</button>" in page
    links = re.findall(r'class="s-tab" href="/campaigns/c/spring/([a-z]*/?)"', page)
    assert links == TABS
    assert re.search(r'href="/campaigns/c/spring/([a-z]*/?)" +aria-current="page"', page)[1] == tab


@pytest.mark.parametrize("tab", TABS)
def test_who_only_looks_is_offered_nothing_to_press(see, redis_client, spring, tab):
    page = see(tab)

    forms = re.findall(r'<form[^>]*method="post"[^>]*action="(/campaigns/[^"]*)"', page)
    assert forms == (["/campaigns/c/spring/traffic/"] if tab == "traffic/" else [])
    assert "Save draft</button>" not in page.replace('aria-hidden="true">Save draft</button>', "")


def test_what_is_pressed_on_a_tab_leads_back_to_it(client, spring, editor):
    client.force_login(editor)

    answer = client.post("/campaigns/c/spring/pause", {"back": "campaign-history"})
    strange = client.post("/campaigns/c/spring/pause", {"back": "home"})

    assert (answer.url, strange.url) == ("/campaigns/c/spring/history/", "/campaigns/c/spring/")


def test_settings_are_saved_on_their_tab_and_faults_stay_there(client, spring, editor):
    client.force_login(editor)
    fields = {"name": "Spring sale", "key": "spring", "goal": spring.goal_id}

    saved = client.post("/campaigns/c/spring/traffic/", fields)
    wrong = client.post(
        "/campaigns/c/spring/traffic/",
        fields | {"name": "Later", "starts_at": "2026-05-02T00:00", "ends_at": "2026-05-01T00:00"},
    )

    assert saved.url == "/campaigns/c/spring/traffic/"
    page = text_of(wrong)
    assert "It must end after it starts." in page and 'value="Later"' in page
    assert "<title>Spring sale" in page.replace("<title> ", "<title>")


def test_the_overview_asks_as_much_however_many_rules_there_are(client, redis_client, spring, viewer):
    client.force_login(viewer)
    client.get("/campaigns/c/spring/")
    with CaptureQueriesContext(connection) as few:
        client.get("/campaigns/c/spring/")
    hero, offer = Placement.objects.get(), AdVariant.objects.get(key="offer")
    for number in range(20):
        Rule.objects.create(campaign=spring, placement=hero, name=f"Rule {number}", variant=offer)
    with CaptureQueriesContext(connection) as many:
        page = text_of(client.get("/campaigns/c/spring/"))

    assert "Rule 19" in page
    assert len(many) == len(few) <= 75


def test_results_come_by_themselves_once_it_has_run_and_before_it_says_what_is_next(see, spring, publisher):
    before = see("", publisher)
    assert "Nobody has seen it yet" in before and 'id="result"' not in before
    assert "seen, clicked, order completed, and what else was in line" in before
    assert 'Next: <a href="/campaigns/?placement=home-hero">change the order</a>' in before  # Banner leaves nothing
    Rule.objects.filter(name="Banner").update(priority=1)
    assert '<a href="/campaigns/c/spring/content/">look at it as a visitor</a>' in see("", publisher)
    AdVariant.objects.filter(key="offer").update(background="red")
    assert 'Next: <a href="/campaigns/variants/offer/">open the creative</a>' in see("", publisher)

    Rule.objects.update(first_published_at=spring.created_at)

    page = see("", publisher)
    address = f"/results/campaign/{spring.pk}/?period=7"
    assert f'id="result" hx-get="{address}" hx-trigger="load"' in page
    assert f'<a href="{address}">Results of the last 7 days</a>' in page


def test_a_campaign_without_rules_leads_to_the_first(see, spring, editor):
    Rule.objects.all().delete()

    assert "It has none yet: whom to show which creative, and where." in see("", editor)
    for tab in TABS[1:3]:
        assert 'href="/campaigns/c/spring/rules/new/">Add a rule</a>' in see(tab, editor)
    assert "It has no rules yet, so nothing runs." in see("traffic/", editor)


@pytest.mark.django_db(transaction=True)
def test_the_overview_says_who_published_it(see, redis_client, spring, publisher):
    launch(spring, publisher)

    page = see("", publisher)

    assert "Last published" in page and 'by paula in <a href="/campaigns/releases/1/">release 1</a>' in page


@pytest.mark.django_db(transaction=True)
def test_the_history_has_the_campaign_its_rules_creatives_requests_and_releases(
    client, see, redis_client, spring, editor, publisher
):
    other = Campaign.objects.create(site=spring.site, key="other", name="Other")
    client.force_login(editor)
    rule = Rule.objects.get(name="Coupon")
    Campaign.objects.filter(key="spring").update(status="draft")
    client.post("/campaigns/c/other/pause")
    client.post(f"/campaigns/rules/{rule.pk}/enabled", {"enabled": "false"})
    client.post("/campaigns/variants/offer/copy")
    client.post("/campaigns/variants/offer/", {"name": "Offer", "key": "offer", "template": "hero", "headline": "Hi"})
    ask(spring, editor, "For Friday")
    launch(spring, publisher)

    page = see("history/")

    told = ["Launched.", "Asked for approval: For Friday", "Paused.", "Headline: Just for you → Hi.", "Release 1"]
    assert [words for words in told if words not in page] == []
    assert page.index("Launched.") < page.index("Asked for approval") < page.index("Paused.")
    assert f'/campaigns/rules/{rule.pk}/">Coupon</a>' in page
    assert "Status set to Paused." not in page and other.name not in page.partition('id="entries"')[2]


def test_the_history_goes_on_page_by_page(client, see, spring, editor):
    client.force_login(editor)
    rule = Rule.objects.get(name="Coupon")
    for number in range(31):
        client.post(f"/campaigns/rules/{rule.pk}/enabled", {"enabled": str(number % 2 == 0).lower()})

    assert "Page 1 of 2" in see("history/")
    part = client.get(
        "/campaigns/c/spring/history/", {"page": 2}, headers={"hx-request": "true", "hx-target": "entries"}
    )
    assert text_of(part).startswith('<div id="entries">') and text_of(part).count('class="s-change"') == 1


def test_the_limits_of_each_rule_stand_in_a_table_and_in_pictures(see, spring):
    Rule.objects.filter(name="Coupon").update(
        cap_per_day=2, cap_total=9, hours="mon-fri 9-18", ends_at="2030-01-01T00:00Z"
    )
    Campaign.objects.update(cap_per_session=4)

    page = see("traffic/")

    assert "at most 2 a day, 9 in all" in page and "without limit" in page
    assert "all rules together are seen at most 4 a session" in page
    assert "Mon to Fri 09:00 to 18:00" in page and "until <time" in page
    assert page.count('class="s-when-line week"') == 2 and 'class="s-when-now"' in page


def test_a_lot_stands_with_its_shares(client, see, spring, editor):
    client.force_login(editor)
    rule = Rule.objects.get(name="Coupon")
    split(rule, [(AdVariant.objects.get(key="offer"), 70), (AdVariant.objects.get(key="default"), 30)], Actor(editor))

    page = see("traffic/")

    assert re.search(r"70 % <a [^>]*>Offer</a>", page) and re.search(r"30 % <a [^>]*>Default</a>", page)
    assert f'href="/experiments/{rule.treatment_id}/setup/">Change the shares' in page


def test_a_campaign_of_another_site_is_not_found(client, spring, viewer):
    other = factories.make_site(name="Other", write_key="wk_other")
    client.force_login(viewer)

    assert [client.get(f"/site/{other.pk}/campaigns/c/spring/{tab}").status_code for tab in TABS] == [404] * 5
