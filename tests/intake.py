"""Requests as the pipeline takes them in, of two sites: one that knows everybody, and one that asks first."""

import json

from sites.config import SiteConfig, Sites
from tracking import answers
from tracking.clocks import parse
from tracking.intake import CollectRequest
from tracking.pipeline import Pipeline, Received

SALT = "5a" * 32
PERSONAL = frozenset({"email", "phone", "name", "ip"})
SHOP = SiteConfig(
    1,
    "Shop",
    "shop.example",
    "wk_1",
    SALT,
    "EUR",
    frozenset({"https://shop.example"}),
    frozenset({"shop.example"}),
    personal_traits=PERSONAL,
    secret_key="wsk_1",
)
STRICT = SiteConfig(
    2, "Strict", "strict.example", "wk_2", SALT, "EUR", consent_mode="opt_in", honour_dnt=True, drop_data_centres=True
)
SITES = Sites([SHOP, STRICT])
NOW = parse("2026-03-01T10:00:00Z")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
BROWSER = {"origin": "https://shop.example", "user-agent": FIREFOX, "accept-language": "de-DE,de;q=0.9"}
ANONYMOUS = "5f1d0c7e-3f2e-4a0e-a9f7-2f1f7c0f8e11"
VIEW = {
    "type": "track",
    "event": "Product Viewed",
    "messageId": "m1",
    "anonymousId": ANONYMOUS,
    "properties": {"product_id": "K-1", "name": "Kettle"},
}
PAGE = {
    "type": "page",
    "messageId": "p1",
    "anonymousId": ANONYMOUS,
    "context": {
        "page": {
            "url": "https://shop.example/p/1?utm_source=n&utm_medium=email#x",
            "title": "Kettle",
            "referrer": "https://www.google.com/",
        }
    },
}


def send(
    body: object,
    kind: str = "batch",
    headers: dict | None = None,
    address: str = "203.0.113.77",
    pipeline: Pipeline | None = None,
    sites: Sites = SITES,
    **more,
) -> Received:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = CollectRequest(kind, BROWSER if headers is None else headers, raw, address, **more)
    return (pipeline or Pipeline()).receive(request, sites, NOW)


def batch(*messages: dict, key: str = "wk_1", **envelope) -> dict:
    return {"writeKey": key, "batch": list(messages), **envelope}


def answer_of(received: Received) -> dict:
    return json.loads(answers.answer_of(received).body)


def status_of(received: Received) -> int:
    return answers.answer_of(received).status
