"""Every shared case is decided as it says, traced or not, and again from what the log and the table keep of it."""

from types import SimpleNamespace
from uuid import UUID

import msgspec
import pytest

from personalization.decide import decide
from personalization.explain import sentences
from personalization.reasons import Detail, Outcome, Reason
from personalization.recompute import situation_of as situation_again
from segments.conditions.operators import OPERATORS
from sites.times import moment_of
from tests.decision_cases import CASES, lots, situation_of, written


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_decides_as_the_case_says(case):
    situation = situation_of(case)

    decisions = decide(situation, case["ask"], preview=case.get("preview"))

    assert written(decisions, situation.release) == case["gives"]
    assert lots(decisions) == case.get("drawn", {})
    for decision in decisions:
        wanted = case.get("values", {}).get(decision.placement, {})
        assert {name: decision.values[name] for name in wanted} == wanted


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_trace_agrees_with_the_decision(case):
    situation = situation_of(case)

    decisions = decide(situation, case["ask"], trace=True, preview=case.get("preview"))

    assert written(decisions, situation.release) == case["gives"]
    against = {
        str(situation.release.rules[step.rule].id): [one.outcome for one in step.against]
        for decision in decisions
        for step in decision.trace
    }
    assert against | case.get("against", {}) == against
    for decision in decisions:
        won = [situation.release.rules[step.rule].id for step in decision.trace if step.outcome == Outcome.WON]
        assert won == ([decision.rule.id] if decision.rule else [])
        assert len(sentences(decision, situation.release)) == 1 + len(decision.trace)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_is_made_again_from_what_is_stored(case):
    """Through both forms that a row has on its way: msgpack in the log, JSON in the table."""
    situation = situation_of(case)
    made = decide(situation, case["ask"], preview=case.get("preview"))
    release = situation.release
    kept = situation.circumstances([key for key in case["ask"] if key in release.placements])
    logged = msgspec.msgpack.decode(msgspec.msgpack.encode(kept))
    stored = msgspec.json.decode(msgspec.json.encode(logged))

    for wanted, decision in zip(written(made, release), made, strict=True):
        row = SimpleNamespace(
            context=stored,
            visitor_id=UUID(situation.visitor),
            at=moment_of(situation.now),
            placement=decision.placement,
        )
        again, placements = situation_again(row, release, situation.profile)
        preview = wanted[1] if decision.detail == Detail.PREVIEW else None
        repeated = {one.placement: one for one in decide(again, placements, preview=preview)}[decision.placement]

        assert written([repeated], release) == [wanted]
        assert (repeated.values, repeated.choice) == (decision.values, decision.choice)
        assert again.visitor == situation.visitor


def test_the_cases_use_every_operator_reason_detail_and_mode():
    text = msgspec.json.encode([case["release"] for case in CASES]).decode()
    reasons = {reason for case in CASES for *_, reason, _ in case["gives"]}
    given = {detail for case in CASES for *_, detail in case["gives"]}

    assert [
        name for name in (*OPERATORS, "$and", "$or", "$nor", "$savedGroup", "$savedGroups") if f'"{name}"' not in text
    ] == []
    assert (reasons, given) == (set(Reason), set(Detail) - {Detail.NO_RELEASE})
    assert len(CASES) >= 150


def test_the_names_of_cases_tell_them_apart():
    names = [case["name"] for case in CASES]

    assert len(set(names)) == len(names)
