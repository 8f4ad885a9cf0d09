"""Home, the campaigns with their results, and one visitor, as members of each role see them."""
# ruff: noqa: E501 (lists of addresses)

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import redis
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns.models import Campaign, Placement, Release, Rule
from personalization.models import ApiToken, Decision, DecisionRollup
from sites import keys
from sites.pseudonyms import visitor_of
from tests import factories, shop_week
from tracking.models import Event, Visitor

ROLES = ["viewer", "editor", "publisher", "administrator"]
ORDER = re.compile(r"ORDER BY (.*?)(?: LIMIT (?!1$)\d+)?$")
# What no two rows share: ids, keys within a site, moments within a segment, and what rows are grouped by.
TOTAL = re.compile(r'("(id|key|message_id)"|"segments_segmentsize"\."at"|\b\d+) (ASC|DESC)$| LIMIT 1$')
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def shop(partitioned_tables, valkey_server, site):
    shop_week.fill(site, factories.make_user("administrator"), datetime.now(UTC), visitors=12)
    return site


def log_in(client, role: str = "viewer"):
    client.force_login(factories.make_user(role))
    return client


def text_of(answer) -> str:
    return answer.content.decode()


@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_every_page(client, shop, role):
    log_in(client, role)
    visitor = visitor_of(shop.salt, "anonymous-0")
    looked_at = [
        "/", "/visitors/", f"/visitors/{visitor}/", f"/visitors/{visitor}/features/pages_total/", "/visitors/export.csv", "/segments/", "/segments/s/engaged/",
        "/segments/clusters/", "/segments/features/", "/campaigns/", "/campaigns/c/autumn/", "/campaigns/variants/coupon/", "/campaigns/releases/", "/campaigns/releases/1/", "/install/",
    ]  # fmt: skip

    assert {address: client.get(address).status_code for address in looked_at} == dict.fromkeys(looked_at, 200)


def test_strangers_are_asked_to_log_in(client, site):
    answer = client.get("/visitors/?text=x")

    assert answer.status_code == 302
    assert answer.url == "/admin/login/?next=/visitors/%3Ftext%3Dx"


def test_a_fragment_never_becomes_a_log_in_form(client, site):
    answer = client.get("/", **FRAGMENT, HTTP_HX_CURRENT_URL="http://testserver/visitors/")

    assert answer["HX-Redirect"] == "/admin/login/?next=/visitors/"


def test_staff_without_a_role_may_look_at_nothing(client, site, django_user_model):
    client.force_login(django_user_model.objects.create_user("nina", password="x", is_staff=True))

    answer = client.get("/")

    assert answer.status_code == 403
    assert "Your role does not allow this" in text_of(answer)


def test_without_a_site_the_first_is_made(client, db, administrator):
    client.force_login(administrator)

    assert client.get("/").url == "/admin/sites/site/add/"


def test_home_of_a_new_site_leads_to_installing(client, site, valkey_server):
    page = text_of(log_in(client).get("/"))

    assert "No events yet" in page
    assert 'href="/install/"' in page
    assert "Nothing has been published" in page


def test_home_shows_figures_and_what_needs_attention(client, shop):
    page = text_of(log_in(client).get("/"))

    assert '<a href="/campaigns/?placement=home-hero">Home hero</a>' in page
    assert "Placement “Beside the cart” shows nothing when no rule wins." in page
    assert "up to date" in page


def test_home_says_where_something_was_seen(client, shop, django_assert_max_num_queries):
    event = Event.objects.latest("at")
    Event.objects.filter(message_id=event.message_id).update(
        type="engagement", name="Impression", path="", properties={"placement": "side-bar"}
    )
    log_in(client)

    with django_assert_max_num_queries(12):
        fragment = text_of(client.get("/", **FRAGMENT, HTTP_HX_TARGET="feed"))

    assert 'Impression <span class="s-muted">side-bar</span>' in fragment


def test_home_tells_of_records_that_could_not_be_stored(client, shop, redis_client):
    redis_client.xadd(keys.dead(1), {"reason": "why", "e": "?"})
    redis_client.xadd(keys.dead(2), {"reason": "why", "e": "?"})

    page = text_of(log_in(client).get("/"))

    assert "2 records of the event log could not be stored. `manage.py dead_letters` shows why" in page
    assert 'href=""' not in page


def test_home_tells_of_drafts_that_changed_and_segments_that_emptied(client, shop):
    rule = Rule.objects.get(name="Remind of the cart")
    rule.save()
    rule.segment.sizes.update(visitors=0)

    page = text_of(log_in(client).get("/"))

    assert "1 draft changed since the live release." in page
    assert "Nobody is in segment “Cart Abandoner”" in page


@pytest.mark.parametrize("target", ["pulse", "feed", "engagement"])
def test_home_answers_htmx_with_the_fragment_alone(client, shop, target):
    fragment = text_of(log_in(client).get("/", **FRAGMENT, HTTP_HX_TARGET=target))

    assert f'id="{target}"' in fragment
    assert "<html" not in fragment


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/", "feed"), ("/visitors/", "visitors"), ("/visitors/{visitor}/", "timeline"), ("/visitors/{visitor}/features/pages_total/", ""),
        ("/campaigns/", "rules"), ("/campaigns/releases/", "releases"), ("/campaigns/releases/1/", "progress"), ("/segments/s/engaged/", "size"),
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


def test_the_site_chosen_is_kept(client, shop):
    other = factories.make_site(name="Other", domain="other.example", write_key="wk_other")
    log_in(client).post("/choose-site", {"site": other.pk})

    assert "other.example" in text_of(client.get("/install/", follow=True))


def test_the_master_list_goes_by_who_wins_and_costs_a_fixed_number_of_queries(client, shop, django_assert_num_queries):
    log_in(client).get("/campaigns/")
    with django_assert_num_queries(7) as few:
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

    assert (
        '<td class="s-number">200</td><td class="s-number">12.5 %</td><td class="s-number">3</td><td class="s-number">149.70 EUR</td>'
        in page
    )
    assert '<td class="s-number">0</td><td class="s-number">–</td>' in page


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
    assert ApiToken.objects.get().digest == ApiToken.digest_of(secret)
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


def test_saving_a_site_tells_the_edge(client, shop, administrator, redis_client):
    log_in(client, "administrator")
    page = client.get(f"/admin/sites/site/{shop.pk}/change/")
    fields = {
        name: value if value is not None else "" for name, value in page.context["adminform"].form.initial.items()
    }
    for name in ("allowed_origins", "internal_hosts", "unwanted_referrers", "personal_traits"):
        fields[name] = ",".join(fields[name])

    answer = client.post(
        f"/admin/sites/site/{shop.pk}/change/",
        {key: value for key, value in fields.items() if value is not False} | {"domain": "new.example"},
    )

    assert answer.status_code == 302
    assert b"new.example" in redis_client.get("segue:sites")
    assert b"paypal.com" in redis_client.get("segue:sites")


def test_a_site_that_shows_anything_can_be_deleted_in_the_admin(client, shop, administrator, redis_client):
    """R22: what nobody may delete alone, such as visitors, goes with its site."""
    log_in(client, "administrator")
    address = f"/admin/sites/site/{shop.pk}/delete/"

    asked = text_of(client.get(address))
    answer = client.post(address, {"post": "yes"})

    assert "Visitors: 12" in asked
    assert "Cannot delete" not in asked
    assert answer.status_code == 302
    assert not Rule.objects.exists()
    assert b"wk_test" not in redis_client.get("segue:sites")


@pytest.mark.parametrize(
    "table",
    [
        "sites/site", "tracking/visitor", "tracking/session", "tracking/referral", "tracking/dropcount", "tracking/eventrollup", "tracking/logoffset",
        "tracking/archivehour", "segments/segment", "segments/segmentsize", "segments/featuredistribution", "segments/modelversion", "segments/trainingrun", "campaigns/campaign", "campaigns/rule",
        "campaigns/advariant", "campaigns/placement", "campaigns/release", "recommendations/item", "personalization/apitoken", "personalization/decisionrollup",
        "personalization/conversion", "auth/user", "auth/group", "admin/logentry",
    ],
)  # fmt: skip
def test_every_table_is_in_the_admin(client, db, site, administrator, table):
    client.force_login(administrator)

    assert client.get(f"/admin/{table}/").status_code == 200


def test_placements_without_default_are_only_told_while_enabled(client, shop):
    Placement.objects.filter(key="cart-side").update(enabled=False)

    assert "Beside the cart" not in text_of(log_in(client).get("/"))


# --- finding campaigns -----------------------------------------------------------------------------


@pytest.fixture
def many(site):
    for key, status, goal in (
        ("autumn", "live", "Order Completed"),
        ("winter", "paused", "Signed Up"),
        ("old", "archived", "Order Completed"),
    ):
        Campaign.objects.create(site=site, key=key, name=key.title(), status=status, goal=goal)
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


def listed(answer) -> list[str]:
    return [row.campaign.name for row in answer.context["campaigns"]]


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
    ],
)
def test_campaigns_are_found_and_ordered(client, many, query, names):
    log_in(client)

    assert listed(client.get(f"/campaigns/{query}")) == names
    fragment = client.get(f"/campaigns/{query}", **FRAGMENT, HTTP_HX_TARGET="campaigns")
    assert listed(fragment) == names
    assert "<html" not in text_of(fragment)


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

    lines = text_of(log_in(client).get("/campaigns/export.csv?status=paused")).splitlines()

    assert len(lines) == 2
    assert lines[1].startswith("winter,'=SUM(A1),paused,Signed Up,,,9,3,0,0.00,")


def test_rules_are_found_by_the_names_around_them(client, shop):
    log_in(client)
    names = [
        row.rule.name
        for row in client.get("/campaigns/?rule=MOBILE", **FRAGMENT, HTTP_HX_TARGET="rules").context["rows"]
    ]

    assert names == ["Mobile visitors"]
    assert "No rule fits" in text_of(client.get("/campaigns/?rule=nothing"))


def test_a_visitor_reads_in_names_not_in_keys(client, shop):
    decision = Decision.objects.filter(variant="coupon").first()
    page = text_of(log_in(client).get(f"/visitors/{decision.visitor_id.hex}/"))
    why = text_of(client.get(f"/visitors/{decision.visitor_id.hex}/decisions/{decision.id}/"))

    assert '<a class="s-strong" href="/campaigns/variants/coupon/">Coupon</a>' in page
    assert '<a href="/campaigns/c/autumn/">Autumn' in page
    assert "Coupon in Home hero" in why


@pytest.mark.parametrize(
    "address",
    [
        "/campaigns/?text=%00&status=%00&rule=%00",
        "/campaigns/export.csv?text=%00",
        "/visitors/?segment=%00&text=%00",
        "/visitors/export.csv?channel=%00",
    ],
)
def test_an_address_with_a_character_that_cannot_be_stored_is_answered(client, shop, address):
    assert log_in(client).get(address).status_code == 200
