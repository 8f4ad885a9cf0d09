"""Whose profile does a question read, and who may watch it? The account of what a stranger can do with the public key
and a userId (A3)."""

import json
from urllib.parse import quote

import pytest

from personalization.edge.streams import KEEP_ALIVE_SECONDS
from tests.personalization.edge.conftest import Listener, go_live, source
from tests.questions import KEY, SECRET
from tracking.identity import sign

ANNA = {"userId": "anna", "userHash": sign(SECRET, "anna")}
BEN = {"userId": "ben", "userHash": sign(SECRET, "ben")}


def added(message_id, **ids):
    return {
        "type": "track",
        "messageId": message_id,
        "event": "Product Added",
        "properties": {"product_id": message_id, "price": 10},
        **ids,
    }


@pytest.fixture
async def shop(edge, store):
    """A rule for whoever has something in the cart; Anna has, on her own browser."""
    go_live(store, source({"feature.cart_items": {"$gte": 1}}))
    await edge.application.state.snapshots.refresh()
    await edge.post("/v1/batch", {"writeKey": KEY, "batch": [added("tie", anonymousId="annas", **ANNA)]})
    return edge


async def shown(edge, key=KEY, **ids):
    answer = await edge.post("/v1/decide", {"writeKey": key, "placements": ["hero"], **ids})
    assert answer.status == 200
    return answer.json["decisions"][0]["variant"]["key"]


async def test_a_user_is_read_with_a_proof_or_by_the_sites_server(shop):
    assert await shown(shop, **ANNA) == "v1"
    assert await shown(shop, anonymousId="new-phone", **ANNA) == "v1"
    assert await shown(shop, userId="anna", context={"userHash": ANNA["userHash"]}) == "v1"
    assert await shown(shop, SECRET, userId="anna") == "v1"
    assert await shown(shop, anonymousId="annas") == "v1"


@pytest.mark.parametrize("user_hash", ["", "0" * 64, BEN["userHash"]])
async def test_a_stranger_with_a_foreign_user_id_reads_nothing_of_it(shop, user_hash):
    assert await shown(shop, userId="anna", userHash=user_hash) == "default"
    assert await shown(shop, anonymousId="strangers", userId="anna", userHash=user_hash) == "default"


async def test_a_stranger_joins_and_empties_nothing(shop):
    forged = [
        {"type": "identify", "messageId": "f1", "anonymousId": "strangers", "userId": "anna"},
        {
            "type": "track",
            "messageId": "f2",
            "userId": "anna",
            "event": "Order Completed",
            "properties": {"order_id": "1", "total": 9},
        },
        {"type": "alias", "messageId": "f3", "previousId": "strangers", "userId": "anna"},
    ]

    answer = await shop.post("/v1/batch", {"writeKey": KEY, "batch": forged})

    assert (answer.status, answer.json["accepted"]) == (200, 3)  # stored, and nothing more
    assert await shown(shop, anonymousId="strangers") == "default"
    assert await shown(shop, **ANNA) == "v1"


async def test_events_of_a_forged_question_change_and_answer_nothing_of_the_user(shop):
    assert await shown(shop, userId="anna", events=[added("x", userId="anna")]) == "default"
    assert (
        await shown(
            shop,
            anonymousId="strangers",
            userId="anna",
            events=[{"type": "track", "messageId": "y", "event": "Cart Viewed"}],
        )
        == "default"
    )


async def test_a_claim_made_before_the_user_signs_in_gets_nothing_afterwards(shop):
    await shop.post(
        "/v1/batch",
        {
            "writeKey": KEY,
            "batch": [{"type": "identify", "messageId": "i", "anonymousId": "strangers", "userId": "ben"}],
        },
    )

    await shop.post("/v1/batch", {"writeKey": KEY, "batch": [added("hat", anonymousId="bens", **BEN)]})

    assert await shown(shop, anonymousId="strangers") == "default"
    assert await shown(shop, **BEN) == "v1"


async def test_a_second_person_on_a_shared_browser_never_sees_the_first_ones_cart(shop):
    """R03, ingest-decide-ignores-user-1"""
    await shop.post(
        "/v1/batch", {"writeKey": KEY, "batch": [{"type": "identify", "messageId": "i", "anonymousId": "annas", **BEN}]}
    )

    assert await shown(shop, anonymousId="annas", **BEN) == "default"
    assert await shown(shop, anonymousId="annas", userId="ben") == "default"
    assert await shown(shop, anonymousId="annas", events=[added("m9", anonymousId="annas", **ANNA)], **BEN) == "default"
    assert await shown(shop, anonymousId="annas", **ANNA) == "v1"


async def test_the_key_of_the_servers_is_refused_from_a_page(shop):
    answer = await shop.post(
        "/v1/decide", {"writeKey": SECRET, "placements": ["hero"], "userId": "anna"}, origin="https://shop.example"
    )

    assert (answer.status, answer.json["code"]) == (403, "secret_in_page")


# --- streams ----------------------------------------------------------------------------------------


@pytest.fixture
async def listen(edge):
    opened = []

    def start(query):
        opened.append(Listener(edge, f"writeKey={KEY}&{query}"))
        return opened[-1]

    yield start
    for each in opened:
        await each.close()


@pytest.mark.parametrize("user_hash", ["", BEN["userHash"]])
async def test_nobody_watches_a_user_without_proof(shop, user_hash):
    answer = await shop.get("/v1/stream", f"writeKey={KEY}&userId=anna&userHash={user_hash}&placements=hero:default")

    assert (answer.status, answer.json["field"]) == (403, "userHash")


async def test_a_stream_that_names_a_foreign_user_watches_its_own_browser_alone(shop, listen):
    stream = listen("anonymousId=strangers&userId=anna&placements=hero:default")
    assert await stream.start() == ": hello\n\n"

    await shop.post("/v1/batch", {"writeKey": KEY, "batch": [added("m2", anonymousId="annas", **ANNA)]})
    await shop.post(
        "/v1/batch", {"writeKey": KEY, "batch": [{"type": "page", "messageId": "m3", "anonymousId": "strangers"}]}
    )

    assert await stream.next() == "event: profile\ndata: {}\n\n"  # of m3: of m2 it hears nothing
    assert stream.messages.empty()


async def test_a_stream_with_a_proof_follows_the_user_to_other_browsers(shop, listen):
    stream = listen(f"anonymousId=new-phone&userId=anna&userHash={ANNA['userHash']}&placements=hero:v1")
    assert await stream.start() == ": hello\n\n"

    order = {
        "type": "track",
        "messageId": "m2",
        "anonymousId": "annas",
        "event": "Order Completed",
        "properties": {"order_id": "1", "total": 9},
        **ANNA,
    }
    await shop.post("/v1/batch", {"writeKey": KEY, "batch": [order]})

    while "decisions" not in (said := await stream.next()):
        assert said.startswith("event: profile")


async def test_the_stream_asks_with_the_context_that_the_page_was_asked_with(edge, store, listen):
    """R17"""
    phone = (
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile"
        " Safari/537.36"
    )
    context = {"locale": "de-DE", "userAgent": phone, "page": {"url": "https://shop.example/k%C3%BCche/a"}}
    go_live(store, source({"context.language": "de", "context.path": "/küche/a", "context.device": "mobile"}))
    await edge.application.state.snapshots.refresh()
    assert await shown(edge, anonymousId="a1", context=context) == "v1"

    assert (
        await listen(f"anonymousId=a1&placements=hero:v1&context={quote(json.dumps(context))}").start() == ": hello\n\n"
    )
    assert '["hero"]' in await listen("anonymousId=a1&placements=hero:v1").start()  # without it, another decision


async def test_a_stream_hears_consent_as_the_question_did(edge, store, listen):
    go_live(store, source({"feature.products_viewed": {"$gte": 0}}))
    await edge.application.state.snapshots.refresh()
    consent = {"consent": {"categoryPreferences": {"analytics": True, "personalization": False}}}
    assert await shown(edge, anonymousId="a1", context=consent) == "default"

    assert (
        await listen(f"anonymousId=a1&placements=hero:default&context={json.dumps(consent)}").start() == ": hello\n\n"
    )


@pytest.mark.parametrize(
    "context",
    [
        r'{"page":{"url":"https://shop.example/","title":"Sale \ud83d"}}',
        r'{"page":{"title":"a\u0000b"}}',
        '{"page":{"title":404},"locale":null,"userAgent":[1]}',
        '{"page":5}',
    ],
)
async def test_what_a_question_forgives_a_stream_does_not_refuse(edge, listen, context):
    """Else such a page would never hear of changes: part 2, the stream and the answer gather the same context."""
    body = f'{{"writeKey":"{KEY}","anonymousId":"a1","placements":["hero"],"context":{context}}}'
    assert (await edge.post("/v1/decide", body.encode())).status == 200

    assert await listen(f"anonymousId=a1&placements=hero:default&context={quote(context)}").start() == ": hello\n\n"


@pytest.mark.parametrize("context", ["{", "[]", "5"])
async def test_a_context_that_cannot_be_read_is_refused_with_its_field(edge, context):
    answer = await edge.get("/v1/stream", f"writeKey={KEY}&anonymousId=a1&placements=hero&context={context}")

    assert (answer.status, answer.json["field"].partition(".")[0]) == (400, "context")


async def test_a_placement_that_shows_nothing_is_told_what_changed_before_its_stream_opened(edge, store, listen):
    """R21"""
    go_live(store, source({"feature.products_viewed": {"$gte": 1}}, placement="side"))
    await edge.application.state.snapshots.refresh()
    viewed = {
        "type": "track",
        "messageId": "m1",
        "anonymousId": "a1",
        "event": "Product Viewed",
        "properties": {"product_id": "p", "price": 1},
    }
    await edge.post("/v1/batch", {"writeKey": KEY, "batch": [viewed]})

    assert '["side"]' in await listen("anonymousId=a1&placements=side:").start()
    assert (
        await listen("anonymousId=a1&placements=side").start() == ": hello\n\n"
    )  # a page that says nothing of what it shows


async def test_an_impression_of_this_view_takes_nothing_away(edge, store, listen):
    """R02: the cap counts from the next view on."""
    go_live(store, source({}, cap_per_day=1))
    await edge.application.state.snapshots.refresh()
    answer = await edge.post("/v1/decide", {"writeKey": KEY, "placements": ["hero"], "anonymousId": "a1"})
    stream = listen("anonymousId=a1&placements=hero:v1")
    await stream.start()

    await edge.get(answer.json["decisions"][0]["impressionUrl"].removeprefix("http://segue.test"))

    assert await stream.next() == "event: profile\ndata: {}\n\n"
    assert await shown(edge, anonymousId="a1", shown={"hero": "v1"}) == "v1"
    assert await shown(edge, anonymousId="a1") == "default"
    assert (
        await listen("anonymousId=a1&placements=hero:v1").start() == ": hello\n\n"
    )  # a stream that had to be opened again


async def test_open_pages_hear_of_a_schedule_that_ends(edge, store, listen, monkeypatch):
    """R20: nobody did anything; time has passed."""
    monkeypatch.setattr("personalization.edge.streams.KEEP_ALIVE_SECONDS", 0.1)
    clock = {"now": 1_800_000_000_000}
    monkeypatch.setattr("personalization.edge.streams.now_ms", lambda: clock["now"])
    go_live(store, source({}, ends_at=1_800_000_060_000))
    await edge.application.state.snapshots.refresh()
    stream = listen("anonymousId=a1&placements=hero:v1")
    assert await stream.start() == ": hello\n\n"
    assert await stream.next() == ": still here\n\n"

    clock["now"] += 60_000

    while (said := await stream.next()) == ": still here\n\n":
        pass
    assert said == 'event: decisions\ndata: {"placements":["hero"]}\n\n'
    assert KEEP_ALIVE_SECONDS <= 15  # that soon, as docs/decide.md says
