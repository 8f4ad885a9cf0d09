"""What does each experiment of these sites measure? As drafted: a metric that is added later counts what happens from
then on, until the experiment is counted anew (`personalization.experiments.rebuilding`)."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from campaigns.goals import FrozenGoal
from campaigns.models import Metric, Treatment
from personalization.experiments.reaching import CLICKS, WINDOW_MS
from personalization.experiments.sums import Totals


class Plan(NamedTuple):
    """Of one experiment."""

    site: int
    goals: Mapping[int, FrozenGoal]  # by id, but for clicks
    caps: Mapping[int, int]  # by goal: what a visitor brings beyond this counts as this, minor units
    has_clicks: bool

    def window_of(self, goal: int) -> int | None:
        """So long after the first exposure an outcome counts, in milliseconds; None where it is not measured."""
        if goal == CLICKS:
            return WINDOW_MS if self.has_clicks else None
        return self.goals[goal].window_ms if goal in self.goals else None

    def capped(self, goal: int, totals: Totals) -> Totals:
        """Never below nothing: no visitor gives back more than they paid."""
        worth = max(totals.v, 0)
        return Totals(max(totals.n, 0), min(worth, self.caps[goal]) if goal in self.caps else worth)


Plans = Mapping[int, Plan]  # by treatment


def plans_of(sites: Iterable[int]) -> Plans:
    """Of all that visitors have drawn in. Two queries, one where there are none."""
    drawn = Treatment.objects.filter(site__in=set(sites), phases__isnull=False).distinct()
    found = dict(drawn.order_by("id").values_list("id", "site"))
    if not found:
        return {}
    metrics: dict[int, list[Metric]] = {pk: [] for pk in found}
    for metric in Metric.objects.filter(treatment__in=found).select_related("goal__site").order_by("id"):
        metrics[metric.treatment_id].append(metric)
    return {pk: _plan(found[pk], of) for pk, of in metrics.items()}


def _plan(site: int, metrics: Iterable[Metric]) -> Plan:
    goals: dict[int, FrozenGoal] = {}
    caps: dict[int, int] = {}
    has_clicks = False
    for metric in metrics:
        if metric.goal is None:
            has_clicks = True
            continue
        goals[metric.goal.pk] = metric.goal.freeze(metric.goal.site)
        if metric.cap_minor:
            caps[metric.goal.pk] = min(metric.cap_minor, caps.get(metric.goal.pk, metric.cap_minor))
    return Plan(site, goals, caps, has_clicks)
