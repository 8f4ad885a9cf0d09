"""Is an audience too small for a result that could ever be told from chance?"""

from collections.abc import Collection, Iterator
from dataclasses import replace

from campaigns.models import Campaign, Rule
from campaigns.problems import Problem, problem_of
from campaigns.rates import ENOUGH_TRIALS
from campaigns.review import Review
from segments.models import SegmentSize
from sites.models import Site
from sites.units import counted


def latest_sizes(segments: Collection[int]) -> dict[int, SegmentSize]:
    """By segment, of those that were counted. One query."""
    latest = SegmentSize.objects.filter(segment__in=segments).order_by("segment_id", "-at").distinct("segment_id")
    return {size.segment_id: size for size in latest}


def too_small(visitors: int) -> str:
    """What to say of an audience of so many visitors in 30 days; "" of one that is large enough. A rate is of visitors
    or of their looks, and below ENOUGH_TRIALS of them results say "not enough data yet"."""
    if visitors >= ENOUGH_TRIALS:
        return ""
    whom = f"{counted(visitors, 'visitors')} of the last 30 days {'is' if visitors == 1 else 'are'} in it"
    return f"Only {whom}: below {ENOUGH_TRIALS} a result cannot be told from chance."


def with_audiences(review: Review, site: Site) -> Review:
    """For programs, which read a review alone."""
    return replace(review, problems=[*review.problems, *small_audiences(site)])


def small_audiences(site: Site) -> Iterator[Problem]:
    """Of the segments that launched campaigns are shown to; warnings. Two queries: sizes change without anybody's edit,
    so no kept review holds them."""
    rules = Rule.objects.filter(campaign__site=site, campaign__status=Campaign.Status.LIVE, enabled=True)
    segments = {rule.segment_id: rule.segment for rule in rules.select_related("segment").order_by("id")}
    for pk, size in latest_sizes([pk for pk in segments if pk]).items():
        if word := too_small(size.visitors):
            yield problem_of(segments[pk], "condition", word, is_error=False)
