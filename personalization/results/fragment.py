"""What is shown of one thing's results, wherever they stand? The context of `results/_result.html`, which a page of its
own and the page of a campaign include."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from personalization.results import funnel, orders, pictures, reading, report
from personalization.results.lanes import lanes_around
from personalization.results.period import Period
from personalization.results.reading import Scope
from sites.models import Site

ID = "result"  # of the element that the template draws


def of(site: Site, scope: Scope, period: Period, query: str = "") -> dict[str, Any]:
    """Needs nothing of a request. Some twenty queries, none of them on decisions; the funnel reads the events of at
    most 2,048 visitors."""
    line, days, noun = report.summary(site, period, scope), reading.by_day(site, period, scope), orders.noun(site)
    seen, everybody = funnel.of_those_who_saw(site, period, scope, line.now.counts), funnel.of_everybody(site, period)
    return {
        "site": site,
        "scope": scope,
        "period": period,
        "line": line,
        "noun": noun,
        "trends": pictures.trends(
            days, period, site.currency, noun, is_open=period.last >= site.local_day(timezone.now())
        ),
        "funnel": seen,
        "everybody": everybody,
        "steps": [(name, *pair) for name, *pair in zip(funnel.STEPS, seen.steps, everybody.steps, strict=True)],
        "lanes": [(placed, pictures.lane_stacks(placed)) for placed in lanes_around(site, period, scope)],
        # Who lost has neither creative nor segment, so of these nothing was taken.
        "day_stacks": pictures.day_stacks(days, period) if scope.dimension in ("campaign", "rule", "placement") else [],
        "query": query or f"from={period.first}&to={period.last}",
        "csv": reverse("result-days", args=[scope.dimension, scope.value]),
        "address": reverse("result", args=[scope.dimension, scope.value]),
    }
