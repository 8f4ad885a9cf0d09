"""How are the figures of an experiment written: values of a metric, changes of them, and in which of three ways?"""

from collections.abc import Callable
from typing import NamedTuple

from campaigns.rates import Change
from campaigns.results.metrics import Kind, Metric
from campaigns.results.report import Comparison
from campaigns.results.wording import change
from sites.money import write_amount
from sites.templatetags.figures import percent, points

RELATIVE, ABSOLUTE, SCALED = "relative", "absolute", "scaled"
WAYS = {RELATIVE: "In per cent", ABSOLUTE: "In numbers", SCALED: "Of a month"}
Write = Callable[[float], str]


class Shown(NamedTuple):
    """A change in one of the three ways."""

    change: Change
    value: str
    low: str
    high: str


def shown(metric: Metric, of: Comparison, way: str) -> Shown | None:
    """None where it cannot be told that way."""
    found = _change(of, way)
    if found is None:
        return None
    write = writer(metric, way)
    return Shown(found, *(write(part) for part in found))


def _change(of: Comparison, way: str) -> Change | None:
    """With the interval that is always valid."""
    if way == SCALED:
        return of.impact.per_month if of.impact else None
    effect = of.lift if way == RELATIVE else of.difference
    return Change(effect.value, effect.always.low, effect.always.high) if effect else None


def writer(metric: Metric, way: str) -> Write:
    """Of a change."""
    if way == RELATIVE:
        return change
    if metric.unit == "minor":
        return lambda value: _signed(value, write_amount(abs(value), metric.currency))
    if way == SCALED:
        return lambda value: _signed(value, f"{abs(value):,.0f}")
    if metric.kind is Kind.PROPORTION:
        return points
    return lambda value: _signed(value, f"{abs(value):,.3f}")


def _signed(value: float, text: str) -> str:
    return f"{'−' if value < 0 else '+'}{text}"


def level(metric: Metric, value: float) -> str:
    """The mean of an arm."""
    if metric.unit == "minor":
        return write_amount(value, metric.currency)
    return percent(value, 2) if metric.kind is Kind.PROPORTION else f"{value:,.3f}"
