"""Home, the campaigns with their results, and one visitor, as members of each role see them."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Campaign, Placement, Release, Rule
from personalization.models import ApiToken, Decision, DecisionRollup
from personalization.portrait import FIRST, events_behind
from segments.features import FEATURES
from sites import keys
from sites.models import Site
from sites.pseudonyms import visitor_of
from tests import factories, shop_week
from tests.answers import text_of
from tracking.models import Event, Session, Visitor

ROLES = ["viewer", "editor", "publisher", "administrator"]
ORDER = re.compile(r"ORDER BY (.*?)(?: LIMIT (?!1$)\d+)?$")
# What no two rows share: ids, keys within a site, moments within a segment, and what rows are grouped by.
# Numbers of releases are of one site; the names of people and groups are theirs alone.
_ALONE = r'"(id|key|message_id|username)"|"segments_segmentsize"\."at"|"auth_group"\."name"|"campaigns_release"\."number"|\b\d+'
TOTAL = re.compile(rf"({_ALONE}) (ASC|DESC)$| LIMIT 1$")
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(scope="module")
def week(django_db_setup, django_db_blocker, valkey_server):
    """A shop made once for all tests of this file, which change it within transactions that are rolled back; and what
    it left in Redis, which is emptied before each test."""
    with django_db_blocker.unblock(), redis.Redis.from_url(settings.REDIS_URL) as client:
        site = factories.make_site()
        shop_week.fill(site, factories.make_user("administrator"), datetime.now(UTC), visitors=12)
        yield site, {key: client.dump(key) for key in client.scan_iter()}
        django_db_setup.put_back()


@pytest.fixture
def shop(week, db, redis_client):
    site, kept = week
    for key, value in kept.items():
        redis_client.restore(key, 0, value)
    return Site.objects.get(pk=site.pk)


def log_in(client, role: str = "viewer"):
    client.force_login(factories.make_user(role))
    return client


@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_every_page(client, shop, role):
    log_in(client, role)
    visitor = visitor_of(shop.salt, "anonymous-0")
    looked_at = [
        "/", "/visitors/", f"/visitors/{visitor}/", f"/visitors/{visitor}/features/pages_total/", "/visitors/export.csv", "/segments/", "/segments/s/engaged/",
        "/segments/clusters/", "/segments/features/", "/campaigns/", "/campaigns/c/autumn/", "/campaigns/variants/coupon/", "/campaigns/releases/", "/campaigns/releases/1/", "/install/",
    ]  # fmt: skip

    assert {address: client.get(address).status_code for address in looked_at} == dict.fromkeys(looked_at, 200)


def test_home_shows_figures_and_what_needs_attention(client, shop):
    page = text_of(log_in(client).get("/"))

    assert '<a href="/campaigns/?placement=home-hero">Home hero</a>' in page
    assert "Placement “Beside the cart” shows nothing when no rule wins." in page
    assert "Conversions touched, 7 days" in page


def test_home_says_where_something_was_seen(client, shop, django_assert_max_num_queries):
    event = Event.objects.latest("at")
    Event.objects.filter(message_id=event.message_id).update(
        type="engagement", name="Impression", path="", properties={"placement": "side-bar"}
    )
    log_in(client)

    with django_assert_max_num_queries(12):
        fragment = text_of(client.get("/", **FRAGMENT, HTTP_HX_TARGET="feed"))

    assert 'Impression <span class="s-muted">side-bar</span>' in fragment


def test_health_tells_of_records_that_could_not_be_stored(client, shop, redis_client):
    redis_client.xadd(keys.dead(1), {"reason": "why", "e": "?"})
    redis_client.xadd(keys.dead(2), {"reason": "why", "e": "?"})

    page = text_of(log_in(client).get("/settings/health/"))

    assert "2 records of the event log could not be stored. `manage.py dead_letters` shows why" in page
    assert 'href=""' not in page


def test_home_tells_of_drafts_that_changed_and_segments_that_emptied(client, shop):
    rule = Rule.objects.get(name="Remind of the cart")
    rule.priority += 1
    rule.save()
    rule.segment.sizes.update(visitors=0)

    page = text_of(log_in(client).get("/"))

    assert "2 changes not published yet." in page  # with the holdout, which was never published
    assert "Nobody is in segment “Cart Abandoner”" in page


@pytest.mark.parametrize("target", ["live", "feed", "engagement", "attention"])
def test_home_answers_htmx_with_the_fragment_alone(client, shop, target):
    fragment = text_of(log_in(client).get("/", **FRAGMENT, HTTP_HX_TARGET=target))

    assert f'id="{target}"' in fragment
    assert "<html" not in fragment


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/", "feed"), ("/visitors/", "visitors"), ("/visitors/{visitor}/", "timeline"), ("/visitors/{visitor}/features/pages_total/", ""),
        ("/campaigns/", "rules"), ("/campaigns/", "unpublished"), ("/campaigns/releases/", "review"), ("/campaigns/releases/", "releases"), ("/campaigns/releases/1/", "progress"), ("/segments/s/engaged/", "size"),
        ("/segments/clusters/", "training"), ("/install/", "sighting"),
    ],
)  # fmt: skip
def test_no_cache_takes_a_part_of_a_page_for_the_page(client, shop, address, target):
    """R18: the address of both is the same."""
    address = address.format(visitor=visitor_of(shop.salt, "anonymous-0"))
    whole, part = log_in(client).get(address), client.get(address, **FRAGMENT, HTTP_HX_TARGET=target)

    assert ("<html" in text_of(whole), "<html" in text_of(part)) == (True, False)
    assert part["Cache-Control"] == "no-store"
    for answer in (whole, part):
        assert {"HX-Request", "HX-Target"} <= set(answer["Vary"].split(", "))


LISTS = [
    "/", "/visitors/", "/visitors/{visitor}/", "/visitors/{visitor}/features/pages_total/", "/segments/", "/segments/s/engaged/", "/campaigns/",
    "/campaigns/?order=seen", "/campaigns/c/autumn/", "/campaigns/c/autumn/rules/new/", "/campaigns/variants/coupon/", "/campaigns/releases/", "/install/",
]  # fmt: skip


@pytest.mark.parametrize("address", LISTS)
def test_every_list_of_a_page_has_a_total_order(client, shop, address):
    """R07: each query for more than one row ends its order with what no two rows share."""
    log_in(client)
    with CaptureQueriesContext(connection) as asked:
        client.get(address.format(visitor=visitor_of(shop.salt, "anonymous-0")))
    orders = [found[1] for query in asked if (found := ORDER.search(query["sql"]))]

    assert orders
    assert [order for order in orders if not TOTAL.search(order)] == []


def test_pictures_of_the_shop_are_fetched_from_the_shop(client, shop):
    """Its pages write addresses without a host, which on pages of ours would be our own."""
    page = text_of(log_in(client).get(f"/visitors/{visitor_of(shop.salt, 'anonymous-0')}/"))
    choice = text_of(log_in(client, "editor").get("/creatives/pictures/choice"))

    for text in (page, choice):
        assert 'src="//shop.example/img/' in text
        assert 'src="/img/' not in text
    assert 'data-address="/img/' in choice


def test_the_site_chosen_is_kept(client, shop):
    other = factories.make_site(name="Other", domain="other.example", write_key="wk_other")
    log_in(client).post("/choose-site", {"site": other.pk})

    assert "other.example" in text_of(client.get("/install/", follow=True))


def test_the_master_list_goes_by_who_wins_and_costs_a_fixed_number_of_queries(client, shop, django_assert_num_queries):
    log_in(client).get("/campaigns/")
    with django_assert_num_queries(21) as few:
        page = text_of(client.get("/campaigns/", **FRAGMENT, HTTP_HX_TARGET="rules"))
    rule = Rule.objects.first()
    for n in range(20):
        rule.pk, rule.name, rule.priority = None, f"Copy {n}", 10
        rule.save(force_insert=True)

    with django_assert_num_queries(len(few)):
        client.get("/campaigns/", **FRAGMENT, HTTP_HX_TARGET="rules")

    assert page.index("Related product") < page.index("Banner of the category") < page.index("Mobile visitors")
    assert "Device is “mobile” and Sessions ever is at least 2" in page


def test_campaigns_show_their_results(client, shop):
    """R15: whatever their key was when they were counted."""
    DecisionRollup.objects.all().delete()
    hour, autumn = timezone.now(), Campaign.objects.get(key="autumn")
    for days, seen in ((1, 200), (8, 999)):
        DecisionRollup.objects.create(
            site=shop, hour=hour - timedelta(days=days), placement="home-hero", campaign_id=autumn.pk, campaign="autumn-then", rule_id=1, variant="related",
            decisions=seen, impressions=seen, clicks=seen // 8, conversions=3, value_minor=14970,
        )  # fmt: skip
    page = text_of(log_in(client).get("/campaigns/"))

    figures = re.findall(r'<td class="s-number[^"]*">(.*?)</td>', page)
    assert ["200", "12.5 %", "3", "149.70 EUR"] in [figures[i : i + 4] for i in range(len(figures))]
    assert ["0", "–"] in [figures[i : i + 2] for i in range(len(figures))]


def test_the_master_list_can_be_narrowed_to_a_placement(client, shop):
    page = text_of(log_in(client).get("/campaigns/?placement=top-bar", **FRAGMENT, HTTP_HX_TARGET="rules"))

    assert "Mobile visitors" in page
    assert "Related product" not in page


def test_a_visitor_is_shown_with_segments_and_the_values_that_decided(client, shop):
    page = text_of(log_in(client).get(f"/visitors/{visitor_of(shop.salt, 'anonymous-0')}/"))

    assert "High-Intent Product Viewer" in page
    assert "Longest on one product is 0 s and must be more than 30 s." in page
    assert "Pages ever" in page


def test_what_a_server_told_is_shown_as_no_session(client, shop):
    """ingest-server-events-are-no-visits-1"""
    visitor = visitor_of(shop.salt, "anonymous-0")
    Event.objects.filter(visitor_id=UUID(visitor)).update(session=0)

    page = text_of(log_in(client).get(f"/visitors/{visitor}/"))

    assert "Told by a server" in page
    assert "Session 0" not in page


def test_a_visitor_without_valkey_is_still_shown(client, shop, monkeypatch):
    def fail(_visitor):
        raise redis.ConnectionError("gone")

    monkeypatch.setattr("segments.live.load", fail)

    page = text_of(log_in(client).get(f"/visitors/{visitor_of(shop.salt, 'anonymous-0')}/"))

    assert "Valkey does not answer" in page
    assert "What they did" in page


def test_a_visitor_who_joined_another_is_shown_there(client, shop):
    first, second = Visitor.objects.order_by("id")[:2]
    Visitor.objects.filter(pk=first.pk).update(merged_into=second)

    assert log_in(client).get(f"/visitors/{first.id.hex}/").url == f"/visitors/{second.id.hex}/"


def test_a_figure_shows_the_events_behind_it(client, shop):
    fragment = text_of(
        log_in(client).get(f"/visitors/{visitor_of(shop.salt, 'anonymous-0')}/features/pages_total/", **FRAGMENT)
    )

    assert "Events behind “Pages ever”" in fragment
    assert "<html" not in fragment
    assert client.get(f"/visitors/{visitor_of(shop.salt, 'anonymous-0')}/features/unknown/").status_code == 404


def test_the_events_behind_a_figure_of_the_session_are_of_that_session_alone(client, shop):
    """PAGES 6A.5: "Pages this session: 10" listed forty pages of four sessions."""
    visitor = Visitor.objects.get(pk=visitor_of(shop.salt, "anonymous-0"))
    session = Session.objects.filter(visitor=visitor).order_by("-ended_at").first()
    now, feature = session.ended_at + timedelta(minutes=5), FEATURES["pages_viewed"]

    found = events_behind(visitor, feature, now)

    assert FEATURES.keys() >= FIRST
    assert found
    assert {event.session for event in found} == {session.number}
    assert len(events_behind(visitor, FEATURES["pages_total"], now)) > len(found)
    assert events_behind(visitor, feature, session.ended_at + timedelta(minutes=31)) == []


def test_the_list_says_what_visitors_are_worth_and_take_after(client, shop):
    page = text_of(log_in(client).get("/visitors/"))

    assert "Orders" in page
    assert '<span class="s-tag">New Visitor</span>' in page
    assert "49.90 EUR" in page
    assert "simulated" not in page


def test_visitors_are_found_by_what_they_did(client, shop):
    everybody = log_in(client).get("/visitors/").context["found"].paginator.count

    found = client.get("/visitors/", {"event": "page"})

    assert 0 < found.context["found"].paginator.count <= everybody
    assert client.get("/visitors/", {"event": "Never Seen"}).context["found"].paginator.count == 0


def test_a_decision_is_made_again_with_its_trace(client, shop):
    decision = shop_week.decide(shop, "anonymous-0", "home-hero")

    page = text_of(log_in(client).get(f"/visitors/{decision.visitor_id.hex}/decisions/{decision.id}/"))

    assert "the same outcome" in page
    assert "“home-hero” shows" in page


def test_a_decision_that_cannot_be_repeated_says_what_is_missing(client, shop):
    decision = shop_week.decide(shop, "anonymous-0", "home-hero")
    Decision.objects.filter(id=decision.id).update(seq=9999)
    page = text_of(log_in(client).get(f"/visitors/{decision.visitor_id.hex}/decisions/{decision.id}/"))
    assert "Not all events up to this decision are stored" in page

    Release.objects.all().delete()
    page = text_of(client.get(f"/visitors/{decision.visitor_id.hex}/decisions/{decision.id}/"))
    assert "The release that decided is no longer kept." in page


def test_visitors_of_another_site_are_not_found(client, shop):
    other = factories.make_site(name="Other", domain="other.example", write_key="wk_other")
    visitor = visitor_of(shop.salt, "anonymous-0")

    assert log_in(client).get(f"/site/{shop.pk}/visitors/{visitor}/").status_code == 200
    assert client.get(f"/site/{other.pk}/visitors/{visitor}/").status_code == 404


def test_the_audit_log_has_what_the_pages_changed(client, shop):
    log_in(client, "editor").post(f"/campaigns/rules/{Rule.objects.first().pk}/enabled", {"enabled": "false"})

    page = text_of(log_in(client, "administrator").get("/admin/admin/logentry/"))

    assert "Paused." in page


def test_a_token_shows_its_secret_once(client, shop, administrator):
    log_in(client, "administrator")
    asked = {"name": "CI", "site": shop.pk, "scopes": ["read", "write"], "password": factories.PASSWORD}
    answer = client.post("/admin/personalization/apitoken/add/", asked)

    [secret] = re.findall(r"sk_[\w-]{40,}", text_of(answer))
    assert ApiToken.objects.get().digest == keys.token_digest(secret)
    assert secret not in text_of(client.get("/admin/personalization/apitoken/"))
    assert secret not in str(answer.cookies) + str(client.cookies) + str(dict(client.session))  # security finding C12


def test_a_token_is_issued_only_with_the_password_typed_again(client, shop, administrator):
    """Security finding B3."""
    log_in(client, "administrator")
    answer = client.post(
        "/admin/personalization/apitoken/add/",
        {"name": "CI", "site": shop.pk, "scopes": ["read"], "password": "a guess"},
    )

    assert "This is not your password" in text_of(answer)
    assert not ApiToken.objects.exists()


def test_saving_a_site_tells_the_edge(client, shop, redis_client, django_capture_on_commit_callbacks):
    log_in(client, "administrator")
    page = client.get(f"/admin/sites/site/{shop.pk}/change/")
    fields = {
        name: value if value is not None else "" for name, value in page.context["adminform"].form.initial.items()
    }
    for name in ("allowed_origins", "internal_hosts", "unwanted_referrers", "personal_traits"):
        fields[name] = ",".join(fields[name])

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(
            f"/admin/sites/site/{shop.pk}/change/",
            {key: value for key, value in fields.items() if value is not False} | {"domain": "new.example"},
        )

    assert answer.status_code == 302
    assert b"new.example" in redis_client.get("segue:sites")
    assert b"paypal.com" in redis_client.get("segue:sites")


def test_a_site_that_shows_anything_can_be_deleted_in_the_admin(
    client, shop, redis_client, django_capture_on_commit_callbacks
):
    """R22: what nobody may delete alone, such as visitors, goes with its site."""
    log_in(client, "administrator")
    address = f"/admin/sites/site/{shop.pk}/delete/"

    asked = text_of(client.get(address))
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(address, {"post": "yes"})

    assert "Visitors: 12" in asked
    assert "Cannot delete" not in asked
    assert answer.status_code == 302
    assert not Rule.objects.exists()
    assert b"wk_test" not in redis_client.get("segue:sites")


def test_placements_without_default_are_only_told_while_enabled(client, shop):
    Placement.objects.filter(key="cart-side").update(enabled=False)

    assert "Beside the cart" not in text_of(log_in(client).get("/"))
