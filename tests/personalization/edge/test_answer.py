"""What is answered where there is nothing to decide from."""

import pytest

from sites import keys
from tests.questions import question


@pytest.fixture
def store(store):
    """Before anything was published."""
    store.delete(keys.live_release(1))
    return store


async def test_before_the_first_release_every_placement_is_empty_and_says_why(edge):
    answer = await edge.post("/v1/decide", question(placements=["hero", "side"]))

    assert (answer.status, answer.json["release"]) == (200, None)
    told = [(one["placement"], one["variant"], one["rule"], one["decisionId"]) for one in answer.json["decisions"]]
    assert told == [("hero", None, None, None), ("side", None, None, None)]
    assert {(one["reason"], one["detail"]) for one in answer.json["decisions"]} == {("ERROR", "NO_RELEASE")}
