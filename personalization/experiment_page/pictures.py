"""Which charts tell how the result of an experiment came about?"""

from collections.abc import Mapping, Sequence
from datetime import date

from campaigns.results.daily import Point as Day
from campaigns.results.metrics import Metric
from campaigns.results.report import Comparison
from personalization.experiment_page.writing import ABSOLUTE, RELATIVE, writer
from personalization.results.pictures import write_day
from sites.pages.charts.signed import signed_trend
from sites.pages.charts.trend import Point, Trend, trend

LEAST_DAYS = 2  # one point is no course


def courses(metric: Metric, of: Comparison, way: str) -> list[Trend]:
    """The effect of all visitors up to each day, and of those of each day."""
    told = ABSOLUTE if way != RELATIVE or not any(point.lift for point in of.series) else RELATIVE
    unit = "per cent of control" if told == RELATIVE else "difference from control"
    drawn = []
    for title, words, days in (
        ("How the result came about", f"all visitors up to each day, {unit}", of.series),
        ("Day by day", f"visitors who came on that day, {unit}", of.by_day),
    ):
        if len(days) >= LEAST_DAYS:
            points = [_point(day, told) for day in days]
            drawn.append(signed_trend(title, words, points, writer(metric, told)))
    return drawn


def _point(day: Day, way: str) -> Point:
    found = day.lift if way == RELATIVE else day.difference
    label = write_day(date.fromisoformat(day.day))
    if found is None:
        return Point(label, None, note=f"{day.n:,} visitors")
    return Point(label, found.difference, found.low, found.high, f"{day.n:,} visitors")


def arrivals(by_day: Mapping[date, int], *, is_open: bool) -> Trend:
    """`is_open`: the last day is not over."""
    points = _counts(sorted(by_day.items()))
    return trend("Visitors", "who took part first, by day", points, lambda n: f"{n:,.0f}", whole=True, is_open=is_open)


def _counts(days: Sequence[tuple[date, int]]) -> list[Point]:
    return [Point(write_day(day), count, count, count) for day, count in days]
