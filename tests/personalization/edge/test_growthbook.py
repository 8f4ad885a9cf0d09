"""What GrowthBook's SDKs ask and hear."""

import asyncio
import json

import msgspec
import pytest

from campaigns.flags import Document, Flags, Subject
from tests.personalization.edge import flagged
from tests.personalization.edge.conftest import Listener, go_live
from tests.questions import KEY, SECRET, batch, logged, page, question, viewed

FEATURES, EVAL, ATTRIBUTES = "/api/features/", "/api/eval/", "/api/attributes/"
PAGE = {"origin": "https://shop.example"}


@pytest.fixture
async def features(edge, store):
    """An edge with the placements of `flagged`."""
    go_live(store, flagged.source())
    await edge.application.state.snapshots.refresh()
    return edge


async def evaluate(edge, key=KEY, **attributes):
    return await edge.post(
        EVAL + key, {"attributes": attributes, "forcedVariations": {}, "forcedFeatures": [], "url": ""}
    )


async def decide(edge, visitor, placement, locale="en"):
    asked = question(anonymousId=visitor, placements=[placement], context={"locale": locale})
    (decision,) = (await edge.post("/v1/decide", asked)).json["decisions"]
    return decision


async def test_a_page_loads_what_anybody_may_know(features):
    answer = await features.get(FEATURES + KEY, **PAGE)

    assert (answer.status, answer.headers["x-sse-support"]) == (200, "enabled")
    assert "x-sse-support" in answer.headers["access-control-expose-headers"]
    told = answer.json
    assert (told["status"], told["features"].keys()) == (200, {"empty", "hero", "off", "twin"})
    assert told["remoteOnly"] == {"side": "a rule asks for more than the page's key may know"}
    assert told["features"]["twin"]["rules"][0]["force"] == {"key": "german", "html": "<p>"}
    assert [rule["id"] for rule in told["features"]["hero"]["rules"]] == ["1", "2"]


async def test_a_server_loads_what_an_sdk_can_find_out(features):
    told = (await features.get(FEATURES + SECRET)).json
    by_header = (await features.get(FEATURES + "any", authorization=f"Bearer {SECRET}")).json

    assert "remoteOnly" not in told
    assert told == by_header
    assert told["features"]["side"]["rules"][0]["condition"]["$and"][0] == {"feature.products_viewed": {"$gte": 2}}


async def test_what_did_not_change_is_not_sent_again(features, store):
    etag = (await features.get(FEATURES + KEY)).headers["etag"]
    again = await features.get(FEATURES + KEY, if_none_match=etag)
    what = flagged.source()
    what.variants[0].pieces[0] = b'{"key":"default","html":"<b>"}'
    go_live(store, what)
    await features.application.state.snapshots.refresh()
    changed = await features.get(FEATURES + KEY, if_none_match=etag)

    assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
    assert changed.status == 200


@pytest.mark.parametrize("path", [FEATURES, EVAL, ATTRIBUTES, "/sub/"])
@pytest.mark.parametrize("key, headers, status", [("wk_wrong", {}, 401), (SECRET, PAGE, 403)])
async def test_a_key_that_may_not_is_refused(features, path, key, headers, status):
    method = "POST" if path in (EVAL, ATTRIBUTES) else "GET"
    answer = await asyncio.wait_for(features.call(method, path + key, {} if method == "POST" else b"", **headers), 2)

    assert answer.status == status


async def test_an_evaluation_is_a_decision(features, store):
    seen = set()
    for number in range(30):
        visitor, locale = f"v{number}", "de" if number % 5 == 0 else "en"
        told = (await evaluate(features, anonymousId=visitor, locale=locale)).json
        hero = Flags(msgspec.convert({"features": told["features"]}, Document)).evaluate("hero", Subject())
        decision = await decide(features, visitor, "hero", locale)

        assert hero.value["key"] == decision["variant"]["key"]
        assert hero.rule_id == str(decision["rule"]["id"])
        seen.add(hero.value["key"])

    assert seen == {"blue", "red", "german"}


async def test_an_evaluation_tells_one_visitor_what_is_theirs(features, store):
    answer = await evaluate(features, id="a1", locale="en")
    await features.application.state.buffer.flush()

    told, text = answer.json["features"], answer.body.decode()
    (rule,) = told["hero"]["rules"]
    other = {"blue": "red", "red": "blue"}[rule["force"]["key"]]
    assert "german" not in text.replace("side", "")
    assert f'"key":"{other}"' not in text
    assert told["side"]["defaultValue"]["key"] == "side-default"
    (track,) = rule["tracks"]
    assert (track["experiment"]["key"], track["experiment"]["variations"]) == ("hero-test", ["a", "b"])
    assert track["result"]["value"] == {"blue": "a", "red": "b"}[rule["force"]["key"]]
    rows = {row.exposure.placement: row for row in logged(store)[1]}
    assert rows.keys() == {"empty", "hero", "off", "side", "twin"}
    assert rows["hero"].id.hex() == rule["force"]["decision"]["id"]
    assert track["result"]["hashValue"] == rows["hero"].visitor


async def test_an_evaluation_knows_what_the_visitor_did(features):
    await features.post("/v1/batch", batch(page("m1"), viewed("m1"), page("m2"), viewed("m2")))

    told = (await evaluate(features, anonymousId="a1")).json["features"]

    assert told["side"]["rules"][0]["force"]["key"] == "seen"
    assert "condition" not in told["side"]["rules"][0]


async def test_an_evaluation_of_nobody_is_answered_as_a_decision_is(features):
    for body in ({}, {"attributes": {}}, {"attributes": {"id": "undefined"}}):
        told = (await features.post(EVAL + KEY, body)).json["features"]

        assert told["hero"]["defaultValue"]["key"] == "default"


@pytest.mark.parametrize("path", [EVAL, ATTRIBUTES])
@pytest.mark.parametrize(
    "body, field",
    [
        (b"{", ""),
        (b'{"attributes":[]}', "attributes"),
        (b'{"attributes":{"anonymousId":{}}}', "attributes.anonymousId"),
    ],
)
async def test_what_cannot_be_read_is_refused_at_its_field(features, path, body, field):
    answer = await features.post(path + KEY, body)

    assert (answer.status, answer.json["field"]) == (400, field)


async def test_with_its_attributes_a_server_finds_what_a_decision_finds(features):
    await features.post("/v1/batch", batch(page("m1"), viewed("m1"), page("m2"), viewed("m2")))
    flags = Flags(msgspec.json.decode((await features.get(FEATURES + SECRET)).body, type=Document))

    for visitor, locale in (("a1", "en"), ("a2", "en"), ("a3", "de"), ("a4", "en")):
        asked = {"attributes": {"anonymousId": visitor, "locale": locale}}
        attributes = (await features.post(ATTRIBUTES + SECRET, asked)).json["attributes"]
        for placement in ("hero", "side", "twin"):
            decision = await decide(features, visitor, placement, locale)

            assert flags.evaluate(placement, Subject(attributes)).value == decision["variant"]


async def test_a_page_learns_of_its_visitor_what_the_request_says(features):
    asked = {"attributes": {"anonymousId": "a1", "locale": "de"}}
    refused = {"attributes": asked["attributes"] | {"consent": {"categoryPreferences": {"analytics": False}}}}

    known = (await features.post(ATTRIBUTES + KEY, asked, **PAGE)).json["attributes"]
    unknown = (await features.post(ATTRIBUTES + KEY, refused, **PAGE)).json["attributes"]

    assert known.keys() == {"visitorId", "context"}
    assert unknown == {"context": {"language": "de"}}


async def test_a_site_without_a_release_has_no_features(edge):
    edge.application.state.snapshots.live = {}

    assert (await edge.get(FEATURES + KEY)).json == {"status": 200, "features": {}}
    assert (await evaluate(edge, anonymousId="a1")).json == {"status": 200, "features": {}}
    assert (await edge.post(ATTRIBUTES + KEY, {})).json == {"attributes": {}}


async def test_rules_that_begin_are_told_when_they_do(features, store, monkeypatch):
    go_live(store, flagged.source())
    rules = flagged.source().rules
    start = 4_000_000_000_000
    go_live(
        store, msgspec.structs.replace(flagged.source(), rules=[msgspec.structs.replace(rules[0], starts_at=start)])
    )
    await features.application.state.snapshots.refresh()

    before = (await features.get(FEATURES + KEY)).json["features"]["hero"]
    monkeypatch.setattr("personalization.edge.flag_documents.now_ms", lambda: start)
    after = (await features.get(FEATURES + KEY)).json["features"]["hero"]

    assert "rules" not in before
    assert [rule["id"] for rule in after["rules"]] == ["1"]


async def test_a_client_hears_of_a_release(features, store):
    stream = Listener(features, "", path=f"/sub/{KEY}", **PAGE)
    first = await stream.start()
    what = flagged.source()
    what.variants[0].pieces[0] = b'{"key":"default","html":"<b>"}'
    go_live(store, what)
    second = await stream.next()
    await stream.close()
    loaded = await features.get(FEATURES + KEY)

    identity, name, data = second.strip().split("\n")
    assert name == "event: features"
    assert json.loads(data.removeprefix("data: ")) == loaded.json
    assert first != second
    again = Listener(features, "", path=f"/sub/{KEY}", last_event_id=identity.removeprefix("id: "))
    assert await again.start() == ": still here\n\n"
    await again.close()


async def test_what_a_page_forces_is_its_own_business(features):
    """What an SDK applies itself may be in the body, of whatever kind."""
    body = {"attributes": {"anonymousId": "a1"}, "forcedVariations": {"hero-test": 1}, "forcedFeatures": [["hero", 1]], "url": "https://shop.example/?hero-test=1"}  # fmt: skip

    assert (await features.post(EVAL + KEY, body)).status == 200
