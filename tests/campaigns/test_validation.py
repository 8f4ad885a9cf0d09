"""What may not be published is named with its place."""

import pytest
from django.utils import timezone

from campaigns import validation
from campaigns.audiences import small_audiences, too_small
from campaigns.models import Rule
from segments.conditions.patterns import size_of
from segments.models import Segment, SegmentSize
from tests.drafts import review

DEAR = "(.{1,9}x){4}"  # some 250 instructions, of which a condition may have 1,000


def test_a_rule_that_exceeds_the_limits_only_together_with_its_segment_is_refused(drafted):
    """A release joins both conditions, and one with a fault never matches: it would be live and never shown."""
    two = {"context.path": {"$regex": DEAR}, "context.host": {"$regex": DEAR}}
    Segment.objects.update(condition=two)
    Rule.objects.filter(name="Banner").update(condition=two)
    assert not [problem for problem in review(drafted).problems if problem.is_error]

    Rule.objects.filter(name="Coupon").update(condition={"$and": [two, {"context.path": {"$notRegex": DEAR}}]})

    (problem,) = (problem for problem in review(drafted).problems if problem.is_error)
    assert (
        str(problem)
        == "rule 'Coupon', condition: Together with 'Buyers': The condition: has patterns that are too much work"
        " together"
    )


def test_a_release_has_a_budget_for_the_work_of_its_patterns(drafted, monkeypatch):
    """Security finding B10: a decision may have to look with each of them."""
    Rule.objects.update(condition={"context.path": {"$regex": DEAR}})
    monkeypatch.setattr(validation, "MAX_PATTERN_WORK", 2 * size_of(DEAR))
    assert review(drafted).version

    Rule.objects.filter(name="Banner").update(
        condition={"context.path": {"$regex": DEAR}, "context.host": {"$regex": "a"}}
    )

    (problem,) = review(drafted).problems
    assert (problem.kind, problem.field, problem.is_error) == ("site", "patterns", True)


def test_what_holds_for_nobody_is_a_warning_where_it_was_said(drafted):
    """Proved by what is asked: of the segment alone, or of the rule beside it."""
    Segment.objects.update(condition={"visitor.orders": {"$gte": 3}})
    Rule.objects.filter(name="Coupon").update(condition={"visitor.orders": {"$lt": 2}})
    (of_rule,) = (problem for problem in review(drafted).problems if problem.field == "condition")

    Rule.objects.update(condition={})
    Segment.objects.update(condition={"visitor.orders": {"$gte": 3, "$lt": 2}})
    (of_segment,) = (problem for problem in review(drafted).problems if problem.field == "condition")

    assert (of_rule.kind, of_segment.kind) == ("rule", "segment")
    assert not of_rule.is_error and not of_segment.is_error
    assert of_rule.message.startswith("Nobody can ever fit: “Orders ever is less than 2 orders” contradicts")


@pytest.mark.parametrize(
    ("visitors", "told"), [(0, "Only 0 visitors"), (1, "Only 1 visitor "), (99, "Only 99"), (100, "")]
)
def test_an_audience_is_too_small_below_what_results_call_enough(drafted, visitors, told):
    SegmentSize.objects.create(segment=Segment.objects.get(), at=timezone.now(), visitors=visitors, active=5000)

    found = list(small_audiences(drafted))

    assert too_small(visitors).startswith(told) and bool(told) == bool(too_small(visitors))
    assert [(one.kind, one.message, one.is_error) for one in found] == [("segment", too_small(visitors), False)] * bool(
        told
    )
