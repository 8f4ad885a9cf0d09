"""What does a site's developer hear about a call that is wrong?"""

import msgspec
import pytest

from personalization.edge.decision import field_of
from sites import keys
from tests.questions import KEY, logged, question, viewed
from tracking.rates import TokenBuckets


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/decide", {"writeKey": KEY}, "placements"),
        ("/v1/decide", {"writeKey": KEY, "placements": ["hero", 5]}, "placements[1]"),
        ("/v1/decide", {"writeKey": KEY, "placements": ["hero"], "anonymousId": [5]}, "anonymousId"),
        ("/v1/decide", question(preview="no-such-variant"), "preview"),
        ("/v1/engagement", {"type": "click"}, "token"),
        ("/v1/engagement", {"engagements": [{"type": "click"}]}, "engagements[0].token"),
        ("/v1/engagement", {"token": "x", "type": "click"}, "token"),
    ],
)
async def test_the_field_that_is_wrong_is_named(edge, path, body, field):
    answer = await edge.post(path, body)

    assert (answer.status, answer.json["field"]) == (400, field)


def test_a_field_that_is_missing_inside_another_is_named_with_its_path():
    assert field_of("Object missing required field `token` - at `$.engagements[3]`") == "engagements[3].token"
    assert field_of("JSON is malformed: invalid character (byte 0)") == ""


async def test_a_token_that_is_none_is_told_in_words(edge):
    answer = await edge.post("/v1/engagement", {"token": "x", "type": "click"})

    assert answer.json["message"] == "this token was not made here, or was changed"


async def test_faulty_events_of_a_question_are_named_and_the_others_kept(edge, store):
    answer = await edge.post("/v1/decide", question(events=[viewed("m1"), {"type": "track"}, 5]))

    assert answer.json["accepted"] is True
    assert [(one["index"], one["field"]) for one in answer.json["rejected"]] == [
        (1, "events[1].event"),
        (2, "events[2]"),
    ]
    assert [event.message_id for event in logged(store)[0]] == ["m1"]


async def test_a_question_whose_events_are_in_order_rejects_nothing(edge):
    answer = await edge.post("/v1/decide", question(events=[viewed("m1")]))

    assert "rejected" not in answer.json


async def test_events_of_a_question_that_came_too_fast_are_to_be_sent_again(edge, store):
    buckets = edge.application.state.pipeline.limits.buckets = TokenBuckets(1)
    buckets.burst = 1
    answer = await edge.post("/v1/decide", question(events=[viewed("m")]))

    assert (answer.status, answer.json["accepted"]) == (200, False)
    assert answer.json["decisions"][0]["reason"] != "ERROR"


async def test_events_of_a_question_have_its_consent(edge, store, config):
    store.set(keys.SITES, msgspec.json.encode([msgspec.structs.replace(config, consent_mode="opt_in")]))
    await edge.application.state.snapshots.refresh()
    agreed = {"consent": {"categoryPreferences": {"analytics": True}}}

    await edge.post("/v1/decide", question(context=agreed, events=[viewed("m1")]))

    assert [event.message_id for event in logged(store)[0]] == ["m1"]


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("anonymousId=a1&placements=hero", 401, "writeKey"),
        (f"writeKey={KEY}&placements=hero", 400, "anonymousId"),
        (f"writeKey={KEY}&anonymousId=a1", 400, "placements"),
    ],
)
async def test_a_stream_that_cannot_be_says_why(edge, query, status, field):
    answer = await edge.get("/v1/stream", query=query)

    assert (answer.status, answer.json["field"]) == (status, field)


@pytest.mark.parametrize(
    "context",
    [
        rb'{"page":{"url":"https://shop.example/","title":"Sale \ud83d"}}',  # half an emoji
        b'{"page":{"url":"https://shop.example/","title":"\xff"}}',
        b'{"page":{"url":"https://shop.example/","title":404}}',
        b'{"page":[],"locale":{},"userAgent":5,"consent":{"categoryPreferences":null}}',
        b"[]",
        b'"x"',
    ],
)
async def test_what_an_event_may_have_costs_a_question_nothing_either(edge, context):
    """ingest-answer-of-decide-to-mendable-text-1"""
    answer = await edge.post(
        "/v1/decide",
        b'{"writeKey":"%b","anonymousId":"a1","placements":["hero"],"context":%b}' % (KEY.encode(), context),
    )

    assert (answer.status, answer.json["decisions"][0]["variant"]["key"]) == (200, "default")
    assert answer.json["decisions"][0]["detail"] != "NO_CONSENT"


@pytest.mark.parametrize(
    "consent", [b"5", b"[1]", b'{"categoryPreferences":5}', b'{"categoryPreferences":{"analytics":"yes"}}']
)
async def test_a_question_whose_consent_cannot_be_read_has_none(edge, consent):
    answer = await edge.post(
        "/v1/decide",
        b'{"writeKey":"%b","anonymousId":"a1","placements":["hero"],"context":{"consent":%b}}'
        % (KEY.encode(), consent),
    )

    assert (answer.status, answer.json["decisions"][0]["detail"]) == (200, "NO_CONSENT")
