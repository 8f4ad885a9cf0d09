"""What stands on the page of goals? Each goal, who pursues it, and how often it was reached."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Sum

from campaigns.goals import worth_in_words
from campaigns.models import Goal
from personalization.campaign_list import RESULTS
from personalization.models import Conversion
from segments.wording import describe
from sites.models import Site


@dataclass(frozen=True)
class GoalRow:
    """With the credited conversions of the period of `RESULTS`, whatever the goal was called meanwhile."""

    goal: Goal
    words: str  # of its condition, "" for none
    worth: str
    campaigns: int
    conversions: int
    value_minor: int


def goals_of(site: Site, now: datetime) -> list[GoalRow]:
    """By name. Two queries."""
    counted = (
        Conversion.objects.filter(site=site, is_credited=True, at__gt=now - RESULTS)
        .values_list("goal_id")
        .annotate(Count("id"), Sum("value_minor"))
        .order_by("goal_id")
    )
    results = {goal: totals for goal, *totals in counted}
    found = Goal.objects.filter(site=site).annotate(campaign_count=Count("campaigns")).order_by("name", "id")
    return [
        GoalRow(
            goal,
            describe(goal.condition) if goal.condition else "",
            worth_in_words(goal.freeze(site), site.currency),
            goal.campaign_count,
            *results.get(goal.pk, (0, 0)),
        )
        for goal in found
    ]
