"""What OpenFeature's providers ask and hear, held to the protocol's own description."""

import asyncio
import json
from urllib.parse import urlsplit

import pytest
import yaml
from django.conf import settings
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.personalization.edge import flagged
from tests.personalization.edge.conftest import Listener, go_live
from tests.questions import KEY, SECRET, batch, logged, page, question, viewed
from tracking.identity import sign

PUBLIC = settings.SHARED_DIR / "conformance" / "ofrep" / "openapi.yaml"
FLAGS = "/ofrep/v1/evaluate/flags"
BEARER = {"authorization": f"Bearer {KEY}"}
CONTEXT = {"targetingKey": "a1", "page": {"url": "https://shop.example/p/1"}}


@pytest.fixture(scope="module")
def described():
    """Holds an answer to a schema of the protocol."""
    if not PUBLIC.exists():
        pytest.skip(f"OFREP's description is not at {PUBLIC}; set SEGUE_SHARED")
    document = yaml.safe_load(PUBLIC.read_text())
    # "One of" these kinds of flag is true of none that has a value, as the kind without one is true of every object;
    # its description says what it means.
    document["components"]["schemas"]["codeDefaultFlag"]["not"] = {"required": ["value"]}
    resource = Resource(document, DRAFT202012)
    registry = Registry().with_resource("urn:ofrep", resource)

    def check(schema, answer):
        reference = {"$ref": f"urn:ofrep#/components/schemas/{schema}"}
        Draft202012Validator(reference, registry=registry).validate(answer)

    return check


@pytest.fixture
async def flags(edge, store):
    """An edge with the placements of `flagged`."""
    await live(edge, store)
    return edge


async def live(edge, store, **more):
    go_live(store, flagged.source(**more))
    await edge.application.state.snapshots.refresh()


def edited(key):
    """The release with other words in one creative."""
    what = flagged.source()
    what.variants[flagged.NAMES.index(key)].pieces[0] = b'{"key":"%b","html":"<b>"}' % key.encode()
    return what


async def evaluate(edge, key, context=CONTEXT, **headers):
    return await edge.post(f"{FLAGS}/{key}", {"context": context}, **(BEARER | headers))


async def test_a_flag_is_the_placements_creative(flags, described):
    answer = await evaluate(flags, "hero")

    described("serverEvaluationSuccess", answer.json)
    told = answer.json
    assert (answer.status, told["key"], told["reason"]) == (200, "hero", "SPLIT")
    assert told["value"] == {"key": told["variant"], "html": "<p>"}
    metadata = told["metadata"]
    arm, propensity = {"blue": ("a", 0.3), "red": ("b", 0.7)}[told["variant"]]
    assert (metadata["arm"], metadata["propensity"], metadata["treatment"]) == (arm, propensity, "hero-test")
    assert (metadata["campaign"], metadata["rule"], metadata["reason"]) == ("spring", 2, "SPLIT")
    assert metadata["impressionUrl"].startswith("http://")


async def test_flags_agree_with_decisions_whoever_asks(flags):
    contexts = [{"targetingKey": f"v{n}", "locale": "de-AT" if n % 5 == 0 else "en"} for n in range(40)]
    seen = set()
    for context in contexts:
        flag = (await evaluate(flags, "hero", context)).json
        asked = question(anonymousId=context["targetingKey"], context={"locale": context["locale"]})
        (decision,) = (await flags.post("/v1/decide", asked)).json["decisions"]

        assert (flag["variant"], flag["value"]) == (decision["variant"]["key"], decision["variant"])
        assert (flag["metadata"]["reason"], flag["metadata"]["propensity"]) == (
            decision["reason"],
            decision["propensity"],
        )
        seen.add(flag["variant"])

    assert seen == {"blue", "red", "german"}


async def test_flags_are_logged_as_decisions_are(flags, store):
    flag = (await evaluate(flags, "side")).json
    await flags.post("/v1/decide", question(placements=["side"]))
    await flags.application.state.buffer.flush()

    by_flag, by_question = sorted(logged(store)[1], key=lambda row: row.id)
    assert by_flag.id.hex() == flag["metadata"]["decisionId"]
    assert (by_flag.exposure, by_flag.reason, by_flag.visitor, by_flag.release) == (
        by_question.exposure,
        by_question.reason,
        by_question.visitor,
        by_question.release,
    )
    assert by_flag.context == by_question.context


@pytest.mark.parametrize(
    "agent, number", [("python-requests/2.34.2", 1), ("Gb-Python", 1), ("node", 1), ("Googlebot/2.1", 0)]
)
async def test_what_the_client_of_a_server_asks_counts(flags, store, agent, number):
    await evaluate(flags, "hero", user_agent=agent)
    await flags.application.state.buffer.flush()

    assert len(logged(store)[1]) == number


async def test_what_a_page_shows_of_a_flag_counts(flags, store):
    flag = (await evaluate(flags, "hero")).json

    await flags.get(urlsplit(flag["metadata"]["impressionUrl"]).path)

    (event,) = logged(store)[0]
    assert (event.name, event.properties["decision"]) == ("Impression", flag["metadata"]["decisionId"])


async def test_a_flag_sees_what_the_visitor_did(flags):
    before = (await evaluate(flags, "side")).json
    await flags.post("/v1/batch", batch(page("m1"), viewed("m1"), page("m2"), viewed("m2")))
    after = (await evaluate(flags, "side")).json

    assert (before["variant"], before["reason"], before["metadata"]["reason"]) == ("side-default", "UNKNOWN", "DEFAULT")
    assert (after["variant"], after["reason"]) == ("seen", "TARGETING_MATCH")


@pytest.mark.parametrize("key, reason", [("off", "DISABLED"), ("empty", "UNKNOWN")])
async def test_a_placement_that_shows_nothing_leaves_the_clients_default(flags, described, key, reason):
    told = (await evaluate(flags, key)).json

    described("serverEvaluationSuccess", told)
    assert "value" not in told
    assert (told["variant"], told["reason"]) == ("", reason)
    assert "impressionUrl" not in told["metadata"]


async def test_a_key_that_nobody_made_is_not_found_and_counted_as_any_unknown_placement(flags, store, described):
    answer = await evaluate(flags, "nothing/of this")
    await flags.application.state.buffer.flush()

    described("flagNotFound", answer.json)
    assert (answer.status, answer.json["errorCode"]) == (404, "FLAG_NOT_FOUND")
    assert [row.exposure.placement for row in logged(store)[1]] == ["(unknown)"]
    assert (await evaluate(flags, "k" * 65)).status == 404


@pytest.mark.parametrize(
    "body, code",
    [
        (b"{", "PARSE_ERROR"),
        (b"[]", "PARSE_ERROR"),
        (b"\xff", "PARSE_ERROR"),
        (b"{}", "TARGETING_KEY_MISSING"),
        (b'{"context":null}', "TARGETING_KEY_MISSING"),
        (b'{"context":{}}', "TARGETING_KEY_MISSING"),
        (b'{"context":{"targetingKey":""}}', "TARGETING_KEY_MISSING"),
        (b'{"context":"a1"}', "INVALID_CONTEXT"),
        (b'{"context":{"targetingKey":["a1"]}}', "INVALID_CONTEXT"),
        (b'{"context":{"targetingKey":"%b"}}' % (b"a" * 257), "INVALID_CONTEXT"),
    ],
)
async def test_what_cannot_be_evaluated_is_refused_in_the_protocols_words(flags, described, body, code):
    one = await flags.post(f"{FLAGS}/hero", body, **BEARER)
    all_of_them = await flags.post(FLAGS, body, **BEARER)

    described("evaluationFailure", one.json)
    described("bulkEvaluationFailure", all_of_them.json)
    assert (one.status, one.json["errorCode"], one.json["key"]) == (400, code, "hero")
    assert (all_of_them.status, all_of_them.json["errorCode"]) == (400, code)
    assert one.json["errorDetails"]


async def test_attributes_of_the_application_are_its_own(flags):
    context = CONTEXT | {
        "page": "home",
        "plan": {"deep": [1]},
        "campaign": 7,
        "id": {},
        "traits": 1,
    }

    assert (await evaluate(flags, "hero", context)).status == 200


@pytest.mark.parametrize(
    "headers, status",
    [
        ({"authorization": f"Bearer {KEY}"}, 200),
        ({"x_api_key": KEY}, 200),
        ({"x_api_key": SECRET}, 200),
        ({}, 401),
        ({"authorization": "Bearer wk_wrong"}, 401),
        ({"x_api_key": SECRET, "origin": "https://shop.example"}, 403),
    ],
)
async def test_the_sites_keys_open_it(flags, headers, status):
    answer = await flags.post(f"{FLAGS}/hero", {"context": CONTEXT}, **headers)

    assert answer.status == status


async def test_an_address_that_asks_too_much_is_told_when_to_come_back(flags, monkeypatch):
    monkeypatch.setattr(flags.application.state.pipeline, "wait", lambda address, now: 7)

    answer = await evaluate(flags, "hero")

    assert (answer.status, answer.headers["retry-after"]) == (429, "7")


async def test_a_fault_of_ours_is_said_as_the_protocol_says_it(flags, described, monkeypatch):
    monkeypatch.setattr(flags.application.state, "store", None)

    answer = await evaluate(flags, "hero")

    assert answer.status == 500
    described("generalErrorResponse", answer.json)


async def test_a_user_counts_with_a_proof(flags):
    await flags.post(
        "/v1/batch", batch(*({**event, "userId": "u1"} for event in (page("m1"), viewed("m1"), page("m2"), viewed("m2")))),
        authorization=f"Bearer {SECRET}",
    )  # fmt: skip
    phone = {"targetingKey": "phone", "userId": "u1"}

    unproved = (await evaluate(flags, "side", phone)).json
    proved = (await evaluate(flags, "side", phone | {"userHash": sign(SECRET, "u1")})).json

    assert (unproved["variant"], proved["variant"]) == ("side-default", "seen")


async def test_without_consent_only_the_request_is_looked_at(flags):
    refused = CONTEXT | {"consent": {"categoryPreferences": {"analytics": False}}}

    hero = (await evaluate(flags, "hero", refused)).json
    german = (await evaluate(flags, "hero", refused | {"locale": "de"})).json

    assert (hero["variant"], hero["metadata"]["detail"]) == ("default", "NO_CONSENT")
    assert german["variant"] == "german"


@pytest.mark.parametrize("key", ["anonymous", "undefined"])
async def test_a_word_that_stands_for_no_id_names_nobody(flags, store, key):
    """Where a page knows no id, for want of consent: the protocol wants a key."""
    context = {"targetingKey": key, "locale": "en"}
    one, everything = (await evaluate(flags, "hero", context)).json, (await all_flags(flags, context)).json
    await flags.application.state.buffer.flush()

    assert (one["variant"], one["metadata"]["reason"]) == ("default", "DEFAULT")
    assert "eventStreams" not in everything
    assert {row.visitor for row in logged(store)[1]} == {"0" * 32}


# --- all of them ------------------------------------------------------------------------------------


async def all_flags(edge, context=CONTEXT, **headers):
    return await edge.post(FLAGS, {"context": context}, **(BEARER | headers))


async def test_all_flags_come_at_once(flags, store, described):
    answer = await all_flags(flags)
    await flags.application.state.buffer.flush()

    described("bulkEvaluationSuccess", answer.json)
    assert [flag["key"] for flag in answer.json["flags"]] == ["empty", "hero", "off", "side", "twin"]
    assert len(logged(store)[1]) == 5
    for flag in answer.json["flags"]:
        assert (await evaluate(flags, flag["key"])).json["variant"] == flag["variant"]


async def test_each_flag_stands_alone_unless_the_page_is_named(flags):
    alone = (await all_flags(flags, CONTEXT | {"locale": "de"})).json["flags"]
    named = (await all_flags(flags, CONTEXT | {"locale": "de", "placements": ["twin", "hero"]})).json["flags"]

    assert {flag["key"]: flag["variant"] for flag in alone if flag["key"] in ("hero", "twin")} == {
        "hero": "german",
        "twin": "german",
    }
    assert [flag["key"] for flag in named] == ["twin", "hero"]
    assert named[0]["variant"] == "german"
    assert named[1]["variant"] in ("blue", "red")


async def test_flags_that_did_not_change_are_not_sent_and_not_logged(flags, store):
    etag = (await all_flags(flags)).headers["etag"]
    again = await all_flags(flags, if_none_match=etag)
    somebody_else = await all_flags(flags, CONTEXT | {"targetingKey": "a2"}, if_none_match=etag)
    await flags.post("/v1/batch", batch(page("m1"), viewed("m1"), page("m2"), viewed("m2")))
    changed = await all_flags(flags, if_none_match=etag)
    await flags.application.state.buffer.flush()

    assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
    assert (somebody_else.status, changed.status) == (200, 200)
    assert len(logged(store)[1]) == 15


async def test_a_release_that_leaves_the_flags_as_they_are_changes_no_etag(flags, store):
    etag = (await all_flags(flags)).headers["etag"]
    await live(flags, store, currency="USD")

    same = await flags.call("POST", FLAGS, {"context": CONTEXT}, query="flagConfigEtag=x", if_none_match=etag, **BEARER)

    assert same.status == 304


async def test_a_site_without_a_release_has_no_flags(edge, store, described):
    edge.application.state.snapshots.live = {}

    everything, one = await all_flags(edge), await evaluate(edge, "hero")

    described("bulkEvaluationSuccess", everything.json)
    assert (everything.json["flags"], one.status) == ([], 404)


async def test_a_server_is_given_no_address_with_a_key(flags):
    assert "eventStreams" not in (await all_flags(flags, authorization=f"Bearer {SECRET}")).json


# --- the stream -------------------------------------------------------------------------------------


async def stream_of(edge, context=CONTEXT, **headers):
    (told,) = (await all_flags(edge, context)).json["eventStreams"]
    address = urlsplit(told["url"])
    assert told["type"] == "sse"
    return Listener(edge, address.query, path=address.path, **headers)


async def refetch(stream):
    while (body := await stream.next()).startswith(":"):
        pass
    return body


async def test_a_client_hears_when_its_flags_would_be_others(flags, store, described):
    stream = await stream_of(flags)
    hello = await stream.start()
    await flags.post("/v1/batch", batch(page("m1"), viewed("m1"), page("m2"), viewed("m2")))
    by_the_visitor = await refetch(stream)
    version = go_live(store, edited("seen"))
    by_a_release = await refetch(stream)
    await stream.close()

    assert hello == ": hello\n\n"
    for heard in (by_the_visitor, by_a_release):
        name, data = heard.strip().split("\n")
        described("sseEvent", {"event": name.removeprefix("event: "), "data": data.removeprefix("data: ")})
        described("sseEventData", json.loads(data.removeprefix("data: ")))
    assert json.loads(by_a_release.split("data: ")[1]) == {"type": "refetchEvaluation", "etag": version}


async def test_what_happened_before_the_stream_was_open_is_told_at_once(flags):
    (told,) = (await all_flags(flags)).json["eventStreams"]
    await flags.post("/v1/batch", batch(page("m1"), viewed("m1"), page("m2"), viewed("m2")))
    late = Listener(flags, urlsplit(told["url"]).query, path=urlsplit(told["url"]).path)

    assert "refetchEvaluation" in await late.start()
    await late.close()


@pytest.mark.parametrize(
    "query, status",
    [
        ("", 401),
        ("writeKey=wk_wrong", 401),
        (f"writeKey={KEY}", 400),
        (f"writeKey={KEY}&context=%7B%7D", 400),
        (f"writeKey={KEY}&context=%7B%22targetingKey%22:%22a1%22,%22consent%22:%7B%22categoryPreferences%22:%7B%22analytics%22:false%7D%7D%7D", 400),
    ],
)  # fmt: skip
async def test_a_stream_that_may_not_be_is_refused(flags, query, status):
    assert (await asyncio.wait_for(flags.get("/ofrep/v1/events", query), 2)).status == status


async def test_a_page_may_ask(flags):
    preflight = await flags.call(
        "OPTIONS", FLAGS, origin="https://shop.example", access_control_request_headers="authorization,if-none-match"
    )
    answer = await all_flags(flags, origin="https://shop.example")

    assert preflight.headers["access-control-allow-headers"] == "authorization, if-none-match"
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert "etag" in answer.headers["access-control-expose-headers"]


async def test_a_creative_that_is_edited_is_another_flag(flags, store):
    etag = (await all_flags(flags)).headers["etag"]
    go_live(store, edited("side-default"))
    await flags.application.state.snapshots.refresh()

    assert (await all_flags(flags, if_none_match=etag)).status == 200
