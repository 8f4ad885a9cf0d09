"""The results of an experiment as spreadsheets."""

import csv
from collections.abc import Iterable

from django.http import HttpResponse

from campaigns.models import Treatment
from campaigns.results.daily import Point
from campaigns.results.effects import Effect
from campaigns.results.metrics import Metric
from campaigns.results.report import Comparison, Report
from sites.money import major
from sites.pages.spreadsheets import disarm

TABLE = ["metric", "role", "arm", "name", "visitors", "with_a_value", "mean", "mean_low", "mean_high"]
TABLE += ["difference", "difference_low", "difference_high", "lift", "lift_low", "lift_high", "p", "chance_to_win"]
TABLE += ["enough_data", "unit"]
DAYS = ["metric", "arm", "day", "visitors", "difference", "difference_low", "difference_high"]
DAYS += ["lift", "lift_low", "lift_high", "so_far", "unit"]


def table(row: Treatment, report: Report, currency: str) -> HttpResponse:
    """Lifts are parts of control's mean, intervals always valid."""
    names = {arm.arm: arm.name for arm in report.arms}
    rows: list[list[object]] = []
    for result in report.metrics:
        metric, compared = result.metric, {each.arm: each for each in result.comparisons}
        for arm in result.arms:
            level = _amounts(metric, currency, arm.estimate[:3] if arm.estimate else None)
            told: list[object] = [metric.name, metric.role.value, arm.arm, names[arm.arm], arm.visitors, arm.hits]
            rows.append([*told, *level, *_compared(metric, currency, compared.get(arm.arm))])
    return _as_csv(f"{row.key}.csv", TABLE, rows)


def days(row: Treatment, report: Report, currency: str) -> HttpResponse:
    rows: list[list[object]] = []
    for result in report.metrics:
        for each in result.comparisons:
            for so_far, points in (("no", each.by_day), ("yes", each.series)):
                rows += [_day(result.metric, currency, each.arm, point, so_far) for point in points]
    return _as_csv(f"{row.key}-by-day.csv", DAYS, rows)


def _compared(metric: Metric, currency: str, of: Comparison | None) -> list[object]:
    unit = currency if metric.unit == "minor" else metric.unit
    if of is None:
        return [*[""] * 9, unit]
    belief = round(of.belief.chance_to_win, 6) if of.belief else ""
    p = round(of.p, 6) if of.p is not None else ""
    difference, lift = _amounts(metric, currency, _ends(of.difference)), _parts(_ends(of.lift))
    return [*difference, *lift, p, belief, "yes" if of.is_enough else "no", unit]


def _day(metric: Metric, currency: str, arm: str, point: Point, so_far: str) -> list[object]:
    unit = currency if metric.unit == "minor" else metric.unit
    told: list[object] = [metric.name, arm, point.day, point.n]
    return [*told, *_amounts(metric, currency, point.difference), *_parts(point.lift), so_far, unit]


def _ends(effect: Effect | None) -> tuple[float, float, float] | None:
    return (effect.value, effect.always.low, effect.always.high) if effect else None


def _amounts(metric: Metric, currency: str, values: tuple[float, ...] | None) -> list[object]:
    """Money in whole units of its currency."""
    if values is None or metric.unit != "minor":
        return _parts(values)
    return [major(value, currency) for value in values]


def _parts(values: tuple[float, ...] | None) -> list[object]:
    return [round(value, 6) for value in values] if values else ["", "", ""]


def _as_csv(name: str, head: list[str], rows: Iterable[list[object]]) -> HttpResponse:
    answer = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
    writer = csv.writer(answer)
    writer.writerow(head)
    writer.writerows(map(disarm, row) for row in rows)
    return answer
