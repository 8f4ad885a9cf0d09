"""A log that is full refuses events and loses none; decisions go on."""

import pytest

from tests.full_stores import FULL
from tests.questions import batch, logged, page, question, viewed

pytestmark = pytest.mark.parametrize("full", FULL.values(), ids=FULL)


async def test_events_are_refused_until_there_is_room(edge, store, full, caplog):
    with full(store) as word:
        refused = await edge.post("/v1/batch", batch(viewed("m1"), viewed("m2")))
        kept = logged(store)

    taken = await edge.post("/v1/batch", batch(viewed("m1"), viewed("m2")))

    assert (refused.status, refused.headers["retry-after"], refused.json["code"]) == (503, "5", "log_unavailable")
    assert kept == ([], [])
    assert "events_not_stored" in caplog.text
    assert word in caplog.text
    assert (taken.status, taken.json["accepted"]) == (200, 2)
    assert [event.message_id for event in logged(store)[0]] == ["m1", "m2"]


async def test_decisions_follow_the_profile_that_can_be_read(edge, store, full):
    await edge.post("/v1/batch", batch(page("m1"), viewed("m1"), page("m2"), viewed("m2")))

    with full(store):
        decided = await edge.post("/v1/decide", question())

    decision = decided.json["decisions"][0]
    assert (decided.status, decision["reason"], decision["variant"]["key"]) == (200, "TARGETING_MATCH", "v1")


async def test_a_question_with_events_gets_the_default_and_keeps_its_events(edge, store, full):
    with full(store):
        decided = await edge.post("/v1/decide", question(events=[viewed("m1")]))
        kept = logged(store)

    decision = decided.json["decisions"][0]
    assert (decided.status, decision["reason"], decision["variant"]["key"]) == (200, "ERROR", "default")
    assert decided.json["accepted"] is False
    assert kept == ([], [])


async def test_decisions_made_meanwhile_are_logged_when_there_is_room(edge, store, full):
    with full(store):
        decided = await edge.post("/v1/decide", question())
        await edge.application.state.buffer.flush()
        assert logged(store)[1] == []

    await edge.application.state.buffer.stop()

    assert [row.id.hex() for row in logged(store)[1]] == [decided.json["decisions"][0]["decisionId"]]
