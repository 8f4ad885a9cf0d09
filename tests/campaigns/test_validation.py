"""What may not be published is named with its place."""

from campaigns import validation
from campaigns.models import Rule
from segments.conditions.patterns import size_of
from segments.models import Segment
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
