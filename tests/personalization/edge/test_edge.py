"""What clients see of the hot paths."""

import asyncio
import base64
import itertools
import json
import time
from datetime import UTC, datetime

import msgspec
import pytest
from django.conf import settings

from campaigns import release
from campaigns.release import FrozenPlacement
from personalization.edge import engage
from personalization.edge.streams import MAX_STREAMS_A_VISITOR
from segments.profile import Profile, encode
from sites import keys
from sites.pseudonyms import visitor_of
from tests.personalization.edge.conftest import COOKIE, Listener, feed_token, go_live, source
from tests.questions import KEY, SECRET, batch, logged, page, question, viewed
from tracking.identity import sign
from tracking.rates import TokenBuckets

# --- collect ----------------------------------------------------------------------------------------


async def test_an_acknowledged_event_is_in_the_log(edge, store):
    answer = await edge.post("/v1/batch", batch(viewed("m1"), viewed("m2")))

    assert (answer.status, answer.json) == (200, {"success": True, "accepted": 2})
    assert [event.message_id for event in logged(store)[0]] == ["m1", "m2"]


async def test_a_host_that_ends_in_a_slash_is_forgiven(edge, store):
    answer = await edge.post("//v1/batch", batch(viewed("m1")))

    assert answer.status == 200
    assert len(logged(store)[0]) == 1


async def test_a_repeated_batch_is_acknowledged_and_changes_nothing(edge, store):
    await edge.post("/v1/batch", batch(viewed("m1")))

    answer = await edge.post("/v1/batch", batch(viewed("m1")))

    assert answer.status == 200
    assert len(logged(store)[0]) == 1


async def test_a_client_cannot_pretend_that_histories_were_merged(edge, store):
    forged = base64.b64encode(encode(Profile(events=9, orders=1000, first_at=1, last_at=1))).decode()
    alias = {
        "writeKey": KEY,
        "previousId": "a1",
        "userId": "u1",
        "properties": {"visitor": "f" * 32, "profile": forged},
    }

    for name in ("event", "name"):
        assert (await edge.post("/v1/alias", alias | {name: "Visitor Merged"})).status == 200

    assert {event.name for event in logged(store)[0]} == {""}
    assert (await edge.application.state.store.load(visitor_of("ab" * 32, "a1")))[1].orders == 0


async def test_a_wrong_key_is_refused(edge):
    answer = await edge.post("/v1/track", {"writeKey": "nobody", "anonymousId": "a", "event": "X"})

    assert (answer.status, answer.json["field"]) == (401, "writeKey")


async def test_a_body_that_is_too_large_is_refused_before_it_is_read_whole(edge):
    reads = 0

    async def receive():
        nonlocal reads
        reads += 1
        return {"type": "http.request", "body": b"x" * 200_000, "more_body": True}

    sent = []

    async def send(message):
        sent.append(message)

    await edge.application(edge.scope("POST", "/v1/batch", origin="https://shop.example"), receive, send)

    assert sent[0]["status"] == 413
    assert (b"access-control-allow-origin", b"https://shop.example") in sent[0][
        "headers"
    ]  # else a page would take it for a lost connection, and repeat
    assert reads < 10


async def test_a_body_in_pieces_is_read_to_its_declared_length_and_no_further(edge, store):
    body = json.dumps(batch(viewed("m1"))).encode()
    pieces = [body[:50], body[50:]]

    async def receive():
        return {"type": "http.request", "body": pieces.pop(0), "more_body": True}

    sent = []

    async def send(message):
        sent.append(message)

    await edge.application(edge.scope("POST", "/v1/batch", content_length=str(len(body))), receive, send)

    assert sent[0]["status"] == 200
    assert not pieces
    assert len(logged(store)[0]) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"placements": "hero"}',
        b'{"placements": [1]}',
        b"[" * 10_000,
        b'{"placements": []}',
    ],
)
async def test_a_malformed_question_is_answered_400_with_a_message(edge, body):
    answer = await edge.post("/v1/decide", body)

    assert answer.status == 400
    assert answer.json["message"]


@pytest.mark.parametrize("path", ["/v1/decide", "/v1/engagement"])
async def test_what_nobody_asked_for_may_be_nested_without_end(edge, path):
    answer = await edge.post(path, b'{"other":' + b"[" * 5000 + b"]" * 5000 + b"}")

    assert answer.status == 400


@pytest.mark.parametrize("value", [b"1e400", b"[" * 300 + b"]" * 300, b"123456789012345678901234567890"])
async def test_a_question_is_answered_whatever_its_events_hold(edge, store, value):
    bad = b'{"event":"Product Viewed","messageId":"bad","properties":{"price":%b}}' % value
    body = json.dumps(question()).encode()[:-1] + b',"events":[%b,%b]}' % (bad, json.dumps(viewed("good")).encode())

    answer = await edge.post("/v1/decide", body)

    assert (answer.status, answer.json["decisions"][0]["reason"]) == (200, "DEFAULT")
    assert "good" in {event.message_id for event in logged(store)[0]}


async def test_null_in_a_question_stands_for_nothing(edge):
    answer = await edge.post(
        "/v1/decide",
        question(context={"page": {"url": None}, "consent": None, "locale": None}, events=None, preview=None),
    )

    assert answer.status == 200
    assert answer.json["decisions"][0]["placement"] == "hero"


async def test_the_clock_of_events_that_come_with_a_question_is_corrected(edge, store):
    """An hour slow: what happened now says so."""
    now = time.time()
    hour_ago = [datetime.fromtimestamp(now - 3600 - ago, UTC).isoformat() for ago in (5, 0)]

    answer = await edge.post(
        "/v1/decide", question(events=[viewed("slow") | {"timestamp": hour_ago[0]}], sentAt=hour_ago[1])
    )

    assert answer.json["accepted"] is True
    (event,) = logged(store)[0]
    assert abs(event.at / 1000 - (now - 5)) < 2


async def test_the_field_at_fault_is_named(edge):
    answer = await edge.post("/v1/decide", question(anonymousId={"id": 7}))

    assert answer.json["field"] == "anonymousId"


# --- decide -----------------------------------------------------------------------------------------


async def test_what_a_question_says_can_be_stored_whatever_it_holds(edge, store):
    """A NUL in one question would bury all decisions that were appended with it: jsonb does not take it."""
    url = f"https://shop.example/a\0b/ann@example.com/{'c' * 5000}"

    await edge.post(
        "/v1/decide", question(placements=["hero", "no\0such"], context={"page": {"url": url}, "locale": "\0e"})
    )
    await edge.application.state.buffer.flush()

    (hero, unknown) = logged(store)[1]
    assert "\\u0000" not in json.dumps([msgspec.to_builtins(row) for row in (hero, unknown)])
    assert unknown.exposure.placement == "(unknown)"  # whatever it was called
    assert hero.context["context"]["path"].startswith("/a\ufffdb/")
    assert "ann@example.com" not in hero.context["context"]["path"]
    assert len(hero.context["context"]["path"]) < 1100


@pytest.mark.parametrize(
    ("field", "changed"), [("placements[0]", {"placements": ["p" * 65]}), ("anonymousId", {"anonymousId": "a" * 257})]
)
async def test_names_and_ids_have_a_length_at_which_they_are_refused(edge, field, changed):
    answer = await edge.post("/v1/decide", question(**changed))

    assert (answer.status, answer.json["field"]) == (400, field)


async def test_decides_for_somebody_unknown(edge):
    decision = (await edge.post("/v1/decide", question())).json["decisions"][0]

    assert (decision["reason"], decision["variant"]["key"], decision["rule"]) == ("DEFAULT", "default", None)


async def test_events_of_the_same_request_count_already(edge):
    events = [page("m1"), viewed("m1"), page("m2"), viewed("m2")]

    decision = (await edge.post("/v1/decide", question(events=events))).json["decisions"][0]

    assert (decision["reason"], decision["variant"]["key"]) == ("TARGETING_MATCH", "v1")
    assert decision["campaign"] == {"key": "spring", "name": "Spring"}


async def test_a_decision_is_logged_with_what_a_recomputation_needs(edge, store):
    decision = (await edge.post("/v1/decide", question(events=[viewed("m1")]))).json["decisions"][0]
    await edge.application.state.buffer.stop()

    row = logged(store)[1][0]

    assert row.id.hex() == decision["decisionId"]
    assert (row.seq, row.exposure.placement) == (1, "hero")
    assert row.context["placements"] == ["hero"]


async def test_every_placement_is_answered_even_one_nobody_made(edge):
    decisions = (await edge.post("/v1/decide", question(placements=["hero", "nowhere", "side"]))).json["decisions"]

    assert [(decision["placement"], decision["reason"]) for decision in decisions] == [
        ("hero", "DEFAULT"),
        ("nowhere", "ERROR"),
        ("side", "DEFAULT"),
    ]
    assert decisions[1]["variant"] is None


async def test_placements_that_nobody_made_are_counted_together(edge, store):
    """R19, B2: names from outside have no end."""
    answer = await edge.post("/v1/decide", question(placements=["hero", *(f"made-up-{i}" for i in range(49))]))
    await edge.application.state.buffer.flush()

    rows = logged(store)[1]
    assert len(answer.json["decisions"]) == 50
    assert sorted(row.exposure.placement for row in rows) == ["(unknown)", "hero"]
    assert all(row.context["placements"] == ["hero"] for row in rows)


async def lose_redis(edge) -> None:
    """For good: nobody connects again."""
    redis = edge.application.state.redis
    redis.stop()
    await asyncio.wait_for(redis.lost.wait(), 2)


async def test_without_redis_the_default_is_shown_and_events_are_refused(edge):
    await lose_redis(edge)

    decided = await edge.post("/v1/decide", question())
    collected = await edge.post("/v1/batch", batch(viewed("m9")))

    assert decided.status == 200
    assert (decided.json["decisions"][0]["reason"], decided.json["decisions"][0]["variant"]["key"]) == (
        "ERROR",
        "default",
    )
    assert (collected.status, collected.headers["retry-after"]) == (503, "5")


async def test_events_have_all_of_the_context_of_the_question_that_brings_them(edge, store):
    """A5: of six parts of it the campaign, the device, the place, the time zone and the library were lost."""
    context = {
        "page": {"url": "https://shop.example/p/1"},
        "campaign": {"name": "spring", "source": "letter", "medium": "email"},
        "device": {"type": "tablet"},
        "location": {"country": "AT"},
        "timezone": "Europe/Vienna",
        "library": {"name": "shop-app", "version": "3"},
    }
    own = viewed("m2") | {"context": {"timezone": "Europe/Rome"}}

    asked = question(context=context, events=[{"type": "page", "messageId": "m1"}, own])
    answer = await edge.post("/v1/decide", asked, user_agent="python-requests/2.32")

    page_view, other = logged(store)[0]
    assert answer.json["accepted"] is True
    assert (page_view.referral.campaign, page_view.referral.source) == ("spring", "letter")
    assert (page_view.device, page_view.country) == ("tablet", "AT")
    assert (page_view.context["timezone"], page_view.context["library"]) == ("Europe/Vienna", "shop-app 3")
    assert (other.context["timezone"], other.device) == ("Europe/Rome", "tablet")


async def test_null_counts_as_absent_in_a_question_and_its_events(edge, store):
    names = ("userId", "userHash", "shown", "preview", "explain", "sentAt")
    event = {"event": "Product Viewed", "type": None, "anonymousId": None, "context": None, "messageId": "m1"}

    answer = await edge.post(
        "/v1/decide", question(context={"page": None, "consent": None}, events=[event]) | dict.fromkeys(names)
    )

    assert (answer.status, answer.json["accepted"], "rejected" in answer.json) == (200, True, False)
    assert [(one.type, one.message_id) for one in logged(store)[0]] == [("track", "m1")]


async def test_without_the_profile_only_the_request_is_looked_at(edge, store):
    """A customer whose profile cannot be read is no new visitor; what needs no profile is answered as ever; and names
    that nobody made are still counted together."""
    what = source({"visitor.new": True}, {"context.path": "/sale"})
    off = FrozenPlacement("off", 0, 0, enabled=False)
    go_live(store, msgspec.structs.replace(what, placements=[*what.placements, off]))
    await edge.application.state.snapshots.refresh()
    await lose_redis(edge)

    asked = question(placements=["hero", "off", "made-up-1", "made-up-2"])
    home = (await edge.post("/v1/decide", asked)).json["decisions"]
    sale = (await edge.post("/v1/decide", asked | {"context": {"page": {"url": "https://shop.example/sale"}}})).json
    seen = (await edge.post("/v1/decide", asked | {"preview": "v1"})).json["decisions"]

    assert [(one["reason"], one["detail"]) for one in home] == [
        ("ERROR", "NO_PROFILE"),
        ("DISABLED", ""),
        ("ERROR", "UNKNOWN_PLACEMENT"),
        ("ERROR", "UNKNOWN_PLACEMENT"),
    ]
    assert (sale["decisions"][0]["rule"]["id"], sale["decisions"][0]["detail"]) == (2, "NO_PROFILE")
    assert (seen[0]["reason"], seen[0]["detail"]) == ("STATIC", "PREVIEW")
    waiting = [row.exposure.placement for row in edge.application.state.buffer.rows]
    assert waiting == ["hero", "off", "(unknown)", "hero", "off", "(unknown)", "(unknown)"]


async def test_a_release_replaces_the_other_within_a_second(edge, store):
    version = go_live(store, source({}))

    for _ in range(100):
        answer = (await edge.post("/v1/decide", question())).json
        if answer["release"] == version:
            break
        await asyncio.sleep(0.01)

    assert answer["release"] == version
    assert answer["decisions"][0]["variant"]["key"] == "v1"


async def test_a_used_up_coupon_is_not_shown_until_one_is_given_back(edge, store):
    """Without a release, also in pages that are open; and the record of a decision keeps it."""
    what = source({})
    variants = [what.variants[0], msgspec.structs.replace(what.variants[1], coupon=4)]
    go_live(store, msgspec.structs.replace(what, variants=variants))
    snapshots = edge.application.state.snapshots
    await snapshots.refresh()
    shown = []

    for used_up in ({}, {"1": [4, 9], "2": [4]}, {"1": [9]}):
        changed = snapshots.changed
        store.set(keys.USED_UP, json.dumps(used_up))
        store.publish(keys.CHANGES, "used_up")
        if shown:
            await asyncio.wait_for(changed.wait(), 2)
        (decision,) = (await edge.post("/v1/decide", question())).json["decisions"]
        row = edge.application.state.buffer.rows[-1]
        shown.append((decision["variant"]["key"], msgspec.to_builtins(row.context).get("used_up")))

    assert shown == [("v1", None), ("default", [4]), ("v1", None)]


async def test_global_privacy_control_leaves_no_trace_of_a_person(edge, store):
    answer = await edge.post("/v1/decide", question(events=[viewed("m1")]), sec_gpc="1")
    await edge.application.state.buffer.stop()

    events, decisions = logged(store)
    assert answer.json["decisions"][0]["detail"] == "NO_CONSENT"
    assert events == []
    assert decisions[0].visitor == "0" * 32
    assert not list(store.scan_iter("segue:*:profile:*"))


async def test_only_a_token_that_may_explain_gets_a_trace(edge, store):
    refused = await edge.post("/v1/decide", question(explain=True))
    store.hset(keys.TOKENS, keys.token_digest("sk_right"), 1)
    store.hset(keys.TOKENS, keys.token_digest("sk_other"), 2)

    other = await edge.post("/v1/decide", question(explain=True), authorization="Bearer sk_other")
    explained = await edge.post("/v1/decide", question(explain=True), authorization="Bearer sk_right")

    assert (refused.status, other.status) == (403, 403)
    assert any("Rule 1" in sentence for sentence in explained.json["decisions"][0]["trace"])


async def test_a_foreign_origin_gets_no_decision(store, edge, config):
    store.set(
        keys.SITES,
        msgspec.json.encode([msgspec.structs.replace(config, allowed_origins=frozenset({"https://shop.example"}))]),
    )
    await edge.application.state.snapshots.refresh()

    foreign = await edge.post("/v1/decide", question(), origin="https://evil.example")
    own = await edge.post("/v1/decide", question(), origin="https://shop.example")

    assert (foreign.status, own.status) == (403, 200)
    assert own.headers["access-control-allow-origin"] == "https://shop.example"


async def test_a_release_that_cannot_be_read_holds_up_neither_its_site_nor_another(edge, store, config):
    other = msgspec.structs.replace(config, id=2, write_key="wk_other")
    store.set(keys.SITES, msgspec.json.encode([config, other]))
    store.set(keys.live_release(1), "newer")
    store.set(keys.release(1, "newer"), msgspec.msgpack.encode([99, "newer"]))
    store.set(keys.live_release(2), "5e")
    store.set(keys.release(2, "5e"), release.dump(msgspec.structs.replace(source({}), site=2), "5e"))

    await edge.application.state.snapshots.refresh()

    assert (await edge.post("/v1/decide", question())).json["decisions"][0]["reason"] == "DEFAULT"
    assert (await edge.post("/v1/decide", question(writeKey="wk_other"))).json["release"] == "5e"


async def test_decisions_too_wait_for_room_in_a_log_that_has_its_most_entries(edge, store):
    state = edge.application.state
    state.appender.max_entries = 1
    for partition in range(settings.LOG_PARTITIONS):
        store.xadd(keys.log(partition), {"d": msgspec.msgpack.encode([])})

    await edge.post("/v1/decide", question())
    await state.buffer.flush()
    kept = logged(store)[1]
    state.appender.max_entries = 0
    await state.buffer.flush()

    assert kept == []
    assert len(logged(store)[1]) == 1


async def test_events_that_came_too_fast_are_to_be_sent_again(edge, store):
    state = edge.application.state
    state.pipeline.limits.buckets = TokenBuckets(1)
    state.pipeline.limits.buckets.burst = 3  # two for the first question and its event, one for the second question

    first = await edge.post("/v1/decide", question(events=[viewed("m1")]))
    second = await edge.post("/v1/decide", question(events=[viewed("m2")]))

    assert (first.json["accepted"], second.json["accepted"]) == (True, False)
    assert second.json["decisions"][0]["reason"] == "DEFAULT"
    assert [event.message_id for event in logged(store)[0]] == ["m1"]


async def test_a_preview_shows_the_variant_asked_for_and_is_not_recorded(edge, store):
    decision = (await edge.post("/v1/decide", question(preview="v1"))).json["decisions"][0]
    await edge.application.state.buffer.flush()

    assert (decision["variant"]["key"], decision["detail"]) == ("v1", "PREVIEW")
    assert logged(store)[1] == []


# --- engagement -------------------------------------------------------------------------------------


async def test_an_impression_counts_once_and_caps_the_rule(edge, store):
    go_live(store, source({}, cap_per_day=1))
    await edge.application.state.snapshots.refresh()
    first = (await edge.post("/v1/decide", question())).json["decisions"][0]
    for _ in range(2):
        assert (await edge.get(first["impressionUrl"].removeprefix("http://segue.test"))).status == 200

    second = (await edge.post("/v1/decide", question())).json["decisions"][0]

    assert [event.name for event in logged(store)[0]] == ["Impression"]
    assert (first["variant"]["key"], second["variant"]["key"], second["detail"]) == ("v1", "default", "CAPPED")


async def test_what_comes_of_a_preview_is_not_counted(edge, store):
    """R14."""
    decision = (await edge.post("/v1/decide", question(preview="v1"))).json["decisions"][0]

    seen = await edge.get(decision["impressionUrl"].removeprefix("http://segue.test"))
    clicked = await edge.get(decision["clickUrl"].removeprefix("http://segue.test"))

    assert (seen.status, clicked.status, logged(store)[0]) == (200, 302, [])


ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": ROBOT},
        {"sec-purpose": "prefetch"},
        {"sec-purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x-moz": "prefetch"},
        {"x-purpose": "preview"},
    ],
)
async def test_what_no_person_asks_for_is_answered_and_not_counted(edge, store, headers):
    """R12, R13, ingest-engagement-nobody-had-2, C5."""
    answer = await edge.post("/v1/decide", question(), **headers)
    decision = answer.json["decisions"][0]
    seen = await edge.get("/v1/i/" + decision["impressionUrl"].rpartition("/")[2], **headers)
    clicked = await edge.get("/v1/c/" + decision["clickUrl"].rpartition("/")[2], **headers)
    told = await edge.post(
        "/v1/engagement", {"token": decision["clickUrl"].rpartition("/")[2], "type": "click"}, **headers
    )
    await edge.application.state.buffer.flush()

    assert decision["variant"]["key"] == "default"
    assert (answer.status, seen.status, clicked.status, told.status) == (200, 200, 302, 200)
    assert logged(store) == ([], [])


async def test_a_robot_that_a_server_asks_for_is_not_counted(edge, store):
    """R12: the server says whom it asks for."""
    await edge.post("/v1/decide", question(context={"userAgent": ROBOT}), **{"user-agent": "python-requests/2.32"})
    await edge.application.state.buffer.flush()

    assert logged(store)[1] == []


async def test_head_is_answered_and_not_counted(edge, store):
    """R13, ingest-engagement-nobody-had-1."""
    decision = (await edge.post("/v1/decide", question())).json["decisions"][0]

    for kind, status in (("impressionUrl", 200), ("clickUrl", 302)):
        assert (await edge.call("HEAD", decision[kind].removeprefix("http://segue.test"))).status == status
    assert logged(store)[0] == []


async def test_a_click_leads_where_the_variant_says_and_is_recorded(edge, store):
    decision = (await edge.post("/v1/decide", question())).json["decisions"][0]

    answer = await edge.get(decision["clickUrl"].removeprefix("http://segue.test"))

    assert (answer.status, answer.headers["location"]) == (302, "https://shop.example/to/default")
    assert [event.name for event in logged(store)[0]] == ["Click"]


@pytest.mark.parametrize(
    ("link", "location"),
    [
        ("https://shop.example/angebote/größen", "https://shop.example/angebote/gr%C3%B6%C3%9Fen"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        (
            "https://bücher.example:8080/скидки/?q=ü&a=%20#ä",
            "https://xn--bcher-kva.example:8080/%D1%81%D0%BA%D0%B8%D0%B4%D0%BA%D0%B8/?q=%C3%BC&a=%20#%C3%A4",
        ),
        ("//bücher.example/", "//xn--bcher-kva.example/"),
        ("mailto:jürgen@shop.example", "mailto:j%C3%BCrgen@shop.example"),
        ("https://shop.example/a?b=c%20d", "https://shop.example/a?b=c%20d"),
        ("https://Straße.example/", "https://xn--strae-oqa.example/"),
        ("https://[ü/", "https://[%C3%BC/"),
    ],
)
def test_a_redirect_loses_no_letter_beyond_ascii(link, location):
    """R09, B11."""
    assert engage.as_uri(link) == location


async def test_a_click_on_an_international_link_leads_there(edge, store):
    """R09."""
    plain = source()
    default = release.FrozenVariant(0, "default", "", ["/angebote/größen"], [b'{"key":"default","html":"<p>"}'], [], [])
    go_live(store, msgspec.structs.replace(plain, variants=[default, *plain.variants[1:]]))
    await edge.application.state.snapshots.refresh()
    decision = (await edge.post("/v1/decide", question())).json["decisions"][0]

    answer = await edge.get(decision["clickUrl"].removeprefix("http://segue.test"))

    assert answer.headers["location"] == "https://shop.example/angebote/gr%C3%B6%C3%9Fen"


async def test_a_click_on_what_has_no_link_is_no_redirect(edge, store):
    plain = source()
    default = release.FrozenVariant(0, "default", "", [], [b'{"key":"default","html":"<p>"}'], [], [])
    go_live(store, msgspec.structs.replace(plain, variants=[default, *plain.variants[1:]]))
    await edge.application.state.snapshots.refresh()
    decision = (await edge.post("/v1/decide", question())).json["decisions"][0]

    answer = await edge.get(decision["clickUrl"].removeprefix("http://segue.test"))

    assert (answer.status, answer.json["code"]) == (404, "no_link")
    assert "location" not in answer.headers


async def test_a_forged_link_leads_nowhere(edge):
    decision = (await edge.post("/v1/decide", question())).json["decisions"][0]
    path = decision["clickUrl"].removeprefix("http://segue.test")

    assert (await edge.get(path[:-3] + "AAA")).status == 404


async def test_a_token_credits_nothing_once_its_repetition_would_count_again(edge, store, monkeypatch):
    decision = (await edge.post("/v1/decide", question())).json["decisions"][0]
    path = "/v1/i/" + decision["impressionUrl"].rpartition("/")[2]
    later = engage.now_ms() + settings.DEDUPE_MS + 60_000
    monkeypatch.setattr(engage, "now_ms", lambda: later)

    assert (await edge.get(path)).status == 200
    assert logged(store)[0] == []


async def test_who_objects_by_now_is_not_credited(edge, store):
    decision = (await edge.post("/v1/decide", question())).json["decisions"][0]
    token = decision["clickUrl"].rpartition("/")[2]

    await edge.get(f"/v1/i/{token}", sec_gpc="1")
    click = await edge.get(f"/v1/c/{token}", sec_gpc="1")

    assert click.status == 302
    assert logged(store)[0] == []


@pytest.mark.parametrize("value", [-1, 1e307])
async def test_a_conversion_is_worth_something_that_can_be_counted(edge, value):
    answer = await edge.post("/v1/engagement", {"token": "", "type": "conversion", "value": value})

    assert (answer.status, answer.json["field"]) == (400, "value")


@pytest.mark.parametrize(("currency", "minor"), [("EUR", 120_050), ("JPY", 1200), ("KWD", 1_200_500)])
async def test_a_conversion_is_told_in_major_units(edge, store, config, currency, minor):
    store.set(keys.SITES, msgspec.json.encode([msgspec.structs.replace(config, currency=currency)]))
    await edge.application.state.snapshots.refresh()
    decision = (await edge.post("/v1/decide", question())).json["decisions"][0]
    token = decision["clickUrl"].rpartition("/")[2]

    await edge.post("/v1/engagement", {"token": token, "type": "conversion", "value": 1200.5})

    assert logged(store)[0][0].properties["value_minor"] == minor


async def test_engagement_can_be_posted_together(edge, store):
    decision = (await edge.post("/v1/decide", question())).json["decisions"][0]
    token = decision["clickUrl"].rpartition("/")[2]
    lines = [{"token": token, "type": "impression"}, {"token": token, "type": "dismiss"}]

    good = await edge.post("/v1/engagement", {"engagements": lines})
    bad = await edge.post("/v1/engagement", {"engagements": [{"token": token, "type": "stare"}]})

    assert (good.status, bad.status, bad.json["field"]) == (200, 400, "engagements[0].type")
    assert [event.name for event in logged(store)[0]] == ["Impression", "Dismiss"]


# --- around -----------------------------------------------------------------------------------------


async def test_what_is_not_ours_goes_to_django(edge):
    assert (await edge.get("/admin/")).status == 299


async def test_wrong_methods_and_unknown_calls_are_told(edge):
    assert (await edge.get("/v1/batch")).status == 405
    unknown = await edge.post("/v1/nonsense", {}, origin="https://shop.example")
    assert (unknown.status, unknown.headers["access-control-allow-origin"]) == (404, "https://shop.example")


async def test_browsers_may_ask_first(edge):
    asked = {"access-control-request-headers": "authorization,sentat,traceparent"}

    answer = await edge.call("OPTIONS", "/v1/batch", origin="https://shop.example", **asked)

    assert answer.status == 204
    assert answer.headers["access-control-allow-headers"] == "authorization, sentat, traceparent"


@pytest.mark.parametrize(
    ("authorization", "status"), [("", 401), ("Bearer other", 401), ("Bearer \xe9", 401), ("Bearer m3trics", 200)]
)
async def test_metrics_are_for_who_has_the_token_where_one_is_set(edge, monkeypatch, authorization, status):
    monkeypatch.setattr(settings, "METRICS_TOKEN", "m3trics")

    assert (await edge.get("/metrics", authorization=authorization)).status == status


async def test_metrics_add_up_what_the_processes_counted(edge):
    await edge.post("/v1/batch", batch(viewed("m1"), viewed("m2")))

    text = (await edge.get("/metrics")).body.decode()

    assert "segue_events_total 2.0" in text
    assert "segue_redis_up 1.0" in text
    assert 'segue_request_seconds_count{route="/v1/batch",status="200"} 1.0' in text


async def test_the_request_id_comes_back(edge):
    assert (await edge.post("/v1/decide", question(), x_request_id="abc-1")).headers["x-request-id"] == "abc-1"
    assert "x-request-id" not in (await edge.post("/v1/decide", question(), x_request_id="a\x01b")).headers


# --- streams ----------------------------------------------------------------------------------------


async def listen(edge, query, until, then, **headers):
    """Opens a stream, calls `then` once it speaks, and returns the data of the first event named `until`."""
    stream = Listener(edge, query, **headers)
    await stream.start()
    await then()
    heard = await data_of(stream, until)
    await stream.close()
    return heard


async def data_of(stream, name):
    """Of the first event of this name."""
    while not (body := await stream.next()).startswith(f"event: {name}\n"):
        pass
    return json.loads(body.split("data: ")[1])


async def test_a_page_hears_when_its_decision_changed(edge):
    async def look():
        await edge.post("/v1/batch", batch(page("m1"), viewed("m1"), page("m2"), viewed("m2")))

    heard = await listen(edge, f"writeKey={KEY}&anonymousId=a1&placements=hero,side", "decisions", look)

    assert heard == {"placements": ["hero"]}
    assert edge.application.state.streams.open == 0
    assert not edge.application.state.streams.listeners


async def test_a_page_that_shows_something_old_is_told_at_once(edge):
    await edge.post("/v1/batch", batch(page("m1"), viewed("m1"), page("m2"), viewed("m2")))

    messages: asyncio.Queue = asyncio.Queue()
    task = asyncio.ensure_future(
        edge.application(
            edge.scope("GET", "/v1/stream", f"writeKey={KEY}&anonymousId=a1&placements=hero:default"),
            asyncio.Queue().get,
            messages.put,
        )
    )
    await messages.get()

    assert b'{"placements":["hero"]}' in (await asyncio.wait_for(messages.get(), 2))["body"]
    task.cancel()


async def test_a_page_goes_on_hearing_after_its_visitor_signed_in_to_a_history_elsewhere(edge):
    proved = {"userId": "u1", "userHash": sign(SECRET, "u1")}
    await edge.post("/v1/batch", batch(viewed("m1") | {"anonymousId": "phone"} | proved))

    stream = Listener(edge, f"writeKey={KEY}&anonymousId=a1&placements=hero")
    await stream.start()

    await edge.post("/v1/batch", batch({"type": "identify", "messageId": "i1", "anonymousId": "a1"} | proved))
    moved = [await stream.next() for _ in range(2)]  # once where it was, once where it went for what was missed
    await edge.post("/v1/batch", batch(page("m2"), viewed("m2"), page("m3"), viewed("m3")))
    heard = await data_of(stream, "decisions")
    await stream.close()

    assert moved == ["event: profile\ndata: {}\n\n"] * 2
    assert heard == {"placements": ["hero"]}
    assert not edge.application.state.streams.listeners


async def test_a_release_reaches_open_pages(edge, store):
    async def publish():
        go_live(store, source({}))

    assert await listen(edge, f"writeKey={KEY}&anonymousId=a1&placements=hero", "decisions", publish) == {
        "placements": ["hero"]
    }


async def test_one_visitor_holds_a_few_streams_and_no_more(edge):
    query, started = f"writeKey={KEY}&anonymousId=a1&placements=hero", asyncio.Queue()
    tasks = []
    for _ in range(MAX_STREAMS_A_VISITOR):
        tasks.append(
            asyncio.ensure_future(
                edge.application(edge.scope("GET", "/v1/stream", query), asyncio.Queue().get, started.put)
            )
        )
        await started.get()
        await started.get()

    refused = await asyncio.wait_for(edge.get("/v1/stream", query), 2)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)

    assert refused.status == 429
    assert not edge.application.state.streams.listeners


async def test_one_address_holds_as_many_streams_as_it_may_and_no_more(edge, monkeypatch):
    """Security finding A1. Whoever leaves makes room."""
    monkeypatch.setattr(settings, "ADDRESS_STREAMS", 3)
    monkeypatch.setattr(edge.application.state, "trusted_proxies", 1)

    def query(visitor: int) -> str:
        return f"writeKey={KEY}&anonymousId=v{visitor}&placements=hero"

    async def open_stream(visitor: int, address: str) -> asyncio.Task:
        started: asyncio.Queue = asyncio.Queue()
        scope = edge.scope("GET", "/v1/stream", query(visitor), x_forwarded_for=address)
        task = asyncio.ensure_future(edge.application(scope, asyncio.Queue().get, started.put))
        assert (await asyncio.wait_for(started.get(), 2))["status"] == 200
        return task

    held = [await open_stream(visitor, "203.0.113.7") for visitor in range(3)]
    network = [await open_stream(visitor, f"2001:db8::{visitor}") for visitor in range(3)]
    refused = await asyncio.wait_for(edge.get("/v1/stream", query(9), x_forwarded_for="203.0.113.7"), 2)
    same_network = await asyncio.wait_for(edge.get("/v1/stream", query(9), x_forwarded_for="2001:db8::9"), 2)
    held += [*network, await open_stream(9, "203.0.113.8")]
    held[0].cancel()
    await asyncio.wait([held[0]])
    held.append(await open_stream(9, "203.0.113.7"))
    for task in held:
        task.cancel()
    await asyncio.wait(held)

    assert (refused.status, refused.json["code"], refused.headers["retry-after"]) == (429, "too_many_streams", "30")
    assert same_network.status == 429
    assert not edge.application.state.streams.addresses


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 401),
        (f"writeKey={KEY}", 400),
        (f"writeKey={KEY}&placements=hero&anonymousId={'a' * 257}", 400),
        ("feed=forged", 403),
    ],
)
async def test_a_stream_that_may_not_be_is_refused(edge, query, status):
    assert (await asyncio.wait_for(edge.get("/v1/stream", query), 2)).status == status


async def test_staff_with_a_token_watch_their_sites_events_arrive(edge):
    async def look():
        await edge.post("/v1/batch", batch(page("m1"), viewed("m1")))

    rows = await listen(edge, f"feed={feed_token(1)}", "feed", look, cookie=COOKIE)

    assert [row["name"] for row in rows] == ["Page", "Product Viewed"]


async def test_a_feed_shows_nothing_of_another_site(edge, store, config):
    other = msgspec.structs.replace(config, id=2, write_key="wk_other", secret_key="wsk_other")
    store.set(keys.SITES, msgspec.json.encode([config, other]))
    await edge.application.state.snapshots.refresh()

    async def look():
        await edge.post("/v1/batch", batch(viewed("m1")))
        await edge.post("/v1/batch", batch(page("m2")) | {"writeKey": "wk_other"})

    rows = await listen(edge, f"feed={feed_token(2)}", "feed", look, cookie=COOKIE)

    assert [row["name"] for row in rows] == ["Page"]


async def test_a_feed_survives_what_nobody_can_read(edge, store):
    async def send_on():
        for number in itertools.count():
            await edge.post("/v1/batch", batch(viewed(f"m{number}")))
            await asyncio.sleep(0.05)  # not faster than a busy page; what comes before its reader is back is not told

    stream = Listener(edge, f"feed={feed_token(1)}", cookie=COOKIE)
    await stream.start()
    for partition in range(settings.LOG_PARTITIONS):
        store.xadd(keys.log(partition), {"e": b"nonsense"})
    sending = asyncio.ensure_future(send_on())
    rows = await data_of(stream, "feed")
    sending.cancel()
    await stream.close()

    assert {row["name"] for row in rows} == {"Product Viewed"}
