import base64
import gzip
import json
import uuid

import msgspec
import pytest

from sites.config import Sites
from sites.pseudonyms import pseudonym, visitor_of, visitor_of_user
from tests.intake import (
    ANONYMOUS,
    BROWSER,
    FIREFOX,
    GOOGLEBOT,
    NOW,
    PAGE,
    SALT,
    SHOP,
    VIEW,
    answer_of,
    batch,
    send,
    status_of,
)
from tracking import personal
from tracking.clocks import parse
from tracking.formats.segment import TYPES
from tracking.identity import sign
from tracking.pipeline import ARRIVE, STEPS, Pipeline, Received
from tracking.reasons import Reason


def event_of(received: Received):
    assert status_of(received) == 200, answer_of(received)
    (arrival,) = received.arrivals
    (event,) = arrival.events
    return event


# --- a good request ---------------------------------------------------------------------------------


def test_a_page_view_becomes_an_event_with_all_that_is_known_about_it():
    received = send(batch(PAGE | {"timestamp": "2026-03-01T09:59:58Z"}, sentAt="2026-03-01T09:59:59Z"))

    event = event_of(received)
    assert answer_of(received) == {"success": True, "accepted": 1}
    assert (event.message_id, event.type, event.at, event.received_at) == ("p1", "page", NOW - 1000, NOW)
    assert (event.host, event.path, event.title) == ("shop.example", "/p/1", "Kettle")
    assert (event.device, event.browser, event.os, event.language) == ("desktop", "Firefox", "Linux", "de")
    assert (event.referral.channel, event.referral.source, event.referral.landing_path) == ("email", "n", "/p/1")
    assert event.context == {"ip": "203.0.113.0"}
    assert received.arrivals[0].visitor == visitor_of(SALT, ANONYMOUS)


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_each_single_call_takes_its_type_from_the_address(kind):
    message = {"writeKey": "wk_1", "anonymousId": "a", "userId": "u", "event": "e", "groupId": "g", "previousId": "p"}

    assert event_of(send(message, kind)).type == kind


@pytest.mark.parametrize("label", ["application/json", "text/plain", "application/x-www-form-urlencoded", "image/png"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda body: b"\xef\xbb\xbf" + body])
def test_a_body_is_read_by_its_content_whatever_its_label(label, pack):
    received = send(pack(json.dumps(batch(VIEW)).encode()), headers=BROWSER | {"content-type": label})

    assert event_of(received).name == "Product Viewed"


@pytest.mark.parametrize(
    ("headers", "more", "body"),
    [
        ({"authorization": "Basic " + base64.b64encode(b"wk_1:").decode()}, {}, {"batch": [VIEW]}),
        ({"authorization": "Bearer wk_1"}, {}, {"batch": [VIEW]}),
        ({"x-write-key": "wk_1"}, {}, {"batch": [VIEW]}),
        ({}, {"query_string": b"a=b&writeKey=wk_1"}, {"batch": [VIEW]}),
        ({}, {}, {"batch": [VIEW], "writeKey": "wk_1"}),
        ({}, {}, {"batch": [VIEW | {"writeKey": "wk_1"}]}),
    ],
)
def test_finds_the_key_wherever_a_client_puts_it(headers, more, body):
    assert send(body, headers=headers, **more).site is SHOP


def test_the_envelopes_context_completes_the_messages_own():
    shared = {"locale": "fr-FR", "page": {"url": "https://shop.example/shared"}}

    event = event_of(send(batch(VIEW | {"context": {"page": {"url": "https://shop.example/own"}}}, context=shared)))

    assert (event.path, event.language) == ("/own", "fr")


def test_a_message_without_an_id_gets_one_of_its_own():
    first, second = (event_of(send(batch(VIEW | {"messageId": None}))).message_id for _ in range(2))

    assert uuid.UUID(first) != uuid.UUID(second)


def test_a_replayed_batch_gives_the_same_events():
    body = batch(PAGE | {"timestamp": "2026-03-01T09:00:00Z"}, sentAt="2026-03-01T10:00:00Z")

    assert msgspec.json.encode(send(body).arrivals) == msgspec.json.encode(send(body).arrivals)


# --- refusals ---------------------------------------------------------------------------------------

DEEP = b'{"writeKey":"wk_1","batch":' + b"[" * 50_000
HOSTILE = [
    ("no json", b"{", 400, Reason.MALFORMED, ""),
    ("empty", b"", 400, Reason.MALFORMED, ""),
    ("binary", bytes(range(256)), 400, Reason.MALFORMED, ""),
    ("deep nesting", DEEP, 400, Reason.MALFORMED, ""),
    ("10 MB", b'{"batch":[' + b" " * 10_000_000, 413, Reason.TOO_BIG, ""),
    ("gzip bomb", gzip.compress(b" " * 10_000_000), 413, Reason.TOO_BIG, ""),
    ("broken gzip", gzip.compress(b"{}")[:-5], 400, Reason.MALFORMED, ""),
    ("a list", [VIEW], 400, Reason.INVALID, ""),
    ("no batch", {"writeKey": "wk_1"}, 400, Reason.INVALID, "batch"),
    ("too many messages", batch(*[{"type": "page"}] * 2501), 413, Reason.TOO_BIG, "batch"),
    ("only a bad message", batch(VIEW | {"event": 5}), 400, Reason.INVALID, "batch[0].event"),
    (
        "only a message too big",
        batch(VIEW | {"properties": {f"p{n}": "x" * 8000 for n in range(6)}}),
        413,
        Reason.TOO_BIG,
        "batch[0]",
    ),
    ("nobody", batch({"type": "page"}), 400, Reason.INVALID, "batch[0].anonymousId"),
    ("wrong key", batch(VIEW, key="wk_0"), 401, Reason.UNKNOWN_KEY, "writeKey"),
    ("no key", {"batch": [VIEW]}, 401, Reason.UNKNOWN_KEY, "writeKey"),
]


@pytest.mark.parametrize(
    ("body", "status", "reason", "field"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE]
)
def test_hostile_input_is_refused_with_the_field_named_and_counted(body, status, reason, field):
    received = send(body)

    answer = answer_of(received)
    assert (status_of(received), answer["success"], answer["code"], answer["field"]) == (status, False, reason, field)
    assert answer["message"]
    assert received.arrivals == []
    assert received.drops[reason] >= 1


def test_a_single_bad_message_names_its_field_without_a_path():
    assert answer_of(send({"writeKey": "wk_1", "anonymousId": "a"}, "track"))["field"] == "event"


def test_a_foreign_origin_is_refused_and_a_server_without_origin_is_not():
    foreign = send(batch(VIEW), headers=BROWSER | {"origin": "https://evil.example"})
    server = send(batch(VIEW), headers={"user-agent": "analytics-python/2.4.0"})

    assert (status_of(foreign), foreign.drops) == (403, {Reason.FOREIGN_ORIGIN: 1})
    assert status_of(server) == 200


def test_bad_messages_of_a_batch_cost_the_good_ones_nothing():
    received = send(batch(VIEW, {"type": "track", "anonymousId": "a"}, PAGE, {"type": "nonsense", "anonymousId": "a"}))

    answer = answer_of(received)
    assert (status_of(received), answer["success"], answer["accepted"]) == (200, True, 2)
    assert [(fault["index"], fault["field"]) for fault in answer["rejected"]] == [
        (1, "batch[1].event"),
        (3, "batch[3].type"),
    ]
    assert received.drops == {Reason.INVALID: 2}


def test_an_address_that_sends_too_much_is_told_when_to_come_back():
    pipeline = Pipeline(rate=1)

    statuses = [status_of(send(batch(VIEW), pipeline=pipeline)) for _ in range(60)]
    refused = send(batch(VIEW), pipeline=pipeline)

    assert set(statuses) == {200}
    assert (status_of(refused), refused.retry_after, refused.drops) == (429, 1, {Reason.RATE_LIMITED: 1})
    assert status_of(send(batch(VIEW), pipeline=pipeline, address="203.0.113.78")) == 200


def test_a_limit_counts_messages_not_requests():
    pipeline = Pipeline(rate=1)

    first = send(batch(*[VIEW] * 100), pipeline=pipeline)
    second = send(batch(VIEW), pipeline=pipeline)

    assert (status_of(first), status_of(second), second.retry_after) == (200, 429, 41)
    assert answer_of(second)["code"] == "rate_limited"


def test_one_sites_flood_is_limited_whatever_addresses_it_comes_from():
    pipeline = Pipeline(site_rate=1)

    send(batch(*[VIEW] * 100), pipeline=pipeline, address="203.0.113.1")
    refused = send(batch(VIEW), pipeline=pipeline, address="203.0.113.2")

    assert (status_of(refused), answer_of(refused)["field"]) == (429, "writeKey")


def test_a_public_key_tells_of_the_last_months_not_of_years():
    day = 86_400_000
    events = [{**VIEW, "timestamp": NOW - age * day} for age in (1, 399, 401, 5000)]

    received = send(batch(*events), pipeline=Pipeline(max_age_days=400))

    assert [NOW - event.at for event in received.arrivals[0].events] == [day, 399 * day]
    assert received.drops == {Reason.TOO_OLD: 2}
    assert answer_of(received)["dropped"] == {"too_old": 2}


def test_an_ipv6_subscriber_has_one_rate_whatever_address_of_theirs_they_use():
    pipeline = Pipeline(rate=1)
    pipeline.limits.buckets.burst = 1

    statuses = [
        status_of(send(batch(VIEW), address=address, pipeline=pipeline))
        for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1")
    ]

    assert statuses == [200, 429, 200]


# --- drops ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "message", "key", "reason"),
    [
        (BROWSER | {"sec-gpc": "1"}, VIEW, "wk_1", Reason.GPC),
        (BROWSER | {"dnt": "1"}, VIEW, "wk_2", Reason.DNT),
        (BROWSER, VIEW, "wk_2", Reason.NO_CONSENT),
        (
            BROWSER,
            VIEW | {"context": {"consent": {"categoryPreferences": {"analytics": False}}}},
            "wk_1",
            Reason.NO_CONSENT,
        ),
        (BROWSER | {"user-agent": GOOGLEBOT}, VIEW, "wk_1", Reason.BOT_DECLARED),
        ({"user-agent": GOOGLEBOT}, VIEW, "wk_1", Reason.BOT_DECLARED),
        (
            {"user-agent": "analytics-python/2.4.0"},
            VIEW | {"context": {"userAgent": GOOGLEBOT}},
            "wk_1",
            Reason.BOT_DECLARED,
        ),
        (BROWSER | {"user-agent": "curl/8.5"}, VIEW, "wk_1", Reason.BOT_DECLARED),
    ],
)
def test_drops_quietly_what_may_not_be_kept(headers, message, key, reason):
    received = send(batch(message, key=key), headers=headers)

    assert (status_of(received), received.arrivals, received.drops) == (200, [], {reason: 1})
    assert answer_of(received) == {"success": True, "accepted": 0, "dropped": {reason: 1}}


def test_consent_is_asked_for_each_message():
    agreed, refused = (
        {"context": {"consent": {"categoryPreferences": {"analytics": answer}}}} for answer in (True, False)
    )

    received = send(batch(VIEW | agreed, PAGE | refused, key="wk_2"), headers=BROWSER)

    assert event_of(received).context["consent"] == {"analytics": True}
    assert received.drops == {Reason.NO_CONSENT: 1}


def test_drops_visitors_from_data_centres_only_where_the_site_wants_it():
    agreed = VIEW | {"context": {"consent": {"categoryPreferences": {"analytics": True}}}}

    assert send(batch(agreed, key="wk_2"), address="138.197.1.1").drops == {Reason.BOT_DATA_CENTRE: 1}
    assert send(batch(agreed, key="wk_1"), address="138.197.1.1").drops == {}


def test_drops_pages_opened_faster_than_people_can():
    pages = [PAGE | {"messageId": str(number)} for number in range(15)]

    received = send(batch(*pages, VIEW), pipeline=Pipeline(pages_per_minute=10))

    assert received.drops == {Reason.BOT_PACE: 5}
    assert len(received.arrivals[0].events) == 11


# --- clocks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timestamp", "sent_at", "expected", "guessed"),
    [
        ("2027-03-01T09:59:00Z", "2027-03-01T10:00:00Z", NOW - 60_000, False),
        ("2020-03-01T09:59:00Z", "2020-03-01T10:00:00Z", NOW - 60_000, False),
        ("2027-03-01T10:00:00Z", None, NOW, False),
        ("2020-01-01T00:00:00Z", None, parse("2020-01-01T00:00:00Z"), False),
        ("1970-01-01T00:00:00Z", None, NOW, True),
        ("soon", "soon", NOW, True),
        (None, None, NOW, False),
    ],
)
def test_corrects_the_clients_clock(timestamp, sent_at, expected, guessed):
    event = event_of(send(batch(VIEW | {"timestamp": timestamp}, sentAt=sent_at)))

    assert event.at == expected
    assert ("clock" in event.context) is guessed


def test_original_timestamp_wins_as_rudderstack_sends_it():
    message = VIEW | {"originalTimestamp": "2026-03-01T09:00:00Z", "timestamp": "2026-03-01T09:30:00Z"}

    assert event_of(send(batch(message))).at == NOW - 3_600_000


# --- devices and places -----------------------------------------------------------------------------


def test_a_server_speaks_for_the_visitor_not_for_itself():
    context = {
        "userAgent": FIREFOX,
        "ip": "198.51.100.9",
        "locale": "pt_BR",
        "timezone": "America/Bahia",
        "library": {"name": "lib", "version": "1"},
    }

    event = event_of(
        send(batch(VIEW | {"context": context}), headers={"user-agent": "analytics-python/2.4.0"}, address="10.0.0.1")
    )

    assert (event.device, event.browser, event.language) == ("desktop", "Firefox", "pt")
    assert event.context == {"ip": "198.51.100.0", "locale": "pt_BR", "timezone": "America/Bahia", "library": "lib 1"}


@pytest.mark.parametrize("agent", ["analytics-python/2.4.0", "OurCRM/3.1", "PostmanRuntime/7.36.0", ""])
def test_a_server_that_says_nothing_of_the_visitor_leaves_it_open(agent):
    """ingest-server-events-are-no-visits-1, ingest-server-event-overwrites-device-1"""
    event = event_of(send(batch(VIEW), headers={"user-agent": agent}, address="10.0.0.1"))

    assert (event.device, event.browser, event.context["channel"]) == ("", "", "server")


@pytest.mark.parametrize(
    ("message", "headers"),
    [
        (VIEW, BROWSER),
        (VIEW, {"origin": "https://shop.example"}),
        (VIEW | {"context": {"userAgent": FIREFOX}}, {}),
        (VIEW | {"context": {"page": {"url": "https://shop.example/"}}}, {}),
        (VIEW | {"context": {"device": {"type": "ios"}}}, {}),
        (VIEW | {"context": {"os": {"name": "iOS"}}}, {}),
        (PAGE | {"context": {}}, {}),
    ],
)
def test_what_says_something_of_a_browser_or_an_app_is_a_visit(message, headers):
    """ingest-server-events-are-no-visits-1"""
    assert "channel" not in event_of(send(batch(message), headers=headers)).context


def test_an_app_names_its_device():
    event = event_of(
        send(
            batch(
                VIEW | {"context": {"device": {"type": "ios"}, "os": {"name": "iOS"}, "location": {"country": "de"}}}
            ),
            headers={},
        )
    )

    assert (event.device, event.os, event.country) == ("mobile", "iOS", "DE")


def test_the_country_is_believed_only_behind_a_proxy():
    headers = BROWSER | {"cf-ipcountry": "AT"}

    assert event_of(send(batch(VIEW), headers=headers, pipeline=Pipeline(trusted_proxies=1))).country == "AT"
    assert event_of(send(batch(VIEW), headers=headers)).country == ""


def test_only_page_views_carry_a_referral():
    assert event_of(send(batch(PAGE))).referral is not None
    assert event_of(send(batch(VIEW | {"context": PAGE["context"]}))).referral is None


def test_a_page_views_properties_keep_no_query():
    properties = {
        "url": "https://shop.example/p/1?token=secret#x",
        "referrer": "https://a.example/?q=secret",
        "search": "?token=secret",
        "page_id": "p",
    }

    event = event_of(send(batch(PAGE | {"properties": properties, "category": "Docs"})))

    assert event.properties == {
        "url": "https://shop.example/p/1",
        "referrer": "https://a.example/",
        "page_id": "p",
        "category": "Docs",
    }
    assert "secret" not in repr(event)


# --- pseudonyms -------------------------------------------------------------------------------------


def test_no_id_and_nothing_personal_leaves_the_pipeline_in_clear():
    user, mail = "customer-4711", "anna@mail.example"
    message = {
        "type": "identify",
        "messageId": "i1",
        "anonymousId": ANONYMOUS,
        "userId": user,
        "traits": {"email": mail, "name": "Anna", "plan": "gold", "id": user, "company": {"phone": "0815-2342"}},
        "properties": {
            "customer": user,
            "contact": mail,
            "device": ANONYMOUS,
            "list": [{"who": user}],
            "anonymousId": "another-one",
        },
        "context": {
            "traits": {"email": mail},
            "ip": "198.51.100.9",
            "page": {"path": f"/account/{mail}", "url": f"https://shop.example/account?u={user}"},
        },
    }

    received = send(batch(message))

    stored = msgspec.json.encode(received.arrivals).decode()
    for secret in (user, mail, ANONYMOUS, "Anna", "0815-2342", "another-one", "198.51.100.9", "203.0.113.77"):
        assert secret not in stored
    event = event_of(received)
    assert event.traits["plan"] == "gold"
    assert event.traits["email"] == event.properties["contact"] == pseudonym(SALT, mail)


def test_the_name_of_a_page_hides_what_its_title_hides():
    """Security finding B5. Many send a page's title as its name."""
    event = event_of(
        send(
            batch(
                VIEW
                | {
                    "type": "page",
                    "event": None,
                    "name": "Orders of customer-4711, anna@mail.example",
                    "userId": "customer-4711",
                }
            )
        )
    )

    assert event.name == f"Orders of {pseudonym(SALT, 'customer-4711')}, {pseudonym(SALT, 'anna@mail.example')}"


def test_personal_names_are_hashed_among_properties_but_the_name_of_a_product_is_not():
    event = event_of(send(batch(VIEW | {"properties": {"name": "Kettle", "phone": "0815"}})))

    assert event.properties == {"name": "Kettle", "phone": pseudonym(SALT, "0815")}


@pytest.mark.parametrize("secret", ["anna@mail.example", ANONYMOUS])
@pytest.mark.parametrize("escape", [False, True])
def test_an_otherwise_harmless_event_hides_an_address_or_a_repeated_id(secret, escape):
    raw = json.dumps(batch(VIEW | {"properties": {"query": "SECRET"}}))
    told = "".join(f"\\u{ord(letter):04x}" for letter in secret) if escape else secret

    event = event_of(send(raw.replace("SECRET", told).encode()))

    assert event.properties == {"query": pseudonym(SALT, secret)}


def test_the_traits_in_the_context_count_where_a_message_has_none():
    assert event_of(send(batch(VIEW | {"context": {"traits": {"plan": "gold"}}}))).traits == {"plan": "gold"}


def test_a_group_is_kept_as_a_pseudonym():
    event = event_of(send(batch({"type": "group", "userId": "u", "groupId": "acme", "messageId": "g"})))

    assert event.properties == {"group_id": pseudonym(SALT, "acme")}


# --- whose events -----------------------------------------------------------------------------------


def test_events_are_grouped_by_visitor_in_order():
    messages = [
        VIEW | {"messageId": str(number), "anonymousId": who}
        for number, who in enumerate(["anna", "bert", "anna", "anna", "bert"])
    ]

    arrivals = send(batch(*messages)).arrivals

    assert [(arrival.visitor, [event.message_id for event in arrival.events]) for arrival in arrivals] == [
        (visitor_of(SALT, "anna"), ["0", "2", "3"]),
        (visitor_of(SALT, "bert"), ["1", "4"]),
    ]


@pytest.mark.parametrize("field", ["anonymousId", "userId"])
def test_ids_that_are_equal_as_numbers_and_written_differently_are_two_visitors(field):
    messages = [{"type": "page", field: who} for who in (1, 1.0)]

    assert len({arrival.visitor for arrival in send(batch(*messages)).arrivals}) == 2


def test_what_one_visitors_view_says_of_the_page_is_not_said_of_anothers_event():
    page = {"context": {"page": {"url": "https://shop.example/account"}}}
    view = {"type": "page", "anonymousId": "anna", "properties": {"title": "Anna's account"}}

    arrivals = send(batch(view | page, VIEW | {"anonymousId": "bert"} | page)).arrivals

    assert [arrival.events[0].title for arrival in arrivals] == ["Anna's account", ""]


def test_traits_of_equal_contexts_keep_their_kinds():
    messages = [VIEW | {"messageId": str(value), "context": {"traits": {"level": value}}} for value in (1, True, 1.0)]

    (arrival,) = send(batch(*messages)).arrivals

    assert [repr(event.traits["level"]) for event in arrival.events] == ["1", "True", "1.0"]


def test_a_visitor_who_logs_in_stays_one_arrival_and_two_users_are_two():
    users = [None, "anna", "anna", "bert", None]
    messages = [
        VIEW | {"messageId": str(number), "userId": user, "userHash": user and sign("wsk_1", user)}
        for number, user in enumerate(users)
    ]

    arrivals = send(batch(*messages)).arrivals

    assert [(arrival.user_visitor, len(arrival.events)) for arrival in arrivals] == [
        (visitor_of_user(SALT, "anna"), 3),
        (visitor_of_user(SALT, "bert"), 2),
    ]


def test_an_event_names_its_user_as_the_arrival_does_so_that_a_rebuild_joins_the_same_histories():
    (arrival,) = send(batch(VIEW | {"userId": "anna", "userHash": sign("wsk_1", "anna")})).arrivals

    assert arrival.events[0].user == arrival.user_visitor == visitor_of_user(SALT, "anna")


def test_an_alias_joins_the_previous_id_with_the_user():
    (arrival,) = send(
        batch({"type": "alias", "previousId": "before", "userId": "after"}, key="wsk_1"), headers={}
    ).arrivals

    assert (arrival.visitor, arrival.user_visitor) == (visitor_of(SALT, "before"), visitor_of_user(SALT, "after"))
    assert arrival.previous_user == visitor_of_user(SALT, "before")  # it may be a user's as well


def test_the_steps_are_what_the_documentation_lists():
    assert [step.__name__ for step in (*ARRIVE, *STEPS)] == [
        "limit_rate",
        "unpack_body",
        "decode",
        "find_site",
        "check_origin",
        "limit_messages",
        "ask_consent",
        "refuse_bots",
        "correct_clocks",
        "refuse_history",
        "refuse_haste",
        "read_pages",
        "describe_devices",
        "prove_users",
        "mark_currencies",
        "pseudonymise",
        "group_by_visitor",
    ]


def test_no_kept_address_or_title_tells_who_somebody_is():
    """Finding B5, ingest-personal-data-inside-text-1: paths were hashed, and the same address stood in clear beside
    them."""
    mail, user = "path78211da4@person.example", "usermark78211da4"
    url = f"https://shop.example/account/{mail}/{user}"
    page = {
        "url": url + f"?u={user}#{mail}",
        "title": f"Orders of {mail}",
        "referrer": url,
        "path": f"/account/{mail}/{user}",
    }
    campaign = {"source": "news", "content": mail, "term": user}
    view = {
        "type": "page",
        "anonymousId": ANONYMOUS,
        "userId": user,
        "properties": dict(page),
        "context": {"page": page, "campaign": campaign},
    }
    track = VIEW | {
        "userId": user,
        "properties": {"url": page["url"], "note": f"ask {mail.replace('@', '%40')}"},
        "context": {"page": page},
    }

    (arrival,) = send(batch(view, track)).arrivals

    kept = msgspec.json.encode(arrival.events).decode()
    assert (mail in kept, mail.replace("@", "%40") in kept, user in kept) == (False, False, False)
    assert (
        arrival.events[0].path
        == f"/account/{pseudonym(SALT, mail)}/{pseudonym(SALT, user)}"
        == arrival.events[0].referral.landing_path
    )
    assert arrival.events[1].properties["url"].startswith("https://shop.example/account/")


def test_of_a_batch_of_many_visitors_each_text_is_searched_for_its_own_ids_alone(monkeypatch):
    """All ids of 2,500 visitors in each of their texts would be millions of looks for one request."""
    searched: list[int] = []
    look = personal.hide_in_text
    monkeypatch.setattr(
        personal, "hide_in_text", lambda text, ids, salt: searched.append(len(ids)) or look(text, ids, salt)
    )
    messages = [
        VIEW
        | {"anonymousId": f"visitor-{n:04}", "messageId": f"m{n}", "properties": {"note": f"seen by visitor-{n:04}"}}
        for n in range(300)
    ]
    messages[0]["properties"] = {"friend": "visitor-0007"}

    arrivals = send(batch(*messages)).arrivals

    assert max(searched) == 1
    notes = [arrival.events[0].properties.get("note", "") for arrival in arrivals]
    assert [note for note in notes if "visitor-" in note] == []
    assert arrivals[0].events[0].properties == {
        "friend": pseudonym(SALT, "visitor-0007")
    }  # another's id alone is found all the same


# --- a server's key ----------------------------------------------------------------------------------


def test_a_servers_key_in_a_page_is_refused_with_a_word():
    received = send(batch(VIEW, key="wsk_1"))

    assert (status_of(received), received.arrivals, answer_of(received)["code"]) == (403, [], "secret_in_page")


def test_a_server_may_tell_of_any_time():
    old = VIEW | {"timestamp": "2020-01-01T00:00:00Z"}

    assert [
        len(send(batch(old, key=key), headers={}, pipeline=Pipeline(max_age_days=400)).arrivals)
        for key in ("wk_1", "wsk_1")
    ] == [0, 1]


# --- what is told of the site -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("properties", "marked"),
    [
        ({"total": 5, "currency": "USD"}, "EUR"),
        ({"products": [{"price": 1}, {"price": 2, "currency": "USD"}]}, "EUR"),
        ({"total": 5, "currency": "eur"}, None),
        ({"total": 5, "currency": None}, None),
        ({"total": 5, "currency": 7, "products": "many"}, None),
        ({"total": 5}, None),
    ],
)
def test_an_event_in_another_currency_carries_the_sites(properties, marked):
    """ingest-currencies-1"""
    received = send(batch(VIEW | {"event": "Order Completed", "properties": properties}, VIEW | {"messageId": "m2"}))

    order, view = received.arrivals[0].events
    assert order.context.get("currency") == marked
    assert "currency" not in view.context


@pytest.mark.parametrize(("currency", "marked"), [("JPY", "JPY"), ("KWD", "KWD"), ("SEK", None)])
def test_where_a_major_unit_is_not_a_hundred_minor_ones_events_carry_the_currency(currency, marked):
    """Whoever folds them later knows nothing of the site."""
    sites = Sites([msgspec.structs.replace(SHOP, currency=currency)])
    priced = VIEW | {"event": "Product Viewed", "properties": {"product_id": "K", "price": 5}}

    received = send(batch(priced, VIEW | {"messageId": "m2", "properties": {}}), sites=sites)

    assert [event.context.get("currency") for event in received.arrivals[0].events] == [marked, None]


def test_a_body_that_we_cannot_unpack_is_refused_as_such():
    """ingest-packed-otherwise-1"""
    received = send(b"\x28\xb5\x2f\xfd\x00", headers=BROWSER | {"content-encoding": "zstd"})

    assert (status_of(received), answer_of(received)["code"], answer_of(received)["field"]) == (
        415,
        "unknown_encoding",
        "content-encoding",
    )
