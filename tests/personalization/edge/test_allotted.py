"""Arms that were set by hand, and weights of bandits, reach an edge process that runs, without a release."""

import asyncio

from campaigns import release
from campaigns.treatments import bandit, split
from personalization.allotting import write_allotted
from sites import keys
from sites.pseudonyms import visitor_of
from tests import releases
from tests.personalization.edge.conftest import go_live, variant
from tests.questions import question

WHO = visitor_of("ab" * 32, "a1")
TESTS = [
    split.freeze(40, "words", "s1", [("a", 1, 50), ("b", 2, 50)]),
    bandit.freeze(50, "offers", "s2", [("a", 1, 1), ("b", 2, 1)]),
]


def drawing(position):
    variants = [variant(identity, f"v{identity}") for identity in range(3)]
    placements = [release.FrozenPlacement("hero", 0, 0)]
    rule = releases.rule(1, variant=len(variants) + position)
    return releases.source([rule], variants, placements, treatments=TESTS, items=[])


async def found(edge):
    (decision,) = (await edge.post("/v1/decide", question())).json["decisions"]
    return decision


async def until(edge, holds):
    """The process hears of it by Redis, a moment later."""
    for _ in range(200):
        decision = await found(edge)
        if holds(decision):
            return decision
        await asyncio.sleep(0.01)
    raise AssertionError(decision)


def tell(store, weights, overrides):
    store.set(keys.allotted(1), write_allotted(weights, overrides))
    store.publish(keys.CHANGES, "allotted")


async def test_an_arm_set_by_hand_shows_at_once_and_says_so(edge, store):
    go_live(store, drawing(0))
    drawn = await until(edge, lambda decision: decision["reason"] == "SPLIT")
    other = {"a": "b", "b": "a"}[drawn["treatment"]["arm"]]

    tell(store, {}, {WHO: {40: other}})
    set_ = await until(edge, lambda decision: decision["detail"] == "OVERRIDE")
    assert (set_["treatment"]["arm"], set_["reason"], set_["propensity"]) == (other, "STATIC", 1.0)

    tell(store, {}, {})
    again = await until(edge, lambda decision: decision["detail"] == "")
    assert again["treatment"]["arm"] == drawn["treatment"]["arm"]


async def test_what_another_version_of_segue_wrote_changes_nothing_and_holds_nothing_up(edge, store):
    go_live(store, drawing(0))
    tell(store, {}, {WHO: {40: "a"}})
    await until(edge, lambda one: one["detail"] == "OVERRIDE")

    store.set(keys.allotted(1), b"\x93nonsense")
    store.publish(keys.CHANGES, "allotted")
    version = go_live(store, drawing(1))

    snapshots = edge.application.state.snapshots
    await snapshots.refresh()
    assert (snapshots.live[1].version, snapshots.beside(1).overrides) == (version, {WHO: {40: "a"}})
    assert snapshots.problem == ""
