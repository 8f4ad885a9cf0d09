"""What comes now of the requests of the security review: each is sent to a running Segue as its report sent it.

Findings that no single request shows, and where they are shown:

- A1, A2, A4 (held up), B4: `tests/faults/test_connections.py`, `tests/tracking/test_consumer.py`, `tests/studies/`
- A3 (join, watch, poison, pre-hijack): `tests/personalization/edge/test_identity.py`, `tests/segments/test_profiles.py`
- A5: `tests/personalization/demo/test_people.py`
- A6: `tests/test_image.py`
- B3: `tests/personalization/test_login.py`, `test_sessions.py`, `test_api.py`
- B7, B8: `tests/test_manage.py`, `tests/personalization/embedded/test_private.py`
- B11: `tests/personalization/edge/test_edge.py`
- C4: `tests/tracking/test_rates.py`, `tests/personalization/edge/test_rates.py`
- C6: `tests/sites/pages/test_paths.py`
- C8: `tests/faults/test_as_root.py`, `tests/personalization/embedded/`
- C12: `tests/personalization/test_views.py`
- C13: `tests/test_compose.py`
"""

import http.client
import json
import uuid
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import quote

import psycopg
import pytest

from personalization import engagement
from tests.running import Segue

pytestmark = pytest.mark.faults
KEY, SECRET = "wk_findings", "wsk_findings"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PREPARE = f"""
import json
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client
from campaigns import seed
from campaigns.publish import publish
from personalization.models import ApiToken
from recommendations.catalogue import import_items
from sites.models import Site
from sites import editing
from sites.pages.history import Actor
site = Site(name="Shop", domain="shop.example", write_key="{KEY}", secret_key="{SECRET}", consent_in_europe="opt_out")
editing.save(site, Actor.command("shell"))
seed.install(site, Actor.command("shell"))
import_items(site, [
    {{"key": key, "name": key, "category": "Kitchen", "category_url": "/kitchen", "price_minor": 3990, "url": f"/{{key}}", "image_url": "/k.svg"}}
    for key in ("kettle", "pot", "pan", "jug")
])
publish(site, None)
ada = User.objects.create_superuser("ada")
vera = User.objects.create_user("vera", is_staff=True)
vera.groups.add(Group.objects.get_or_create(name="viewer")[0])
def log_in(user):
    client = Client()
    client.force_login(user)
    return f"{{settings.SESSION_COOKIE_NAME}}={{client.cookies[settings.SESSION_COOKIE_NAME].value}}"
token = ApiToken.issue(name="findings", scopes=["read", "write", "publish"], created_by=ada)[1]
print(json.dumps({{"site": site.pk, "ada": log_in(ada), "vera": log_in(vera), "token": token}}))
"""


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Shop:
    """A site with campaigns, people who are logged in, and a token of the management API."""

    def __init__(self, segue: Segue) -> None:
        self.segue = segue
        prepared = json.loads(segue.manage("shell", "-v", "0", "-c", PREPARE).splitlines()[-1])
        self.site, self.token = prepared["site"], prepared["token"]
        self.cookies = {name: f"{prepared[name]}; csrftoken={'c' * 32}" for name in ("ada", "vera")}
        segue.wait_for(lambda: self.decide(anonymousId="nobody").get("decisions"))

    def ask(self, method: str, path: str, body: object = b"", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.segue.port, timeout=30)
        given = {"User-Agent": AGENT} | {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body if isinstance(body, bytes) else json.dumps(body), given)
        answer = connection.getresponse()
        found = Answer(answer.status, answer.headers, answer.read())
        connection.close()
        return found

    def as_staff(self, name: str, method: str, path: str, body: object = b"", **headers: str) -> Answer:
        return self.ask(method, path, body, Cookie=self.cookies[name], X_CSRFToken="c" * 32, **headers)

    def manage(self, method: str, path: str, body: object = b"") -> Answer:
        """Over the management API."""
        return self.ask(method, path, body, Authorization=f"Bearer {self.token}", Content_Type="application/json")

    def send(self, *messages: dict, **envelope: object) -> Answer:
        return self.ask("POST", "/v1/batch", {"writeKey": KEY, "batch": messages, **envelope})

    def decide(self, **question: object) -> dict:
        return self.ask("POST", "/v1/decide", {"writeKey": KEY, "placements": ["home-hero"], **question}).json

    def rows(self, query: str, *values: object) -> list[tuple]:
        with psycopg.connect(self.segue.state["database_url"]) as connection:
            return connection.execute(query, values).fetchall()

    def number(self, query: str, *values: object) -> int:
        return self.rows(query, *values)[0][0]

    def stored(self, message_id: str) -> tuple:
        """What the tables keep of a message, once they have it."""
        return self.segue.wait_for(
            lambda: self.rows("SELECT e.*::text FROM tracking_event e WHERE message_id = %s", message_id)
        )[0]


@pytest.fixture(scope="module")
def shop(running_segue):
    return Shop(running_segue)


def message(**fields: object) -> dict:
    return {
        "type": "track",
        "event": "Product Viewed",
        "messageId": uuid.uuid4().hex,
        "anonymousId": uuid.uuid4().hex,
        **fields,
    }


# --- A ----------------------------------------------------------------------------------------------


def test_a_user_id_alone_reads_nothing_of_that_user(shop):
    """A3: it was answered "15% off: Stoneware Stockpot. Much like what you took a close look at", the victim's own
    dwelling."""
    victim = {"anonymousId": uuid.uuid4().hex, "userId": f"customer-{uuid.uuid4().hex}"}
    looked = [
        message(type="page", properties={"page_id": f"p{number}", "category": "Kitchen"}, **victim)
        for number in range(3)
    ]
    assert shop.ask("POST", "/v1/batch", {"batch": looked}, X_Write_Key=SECRET).json["accepted"] == 3

    [own] = shop.decide(**victim)["decisions"]
    [read] = shop.decide(userId=victim["userId"])["decisions"]
    [unknown] = shop.decide(userId=uuid.uuid4().hex)["decisions"]

    assert own["variant"]["key"] != unknown["variant"]["key"]
    assert read["variant"] == unknown["variant"]


def test_a_nul_in_the_envelope_is_mended_and_the_event_stored(shop):
    """A4: 200, and then a dead letter."""
    sent = message()

    answer = shop.send(sent, context={"timezone": "\0", "page": {"title": "a\0b"}})

    assert (answer.status, answer.json["accepted"]) == (200, 1)
    assert shop.stored(sent["messageId"])


# --- B ----------------------------------------------------------------------------------------------


def test_what_the_management_api_changes_is_in_the_audit_log(shop):
    """B1: campaign made, changed, deleted, privacy settings, release: no row of the log."""
    entries = "SELECT count(*) FROM django_admin_log"
    campaign = {"site": shop.site, "key": "finding-b1", "name": "Finding"}
    logged = [shop.number(entries)]

    def change(method: str, path: str, body: object = b"") -> Answer:
        answer = shop.manage(method, path, body)
        logged.append(shop.number(entries))
        return answer

    made = change("POST", "/api/v1/campaigns/", campaign)
    address = f"/api/v1/campaigns/{made.json['id']}/"
    changed = change("PATCH", address, {"name": "Found"})
    deleted = change("DELETE", address)
    private = change("PATCH", f"/api/v1/sites/{shop.site}/", {"honour_dnt": True})
    placement = shop.manage("GET", f"/api/v1/placements/?site={shop.site}").json["results"][0]["id"]
    placed = change("PATCH", f"/api/v1/placements/{placement}/", {"min_height": 123})
    published = change("POST", "/api/v1/releases/", {"site": shop.site})

    assert [one.status for one in (made, changed, deleted, private, placed, published)] == [
        201,
        200,
        204,
        200,
        200,
        202,
    ]
    assert all(after > before for before, after in pairwise(logged)), logged


def test_made_up_placements_are_counted_under_one_name(shop):
    """B2: 200 questions of 50 names made 10,000 rows of counts, and Home 4.9 MB."""
    names = [f"made-up-{uuid.uuid4().hex}" for _ in range(50)]
    decisions = "SELECT count(*) FROM personalization_decision WHERE placement = %s"
    before = shop.number(decisions, "(unknown)")

    shop.decide(anonymousId=uuid.uuid4().hex, placements=names)
    shop.segue.wait_for(lambda: shop.number(decisions, "(unknown)") > before)

    assert (
        shop.number(
            "SELECT count(*) FROM personalization_decision WHERE placement LIKE 'made-up-%%' OR context::text LIKE"
            " '%%made-up-%%'"
        )
        == 0
    )
    assert shop.number("SELECT count(*) FROM personalization_decisionrollup WHERE placement LIKE 'made-up-%%'") == 0


def test_a_long_authorization_is_refused(shop):
    """B4: 300 KB, kept for good. `tests/studies/test_pressure.py` shows the memory."""
    answer = shop.ask("POST", "/v1/track", message(), Authorization="Bearer " + "x" * 300_000)

    assert answer.status == 401


def test_no_address_that_is_kept_holds_an_e_mail_address_or_a_user_id(shop):
    """B5: `properties.url`, the referral's path, titles and `context.path` held them in clear."""
    mark = uuid.uuid4().hex[:12]
    email, user = f"path{mark}@person.example", f"usermark{mark}"
    url = f"https://shop.example/account/{email}/{user}?utm_source=letter&mail={email}#{user}"
    page = {"url": url, "title": f"Account of {email}, {user}", "referrer": f"https://other.example/{email}"}
    seen = message(type="page", userId=user, context={"page": page}, properties=page)
    tracked = message(
        userId=user,
        anonymousId=seen["anonymousId"],
        context={"page": page},
        properties={"url": url, "text": f"write to {email}"},
    )

    shop.send(seen, tracked)
    shop.decide(anonymousId=seen["anonymousId"], userId=user, context={"page": page})
    shop.stored(tracked["messageId"])
    visitors = shop.rows("SELECT visitor_id FROM tracking_event WHERE message_id = %s", seen["messageId"])
    shop.segue.wait_for(
        lambda: shop.number("SELECT count(*) FROM personalization_decision WHERE visitor_id = %s", visitors[0][0])
    )

    for table in (
        "tracking_event",
        "tracking_referral",
        "tracking_session",
        "tracking_visitor",
        "personalization_decision",
    ):
        for word in (email, user, quote(email)):
            assert [row for (row,) in shop.rows(f"SELECT t.*::text FROM {table} t") if word in row] == [], word


@pytest.mark.parametrize("path", ["/admin/login/", "/api/v1/items/import/", "/nothing/"])
def test_a_body_of_300_megabytes_is_refused_unread(shop, path):
    """B6: each was written to /tmp whole."""
    assert shop.ask("POST", path, Content_Length="300000000").status == 413


def test_the_token_of_the_feed_ends_with_the_log_in(shop):
    """B9: it lived for twelve hours, whatever became of its bearer, and any origin could read what it opened."""
    cookie = shop.segue.manage("shell", "-v", "0", "-c", LOG_IN_AGAIN).strip()
    token = shop.ask("GET", f"/site/{shop.site}/sites/{shop.site}/feed-token/", Cookie=cookie).json["token"]
    stream = f"/v1/stream?feed={quote(token)}"
    connection = http.client.HTTPConnection("127.0.0.1", shop.segue.port, timeout=30)
    connection.request("GET", stream, headers={"Cookie": cookie, "Origin": "https://evil.example"})
    opened = connection.getresponse()
    elsewhere = shop.ask("GET", stream)
    out = shop.ask("POST", "/admin/logout/", Cookie=f"{cookie}; csrftoken={'c' * 32}", X_CSRFToken="c" * 32)
    after = shop.ask("GET", stream, Cookie=cookie)
    connection.close()

    assert (opened.status, opened.headers["access-control-allow-origin"]) == (200, None)
    assert (elsewhere.status, out.status, after.status) == (403, 200, 403)


LOG_IN_AGAIN = """
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.get(username="vera"))
print(f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}")
"""


def test_twenty_patterns_of_a_viewer_are_refused(shop):
    """B10: they took 28.7 s."""
    condition = {"$and": [{"session.landing_path": {"$regex": f"(?i)a*a*b{number}"}} for number in range(20)]}
    form = f"condition-mode=json&condition-json={quote(json.dumps(condition))}".encode()

    answer = shop.as_staff(
        "vera", "POST", f"/site/{shop.site}/segments/estimate", form, Content_Type="application/x-www-form-urlencoded"
    )

    assert answer.status == 200
    assert b"patterns" in answer.body


def test_a_form_of_a_stranger_stores_nothing(shop):
    """B12: 60 of 93 KB made `django_session` 5.8 MB large."""
    sessions = "SELECT count(*) FROM django_session"
    before = shop.number(sessions)
    form = b"name=" + b"x" * 93_000

    statuses = {
        shop.ask(
            "POST", path, form, Origin=shop.segue.base_url, Content_Type="application/x-www-form-urlencoded"
        ).status
        for path in ("/campaigns/new/", f"/site/{shop.site}/campaigns/new/", "/segments/new/")
    }

    assert statuses <= {302, 403, 404}
    assert shop.number(sessions) == before


# --- C ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["//metrics", "//health/ready", "//admin/login/", "/v1//decide", "/admin//login/"])
def test_a_doubled_slash_leads_nowhere(shop, path):
    """C1: a proxy that keeps `/metrics` to itself did not know it in this form."""
    assert shop.ask("GET", path).status == 404


@pytest.mark.parametrize("path", ["/metrics", "/health/ready", "/health/live", "/", "/admin/login/"])
def test_no_page_of_another_site_reads_a_probe_or_a_page(shop, path):
    """C1: the origin was echoed."""
    assert "access-control-allow-origin" not in shop.ask("GET", path, Origin="https://evil.example").headers


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/", "no-store"),
        ("/visitors/", "no-store"),
        ("/segments/", "private, no-cache"),
        ("/campaigns/", "private, no-cache"),
    ],
)
def test_pages_run_only_their_own_scripts_and_those_with_visitors_are_kept_nowhere(shop, path, kept):
    """C2: no policy on any page, and personal ones lay in caches."""
    answer = shop.as_staff("ada", "GET", f"/site/{shop.site}{path}")

    policy = answer.headers["content-security-policy"]
    assert answer.status == 200
    assert "script-src" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert answer.headers["cache-control"] == kept


def test_personal_answers_of_the_api_are_not_cached(shop):
    """C2."""
    answer = shop.manage("GET", "/api/v1/events/")

    assert answer.status == 200
    assert "no-store" in answer.headers["cache-control"]


def test_a_public_key_makes_no_partitions_of_years_ago(shop):
    """C3: 323 events, one a month since 2000, made 323 partitions."""
    partitions = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'tracking_event'::regclass"
    before = shop.number(partitions)
    years = range(2000, datetime.now(UTC).year - 2)

    answer = shop.send(
        message(), *(message(timestamp=f"{year}-{month:02}-15T12:00:00Z") for year in years for month in range(1, 13))
    )

    assert answer.json["accepted"] == 1
    assert answer.json["dropped"] == {"too_old": 12 * len(years)}
    assert shop.number(partitions) == before


def test_asking_for_the_head_of_a_click_counts_none(shop):
    """C5: mail filters look where links lead."""
    visitor = uuid.uuid4().hex
    [shown] = shop.decide(anonymousId=visitor)["decisions"]
    clicked = shown["clickUrl"].removeprefix(shop.segue.base_url)
    clicks = "SELECT count(*) FROM tracking_event WHERE type = 'engagement' AND name = %s"
    before = shop.number(clicks, engagement.NAMES["click"])

    looked = shop.ask("HEAD", clicked)
    nothing_yet = message(anonymousId=visitor)
    shop.send(nothing_yet)
    shop.stored(nothing_yet["messageId"])
    after_looking = shop.number(clicks, engagement.NAMES["click"])
    followed = shop.ask("GET", clicked)
    shop.segue.wait_for(lambda: shop.number(clicks, engagement.NAMES["click"]) == before + 1)

    assert looked.status == followed.status == 302
    assert after_looking == before


@pytest.mark.parametrize(
    ("status", "method", "path", "body"),
    [
        (400, "GET", "/api/v1/events/?cursor=cD0lMDA=", b""),
        (404, "GET", "/api/v1/events/%00/", b""),
        (400, "GET", "/admin/autocomplete/?term=%00&app_label=campaigns&model_name=rule&field_name=campaign", b""),
        (400, "GET", "/admin/tracking/visitor/?last_seen_at__year=99999999999", b""),
        (
            400,
            "POST",
            "/api/v1/segments/",
            b'{"site":1,"key":"x","name":"x","condition":' + b'{"$not":' * 3_000 + b"{}" + b"}" * 3_000 + b"}",
        ),
        (400, "POST", "/api/v1/segments/", b"[" * 100_000),
        (400, "POST", "/api/v1/segments/", b'{"site":1,"key":"x","name":"x","condition":{"context.path":"\\u0000"}}'),
        (400, "POST", "/api/v1/segments/", b'{"site":1,"key":"x","name":"x","condition":{"context.path":"\\ud800"}}'),
        (200, "POST", "/api/v1/items/import/", b'{"site":1,"items":[{"id":"x","name":"x","price":"1e999999"}]}'),
    ],
    ids=lambda value: str(value)[:40],
)
def test_odd_input_of_staff_is_refused(shop, status, method, path, body):
    """C7: each was answered 500. An import says of each row what is wrong with it."""
    answer = shop.as_staff("ada", method, path, body, Content_Type="application/json")

    assert answer.status == status


@pytest.mark.parametrize("path", ["/api/docs/", "/api/schema/"])
def test_the_documents_of_the_api_are_for_staff(shop, path):
    """C9: open to everybody, 0.6 s of work each time."""
    assert shop.ask("GET", path).status in (302, 401, 403)
    assert shop.as_staff("ada", "GET", path).status == 200


def test_no_address_that_is_handed_out_follows_the_host_header(shop):
    """C10: `"apiHost":"evil.example/v1"`."""
    settings = shop.ask("GET", f"/v1/projects/{KEY}/settings", Host="evil.example")
    asked = shop.ask(
        "POST", "/v1/decide", {"writeKey": KEY, "anonymousId": "a", "placements": ["home-hero"]}, Host="evil.example"
    )

    assert (settings.status, asked.status) == (200, 200)
    assert b"evil.example" not in settings.body + asked.body
    assert settings.headers["cache-control"] == "no-store"


def test_the_api_takes_no_script_for_an_address_of_an_item(shop):
    """C11: 201."""
    answer = shop.manage(
        "POST",
        "/api/v1/items/",
        {"site": shop.site, "key": "x", "name": "X", "category": "c", "price_minor": 1, "url": "javascript:alert(1)"},
    )

    assert (answer.status, list(answer.json)) == (400, ["url"])
