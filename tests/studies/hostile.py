"""What could somebody send to the edge who means no good, or whose program is broken? Requests without end, the same
ones for the same seed."""

import copy
import gzip
import json
import random
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

from tracking.identity import sign

Headers = tuple[tuple[bytes, bytes], ...]

# Two sites: what the collecting calls accept is counted apart from what comes with questions.
KEY, SECRET = "wk_study_collect", "wsk_study_collect"
ASKED_KEY, ASKED_SECRET = "wk_study_asked", "wsk_study_asked"

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PERSONS = 400
PLACEMENTS = ("home-hero", "category-banner", "product-offer", "cart-message")

# Not JSON as json.dumps would write it: told apart by their type.
TEXTS = (
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\0" * 100,
        "\ud800",
        "\udfff\ud800",
        "\ud83d",
        "\ufffe",
        "\u202e\u05d0\u05d1",
        "e\u0301" * 40,
        "😀" * 70,
        "\x1b[2J\x7f\x85",
    ),
    *(
        "x" * 129,
        "x" * 201,
        "x" * 257,
        "x" * 8_193,
        "ä" * 9_000,
        "undefined",
        "null",
        "[object Object]",
        "{{user.id}}",
        "-1",
        "NaN",
        "true",
    ),
    *(
        "ann@shop.example",
        "'; DROP TABLE tracking_event; --",
        "<script>alert(1)</script>",
        "../../etc/passwd",
        "%00%ff%2e",
        "$where",
        "__proto__",
    ),
    *(
        "https://bücher.example/ä?q=\0",
        "https://[::1",
        "http://a:99999999/",
        "//",
        "javascript:alert(1)",
        "data:,x",
        "file:///",
        "https://" + "a." * 200,
    ),
    *(
        "0000-00-00",
        "9999-12-31T23:59:59+14:00",
        "2026-02-30",
        "1e99",
        "2026-W01-1",
        "99999999999999999999",
        "Mon, 99 Foo 2026",
        "1" * 5_000,
    ),
)
NUMBERS = (
    *(
        0,
        -0.0,
        -1,
        1,
        2**31,
        2**31 - 1,
        -(2**31),
        2**53 + 1,
        2**63 - 1,
        2**63,
        -(2**63),
        -(2**63) - 1,
        2**64,
        10**30,
        10**400,
        -(10**400),
    ),
    *(0.1, 1e-320, 5e-324, 1.7976931348623157e308, float("inf"), float("-inf"), float("nan")),
)
OTHERS = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [{}],
    {"": ""},
    {"\0": "\0"},
    {"\ud800": 1},
    {"a" * 129: 1},
    [None, 1, "x", {}],
)
NAMES = (
    *(
        "",
        "\0",
        "\ud800",
        "__proto__",
        "constructor",
        "$ref",
        "a.b",
        "type",
        "messageId",
        "userHash",
        "traits",
        "items",
        "ä" * 80,
    ),
    "x" * 129,
)
HEADER_TEXTS = (
    *(
        b"",
        b" ",
        b"\xff\xfe",
        b"\x80" * 50,
        b"a" * 5_000,
        b"%00",
        b"\tx",
        b"en;q=nan",
        b"*",
        b",,,,",
        b"=;=;=",
        b"\xc3\xa4",
        b"null",
        b"'\"<>",
        b"1" * 400,
    ),
    *(
        b"Bearer ",
        b"Basic",
        b"Basic =",
        b"Basic //////8=",
        b"Bearer \xff",
        b"Basic " + b"A" * 300,
        b"Digest x",
        b"Bearer wk_study_collect x",
    ),
    *(
        b"10.0.0.1",
        b"999.1.1.1, ::1, fe80::1%eth0",
        b"[::1]:80",
        b"unknown",
        b'for="_x"',
        b"shop.example:99999",
        b"evil.example",
        b"a" * 300 + b".example",
    ),
    *(
        b"Googlebot/2.1",
        b"curl/8",
        b"Mozilla/5.0 (" + b"(" * 500,
        b"https://shop.example",
        b"https://b\xc3\xbccher.example",
        b"file://",
        b"https://[::1",
    ),
    *(
        b"gzip",
        b"br",
        b"deflate",
        b"identity",
        b"GZIP, br;q=0",
        b"application/json; charset=utf-7",
        b"multipart/form-data; boundary=",
        b"text/\xff",
    ),
)
HEADER_NAMES = (
    *(
        b"authorization",
        b"x-write-key",
        b"cookie",
        b"referer",
        b"user-agent",
        b"accept-language",
        b"x-forwarded-for",
        b"x-request-id",
        b"content-encoding",
    ),
    *(
        b"content-type",
        b"origin",
        b"host",
        b"sec-gpc",
        b"dnt",
        b"forwarded",
        b"x-forwarded-proto",
        b"purpose",
        b"sec-purpose",
        b"cf-ipcountry",
        b"accept",
    ),
    *(b"if-none-match", b"x-moz", b"range", b"te", b"upgrade-insecure-requests"),
)


class Request(NamedTuple):
    """One request. `ids` are those of its messages in their order, None for one without an id to look up; None
    altogether where nobody can tell: the bytes of the body were changed, or (a question does not say what it drops)
    anything about it may have its events dropped."""

    kind: str
    method: str
    target: bytes
    headers: Headers
    body: bytes = b""
    ids: tuple[str | None, ...] | None = None


class Hostile:
    """An endless source of requests, the n-th the same for the same arguments. `tokens` are those of real decisions."""

    def __init__(self, seed: int, tokens: list[str], now: datetime) -> None:
        self.rng = random.Random(seed)
        self.now = now
        self.tokens = tokens
        self.number = 0

    def __iter__(self) -> "Hostile":
        return self

    def __next__(self) -> Request:
        self.number += 1
        kind = self.rng.choices(list(KINDS), [share for share, _ in KINDS.values()])[0]
        return KINDS[kind][1](self)

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    # --- the calls ----------------------------------------------------------------------------------

    def batch(self) -> Request:
        size = self.rng.choice((1, 1, 2, 3, 5, 8, 12, 30))
        body = {
            "writeKey": self.key(),
            "sentAt": self.moment(),
            "context": self.context(),
            "batch": [self.message() for _ in range(size)],
        }
        return self.collecting(
            "batch", self.rng.choice((b"/v1/batch", b"/v1/batch", b"/v1/import", b"/v1/b")), body, body["batch"]
        )

    def single(self) -> Request:
        message = self.message()
        kind = message["type"] if self.chance(0.9) else self.rng.choice(["alias", "group", "screen"])
        path = f"/v1/{kind}" if self.chance(0.7) else f"/v1/{kind[0]}"
        return self.collecting("single", path.encode(), {"writeKey": self.key(), **message}, [message])

    def collecting(self, kind: str, path: bytes, body: dict, messages: list) -> Request:
        is_changed = self.chance(0.6)
        if is_changed:
            self.spoil(body)
            messages = body.get("batch", messages) if kind == "batch" else [body]
        ids = tuple(_id_of(message) for message in messages) if isinstance(messages, list) else ()
        packed, headers, is_damaged = self.packed(body)
        more = self.headers()
        if self.chance(0.05):
            more += ((b"authorization", b"Bearer " + self.key().encode()),)
        return Request(kind, "POST", path, (*headers, *more), packed, None if is_damaged else ids)

    def decide(self) -> Request:
        events = [self.message() for _ in range(self.rng.choice((0, 0, 1, 3)))] if self.chance(0.7) else []
        body = {
            "writeKey": ASKED_KEY,
            **self.person(),
            "placements": self.rng.sample(
                [*PLACEMENTS, "made-up", f"n{self.rng.randrange(10**9)}"], self.rng.randrange(1, 5)
            ),
            "context": self.context(),
            "events": events,
        }
        if self.chance(0.2):
            body |= self.rng.choice(
                (
                    {"explain": True},
                    {"preview": "welcome-hero"},
                    {"preview": "none"},
                    {"shown": {"home-hero": "welcome-hero"}},
                )
            )
        is_changed = self.chance(0.5)
        if is_changed:
            self.spoil(body)
        packed, headers, is_damaged = self.packed(body, 0.1)
        more = self.headers()
        is_plain = not is_changed and not more and not is_damaged
        return Request(
            "decide",
            "POST",
            b"/v1/decide",
            (*headers, *more),
            packed,
            tuple(_id_of(event) for event in events) if is_plain else None,
        )

    def flags(self) -> Request:
        """As the clients of OpenFeature and GrowthBook ask."""
        person, context = self.person(), self.context()
        named = {"targetingKey": person.get("anonymousId", "anonymous")}
        if self.chance(0.3):
            context["placements"] = self.rng.sample([*PLACEMENTS, "made-up"], self.rng.randrange(0, 4))
        key = self.rng.choice([*PLACEMENTS, "made-up", "%00", "a/b", "", "n" * 80])
        path, body = self.rng.choice(
            (
                ("/ofrep/v1/evaluate/flags", {"context": {**named, **person, **context}}),
                (f"/ofrep/v1/evaluate/flags/{key}", {"context": {**named, **context}}),
                (f"/api/eval/{ASKED_KEY}", {"attributes": {**person, **context}, "url": "https://shop.example/"}),
                (
                    f"/api/attributes/{self.rng.choice((ASKED_KEY, ASKED_SECRET))}",
                    {"attributes": {**person, **context}},
                ),
            )
        )
        if self.chance(0.5):
            self.spoil(body)
        packed, headers, _ = self.packed(body, 0.1)
        more = ((b"x-api-key", ASKED_KEY.encode()), *self.headers())
        return Request("flags", "POST", path.encode(), (*headers, *more), packed)

    def engagement(self) -> Request:
        lines = [
            {"token": self.token(), "type": self.rng.choice(["impression", "click", "dismiss", "conversion"])}
            for _ in range(self.rng.choice((1, 1, 2, 9)))
        ]
        for line in lines:
            if self.chance(0.3):
                line["value"] = self.rng.choice((*NUMBERS, 9.9, 10**10))
        body = lines[0] if len(lines) == 1 and self.chance(0.7) else {"engagements": lines}
        if self.chance(0.5):
            self.spoil(body)
        packed, headers, _ = self.packed(body, 0.1)
        return Request("engagement", "POST", b"/v1/engagement", (*headers, *self.headers()), packed)

    def get(self) -> Request:
        target = self.rng.choice(
            (
                lambda: f"/v1/stream?{self.query()}",
                lambda: f"/v1/projects/{self.rng.choice((KEY, SECRET, ASKED_KEY, 'none', '%00', '', 'a/b'))}/settings",
                lambda: f"/v1/i/{self.token()}",
                lambda: f"/v1/c/{self.token()}",
                lambda: f"/ofrep/v1/events?{self.query()}",
                lambda: f"/api/features/{self.rng.choice((ASKED_KEY, ASKED_SECRET, 'none', '%00', '', 'a/b'))}",
                lambda: "/t.js",
                lambda: self.rng.choice(
                    (
                        "/health/live",
                        "/health/ready",
                        "/metrics",
                        "/v1/",
                        "/v1/none",
                        "//v1/batch",
                        "/v1//decide",
                        "//",
                        "/v1/decide",
                        "/%00",
                    )
                ),
            )
        )()
        raw = quote(target, safe="/?&=:,%._-~").encode()
        if self.chance(0.2):
            raw = b"/" + self.damaged(raw[1:]).translate(None, bytes(range(33)) + b"\x7f#")
        method = self.rng.choices(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"], [80, 10, 5, 3, 2])[0]
        return Request("get", method, raw, self.headers())

    def key(self) -> str:
        """Of the site that collects: mostly the public one, else that of its servers, which may speak for any user."""
        return KEY if self.chance(0.85) else SECRET

    # --- their parts --------------------------------------------------------------------------------

    def person(self) -> dict:
        number = self.rng.randrange(PERSONS)
        person: dict = {"anonymousId": f"browser-{number}"}
        if self.chance(0.25):
            user = f"user-{self.rng.randrange(PERSONS)}"
            person["userId"] = user
            if self.chance(0.6):
                person["userHash"] = self.rng.choice(
                    (
                        sign(SECRET, user),
                        sign(ASKED_SECRET, user),
                        sign("forged", user),
                        "",
                        "0" * 64,
                        "ä" * 64,
                        sign(SECRET, ""),
                    )
                )
            if self.chance(0.2):
                del person["anonymousId"]
        return person

    def message(self) -> dict:
        kind = self.rng.choices(["track", "page", "identify", "screen", "group", "alias"], [50, 25, 12, 5, 4, 4])[0]
        message = {
            "type": kind,
            "messageId": f"{self.rng.getrandbits(96):024x}",
            **self.person(),
            "timestamp": self.moment(),
        }
        if kind == "track":
            message["event"] = self.rng.choice(
                [
                    "Product Viewed",
                    "Product Added",
                    "Order Completed",
                    "Products Searched",
                    "Cart Viewed",
                    "Order Refunded",
                ]
            )
            message["properties"] = {
                "product_id": f"K-{self.rng.randrange(60)}",
                "price": self.rng.choice((39.9, 0, 1, 12.345)),
                "quantity": self.rng.choice((1, 2, 3)),
                "order_id": f"O-{self.rng.randrange(10**6)}",
                "products": [{"product_id": "K-1", "price": 5, "quantity": 2} for _ in range(self.rng.randrange(3))],
                "query": "kettle",
                "url": "https://shop.example/kitchen/k-1?utm_source=x#y",
            }
        elif kind in ("page", "screen"):
            message |= {
                "name": "Kitchen",
                "properties": {
                    "url": "https://shop.example/kitchen",
                    "title": "Kitchen",
                    "page_id": f"{self.rng.getrandbits(40):x}",
                },
            }
        elif kind == "identify":
            message["traits"] = {
                "email": "ann@shop.example",
                "age": 33,
                "plan": self.rng.choice(["free", "paid", None]),
                "address": {"city": "Köln"},
            }
        elif kind == "group":
            message["groupId"] = f"company-{self.rng.randrange(20)}"
        else:
            message |= {
                "previousId": f"browser-{self.rng.randrange(PERSONS)}",
                "userId": f"user-{self.rng.randrange(PERSONS)}",
            }
        if self.chance(0.3):
            message["context"] = self.context()
        return message

    def context(self) -> dict:
        context: dict = {
            "page": {
                "url": "https://shop.example/kitchen?utm_source=letter",
                "referrer": "https://www.google.com/",
                "title": "Kitchen",
            }
        }
        if self.chance(0.3):
            context |= {
                "locale": "de-DE",
                "timezone": "Europe/Berlin",
                "userAgent": AGENT,
                "library": {"name": "t.js", "version": "1"},
            }
        if self.chance(0.2):
            context |= {
                "campaign": {"source": "letter", "medium": "email", "name": "spring"},
                "os": {"name": "iOS"},
                "device": {"type": "mobile"},
            }
        return context

    def moment(self) -> str:
        """Within the last month; now and then in the future."""
        return (self.now - timedelta(seconds=self.rng.randrange(-3_600, 2_600_000))).isoformat()

    def token(self) -> str:
        token = self.rng.choice(self.tokens)
        if self.chance(0.5):
            return token
        place = self.rng.randrange(len(token))
        return self.rng.choice(
            (
                token[:place],
                token[:place] + "A" + token[place + 1 :],
                token + token,
                "",
                "\0",
                "ä",
                "A" * 3_000,
                token[::-1],
            )
        )

    def query(self) -> str:
        """Of a stream, mostly one that is refused."""
        parts = {
            "writeKey": ASKED_KEY,
            "anonymousId": f"browser-{self.rng.randrange(PERSONS)}",
            "placements": "home-hero:welcome-hero",
            "context": "{}",
        }
        for name in self.rng.sample(list(parts), self.rng.randrange(1, 4)):
            if self.chance(0.4):
                del parts[name]
            else:
                parts[name] = self.rng.choice(TEXTS)[:4_000]
        if self.chance(0.3):
            parts |= self.rng.choice(
                (
                    {"feed": "x"},
                    {"userId": "user-1"},
                    {"userId": "user-1", "userHash": "0" * 64},
                    {"writeKey": ASKED_SECRET},
                )
            )
        return "&".join(f"{name}={quote(value, safe=':,', errors='replace')}" for name, value in parts.items())

    def headers(self) -> Headers:
        """Most requests have none but those of every browser."""
        if self.chance(0.6):
            return ()
        return tuple(
            (self.rng.choice(HEADER_NAMES), self.rng.choice(HEADER_TEXTS)) for _ in range(self.rng.randrange(1, 4))
        )

    # --- damage -------------------------------------------------------------------------------------

    def value(self):
        """A value that nobody expects."""
        kind = self.rng.random()
        if kind < 0.4:
            return self.rng.choice(TEXTS)
        if kind < 0.7:
            return self.rng.choice(NUMBERS)
        if kind < 0.95:
            return copy.deepcopy(self.rng.choice(OTHERS))  # a later change must not go into the list
        return self.nested(self.rng.choice((9, 30, 200)))

    def identity(self):
        """A messageId that nobody expects; no two are the same, or the second would be taken for a repeat of the
        first."""
        number = self.rng.getrandbits(62)
        return self.rng.choice(
            (
                None,
                "",
                {},
                True,
                "undefined",
                [None],
                -number,
                number,
                number << 40,
                number + 0.5,
                f"{number}\0",
                f"\ud800{number}",
                f"{number:0101}",
                f"{number}ä 😀",
            )
        )

    def nested(self, levels: int):
        value: object = 1
        for _ in range(levels):
            value = [value] if self.chance(0.5) else {"a": value}
        return value

    def spoil(self, body: dict) -> None:
        """Changes some values of a body wherever they stand, leaves some out, and adds others."""
        for _ in range(self.rng.choice((1, 1, 1, 2, 4))):
            places = _places(body)
            if not places:
                return
            holder, name = self.rng.choice(places)
            change = self.rng.random()
            if change < 0.7:
                holder[name] = self.identity() if name == "messageId" else self.value()
            elif change < 0.85:
                del holder[name]
            elif isinstance(holder, dict):
                name = self.rng.choice(NAMES)
                holder[name] = self.identity() if name == "messageId" else self.value()
            else:
                holder.insert(name, self.value())

    def packed(self, body: object, share_damaged: float = 0.3) -> tuple[bytes, Headers, bool]:
        """The body's bytes with the headers that tell of them, and whether they were damaged."""
        if self.chance(0.3):
            data = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        else:
            data = json.dumps(body).encode()
        headers: Headers = (
            (
                b"content-type",
                self.rng.choice((b"application/json", b"text/plain", b"application/x-www-form-urlencoded")),
            ),
        )
        is_damaged = self.chance(share_damaged)
        if is_damaged and self.chance(0.7):
            data = self.damaged(data)
        packing = self.rng.choices(["", "gzip", "deflate", "raw"], [80, 10, 5, 5])[0]
        if packing:
            data = gzip.compress(data, 1, mtime=0) if packing == "gzip" else zlib.compress(data, 1)
            if packing == "raw":  # deflate, without the head and the sum of zlib
                data = data[2:-4]
            headers += ((b"content-encoding", b"gzip" if packing == "gzip" else b"deflate"),)
        if is_damaged and self.chance(0.3):
            data = self.damaged(data)
        return data, headers, is_damaged

    def damaged(self, data: bytes) -> bytes:
        """Bytes flipped, left out, put in, cut off, doubled."""
        changed = bytearray(data)
        for _ in range(self.rng.choice((1, 1, 2, 5, 20))):
            place = self.rng.randrange(len(changed) + 1)
            what = self.rng.randrange(6)
            if what == 0 and place < len(changed):
                changed[place] ^= 1 << self.rng.randrange(8)
            elif what == 1:
                del changed[place : place + self.rng.choice((1, 1, 3, 30))]
            elif what == 2:
                changed[place:place] = self.rng.choice(
                    (
                        b"\0",
                        b"\\u0000",
                        b"\xff",
                        b"\xed\xa0\x80",
                        b"\\ud800",
                        b'"',
                        b"{",
                        b"]",
                        b"9" * 30,
                        b"e999",
                        b"\\",
                    )
                )
            elif what == 3 and self.chance(0.3):
                del changed[place:]
            elif what == 4:
                changed[place:place] = changed[place : place + self.rng.randrange(60)]
            elif place < len(changed):
                changed[place] = self.rng.randrange(256)
        return bytes(changed)


KINDS: dict[str, tuple[float, Callable[[Hostile], Request]]] = {
    "batch": (30, Hostile.batch),
    "single": (15, Hostile.single),
    "decide": (33, Hostile.decide),
    "flags": (12, Hostile.flags),
    "engagement": (10, Hostile.engagement),
    "get": (12, Hostile.get),
}


def _places(value) -> list[tuple]:
    """Every holder and name (or index) in a body; not inside a messageId, which `identity` makes."""
    found, open_values = [], [value]
    while open_values:
        holder = open_values.pop()
        names = list(holder) if isinstance(holder, dict) else range(len(holder))
        for name in names:
            found.append((holder, name))
            if isinstance(holder[name], dict | list) and name != "messageId":
                open_values.append(holder[name])
    return found


def _id_of(message: object) -> str | None:
    given = message.get("messageId") if isinstance(message, dict) else None
    return given if isinstance(given, str) and len(given) == 24 and given.isalnum() else None
