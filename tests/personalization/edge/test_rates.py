"""One limiter for all calls of an address: nobody takes decisions, engagement or streams from the others by asking
without end."""

import pytest

from tests.questions import KEY


@pytest.fixture
def spent(edge):
    """An address that has used up what it may ask."""
    buckets = edge.application.state.pipeline.limits.buckets
    buckets.rate, buckets.burst = 1, 1
    return edge


QUESTION = {"anonymousId": "a", "placements": ["hero"]}


async def test_a_decision_asked_too_often_is_refused_with_the_moment_to_come_back(spent):
    first = await spent.post("/v1/decide", QUESTION, x_write_key=KEY)
    second = await spent.post("/v1/decide", QUESTION, x_write_key=KEY)

    assert (first.status, second.status, second.json["code"]) == (200, 429, "rate_limited")
    assert int(second.headers["retry-after"]) >= 1


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/engagement"), ("GET", "/v1/i/x"), ("POST", "/v1/decide")])
async def test_all_calls_share_one_purse(spent, method, path):
    await spent.post("/v1/batch", {"writeKey": KEY, "batch": [{"type": "track", "event": "x", "anonymousId": "a"}]})

    answer = await spent.call(method, path, QUESTION)

    assert answer.status == 429


async def test_a_stream_counts_as_a_question(spent):
    await spent.post("/v1/decide", QUESTION, x_write_key=KEY)

    answer = await spent.get("/v1/stream", f"writeKey={KEY}&anonymousId=a&placements=hero")

    assert (answer.status, answer.json["code"]) == (429, "rate_limited")
    assert answer.headers["retry-after"] == "1"


async def test_a_click_leads_on_however_many_were_clicked(spent):
    await spent.post("/v1/decide", QUESTION, x_write_key=KEY)

    assert (await spent.get("/v1/c/x")).status != 429
