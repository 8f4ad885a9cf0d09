"""Pages under Settings: sites, people, tokens, the change log, health."""

import csv
from datetime import date, timedelta
from io import StringIO

import pytest
import redis
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from campaigns import editing
from campaigns.models import Campaign, Placement
from personalization.models import ApiToken
from personalization.navigation import GROUPS, SETTINGS_GROUP
from sites.pages.history import Actor, record
from tests import factories
from tests.answers import text_of
from tracking import partitions


@pytest.fixture
def ada(client, site):
    ada = factories.make_user("administrator")
    client.force_login(ada)
    return ada


@pytest.fixture
def log(site, ada):
    """Three changes, the newest first in the log: by a person, by a token, by a command."""
    spot = Placement(site=site, key="hero", name="Home hero")
    editing.save(spot, Actor(ada))
    campaign = Campaign.objects.create(site=site, key="autumn", name="Autumn")
    record(Actor(ada, "API token CI"), campaign, "Name: Fall → Autumn.")
    record(Actor.command("import_items"), site, "12 items imported.")
    return campaign, spot


@pytest.mark.parametrize("row", GROUPS[SETTINGS_GROUP], ids=lambda row: row.title)
@pytest.mark.parametrize("role", ["viewer", "administrator"])
def test_each_page_opens_for_those_who_may_and_is_refused_to_others(client, site, valkey_server, row, role):
    user = factories.make_user(role)
    client.force_login(user)

    may = not row.permission or user.has_perm(row.permission)

    assert client.get(reverse(row.url_name)).status_code == (200 if may else 403)


def test_the_log_says_in_words_who_changed_what_and_leads_to_it(client, site, ada, log):
    campaign, spot = log

    page = text_of(client.get("/settings/changes/"))

    assert "· command import_items" in page
    assert "· API token CI of ada" in page
    assert '<span class="s-tag">Campaign</span> <a href="/site/' in page
    assert f"/campaigns/c/{campaign.key}/" in page and "Name: Fall → Autumn." in page
    assert f"/placements/p/{spot.key}/" in page


def test_the_log_is_narrowed_by_person_kind_and_words(client, site, ada, log):
    mine = LogEntry.objects.filter(user=ada)
    placement = LogEntry.objects.get(object_repr="Home hero").content_type_id

    def shown(**asked) -> list[str]:
        return [entry.about for entry in client.get("/settings/changes/", asked).context["entries"]]

    assert len(shown()) == 3
    assert len(shown(person=ada.pk)) == mine.count() == 2
    assert shown(kind=placement) == ["Home hero"]
    assert shown(text="imported") == ["Shop"]
    assert shown(text="no such thing") == []
    assert len(shown(person="nonsense", kind="9" * 30)) == 3


def test_what_is_gone_has_no_link(client, site, ada, log):
    editing.delete(log[1], Actor(ada))

    gone = [entry for entry in client.get("/settings/changes/").context["entries"] if entry.about == "Home hero"]

    assert [entry.link for entry in gone] == ["", ""]


def test_the_log_costs_the_same_however_many_entries_are_on_a_page(
    client, site, ada, log, django_assert_max_num_queries
):
    for _ in range(40):
        record(Actor(ada), log[0], "Again.")

    with django_assert_max_num_queries(16):
        client.get("/settings/changes/")


def test_the_log_as_csv_is_what_the_page_shows_and_runs_nothing(client, site, ada, log):
    record(Actor(ada), log[0], "=1+1")

    rows = list(csv.reader(StringIO(client.get("/settings/changes/export.csv?text=1%2B1").content.decode())))

    assert rows[0] == ["at", "who", "kind", "about", "change", "address"]
    assert [row[1:5] for row in rows[1:]] == [["ada", "Campaign", "Autumn", "'=1+1"]]


def test_people_are_listed_with_their_roles_and_nobody_is_not(client, site, ada, log):
    factories.make_user("editor")

    page = text_of(client.get("/settings/people/"))

    assert "(nobody)" not in page
    assert 'href="/settings/people/new/"' in page
    assert "<td>Editor</td>" in page and "<td>Administrator</td>" in page


def test_tokens_are_listed_and_lead_to_the_reference(client, site, ada):
    ApiToken.issue(name="CI", scopes=["read"], created_by=ada, expires_at=timezone.now() - timedelta(days=1))

    page = text_of(client.get("/settings/tokens/"))

    assert "CI</a>" in page and "It has ended." in page
    assert '<a href="/api/docs/">' in page
    assert 'data-copy="call"' in page


def test_the_reference_of_the_api_stands_in_the_shell(client, site, ada):
    page = text_of(client.get("/api/docs/"))

    assert "nav-sidebar-apps" in page
    assert "/api/v1/campaigns/" in page


def test_sites_lead_to_their_settings_and_to_installing(client, site, ada):
    other = factories.make_site(name="Other", domain="other.example", write_key="wk_other")

    page = text_of(client.get(f"/site/{site.pk}/settings/sites/"))

    assert f"/settings/sites/{other.pk}/" in page
    assert f"/install/?site={other.pk}" in page


def test_health_shows_stores_jobs_and_what_arrives(client, site, ada, valkey_server):
    partitions.ensure([date(2026, 11, 1)])

    page = text_of(client.get("/settings/health/"))

    for words in (
        "Events per second",
        "Where Segue keeps its files",
        "Longest transaction",
        "Training of clusters",
        "personalization_decision_2026_11",
        "Happening now",
    ):
        assert words in page


def test_health_stands_where_redis_does_not_answer(client, site, ada, monkeypatch):
    def silent(*_args, **_named):
        raise redis.ConnectionError("away")

    for name in ("info", "llen", "hgetall", "execute_command", "mget", "xlen"):
        monkeypatch.setattr(f"redis.Redis.{name}", silent)

    page = text_of(client.get("/settings/health/"))

    assert page.count("does not answer") >= 4
    assert "Longest transaction" in page
