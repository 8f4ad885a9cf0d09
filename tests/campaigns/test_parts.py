"""A release taken apart is that release when it is put together again."""

from hypothesis import given

from campaigns.parts import apart, together
from campaigns.release import dump, load
from campaigns.rules import join_conditions
from tests.drafts import draft_source
from tests.parts import some_parts


@given(some_parts())
def test_a_source_taken_apart_and_put_together_is_that_source(parts):
    source = together(parts)

    assert together(apart(source)) == source
    assert load(dump(source)).version


@given(some_parts())
def test_a_rule_carries_the_condition_of_its_segment_as_the_release_has_it(parts):
    source = together(parts)

    segments = {segment.key: segment.condition for segment in source.segments}
    for rule in source.rules:
        own = parts.rules[rule.id].rule.condition
        assert rule.condition == join_conditions([segments.get(rule.segment, {}), own])
        assert rule.targeted == bool(rule.condition)


@given(some_parts())
def test_nothing_stands_in_a_release_that_nobody_shows_or_pursues(parts):
    source = together(parts)

    shown = {arm.variant for treatment in source.treatments for arm in treatment.arms}
    shown |= {placement.default for placement in source.placements} - {-1}
    assert shown == set(range(len(source.variants)))
    assert {row.goal for row in source.campaigns} - {0} == {goal.id for goal in source.goals}
    assert {rule.campaign_id for rule in source.rules} == {row.id for row in source.campaigns}


def test_a_frozen_draft_is_put_together_as_it_was_frozen(drafted):
    source = draft_source(drafted)

    assert together(apart(source)) == source
    assert [part.rule.condition for part in apart(source).rules.values()] == [{}, {"context.device": "mobile"}]
