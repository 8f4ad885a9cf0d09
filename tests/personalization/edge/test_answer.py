"""What is answered where there is nothing to decide from."""

import pytest

from sites import keys
from tests.personalization.edge.conftest import go_live, source
from tests.questions import question


@pytest.fixture
def store(store):
    """Before anything was published."""
    store.delete(keys.live_release(1))
    return store


async def test_before_the_first_release_every_placement_is_empty_and_says_why(edge):
    answer = await edge.post("/v1/decide", question(placements=["hero", "side", "hero"]))

    assert (answer.status, answer.json["release"]) == (200, None)
    told = [(one["placement"], one["variant"], one["rule"], one["decisionId"]) for one in answer.json["decisions"]]
    assert told == [("hero", None, None, None), ("side", None, None, None)]
    assert {(one["reason"], one["detail"]) for one in answer.json["decisions"]} == {("ERROR", "NO_RELEASE")}


async def test_an_answer_has_the_same_parts_with_and_without_a_release(edge, store):
    without = await edge.post("/v1/decide", question(placements=["nowhere"]))
    go_live(store, source({}))
    await edge.application.state.snapshots.refresh()
    having = await edge.post("/v1/decide", question(placements=["nowhere"]))

    assert list(without.json) == list(having.json)
    assert list(without.json["decisions"][0]) == list(having.json["decisions"][0])
