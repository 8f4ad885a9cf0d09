"""Which charts tell a result? From the counts to what templates draw (`sites.pages.charts`)."""

from collections.abc import Callable
from datetime import date
from functools import partial

from django.urls import reverse

from campaigns.rates import Estimate, share
from personalization.results.lanes import PARTS, Placed
from personalization.results.period import Period
from personalization.results.reading import Counts
from sites.money import scale, write_amount
from sites.pages.charts.stack import Stack, stack
from sites.pages.charts.trend import Point, Trend, trend

Days = dict[date, Counts]


def trends(days: Days, period: Period, currency: str, noun: str, *, is_open: bool = False) -> list[Trend]:
    """Click rate, looks, orders and revenue by day. `is_open`: the last one is not over."""
    money, axis = partial(write_amount, currency=currency), partial(_round_amount, currency=currency)
    count = partial(trend, is_open=is_open)
    return [
        trend("Click rate", "clicks of times seen, by day", _points(days, period, _click_rate), _percent),
        count("Seen", "times, by day", _points(days, period, _seen), _whole, whole=True),
        count(noun.capitalize(), "credited, by day", _points(days, period, _orders), _whole, whole=True),
        count("Revenue", f"of credited {noun}, by day", _points(days, period, _revenue), money, write_axis=axis),
    ]


def lane_stacks(placed: Placed) -> list[Stack]:
    """One bar a rule, the one that wins first."""
    widest = max((lane.counts.eligible for lane in placed.lanes), default=0)
    return [
        stack(
            lane.name,
            [(name, style, number(lane.counts)) for name, style, number in PARTS],
            widest,
            lane.rule.campaign.name if lane.rule else "",
            reverse("result", args=["rule", lane.rule_id]),
        )
        for lane in placed.lanes
    ]


def day_stacks(days: Days, period: Period) -> list[Stack]:
    """One bar a day: what became of each time that the rules fitted."""
    widest = max((counts.eligible for counts in days.values()), default=0)
    return [
        stack(write_day(day), [(name, style, number(days.get(day, Counts()))) for name, style, number in PARTS], widest)
        for day in period.dates()
    ]


def write_day(day: date) -> str:
    """ "3 Mar": as short as a chart needs."""
    return f"{day.day} {day:%b}"


def _points(days: Days, period: Period, read: Callable[[Counts], Point]) -> list[Point]:
    return [read(days.get(day, Counts()))._replace(label=write_day(day)) for day in period.dates()]


def _click_rate(counts: Counts) -> Point:
    found = share(counts.clicks, counts.impressions)
    return _point(found, f"{counts.clicks:,} of {counts.impressions:,}")


def _seen(counts: Counts) -> Point:
    return Point("", counts.impressions, counts.impressions, counts.impressions)


def _orders(counts: Counts) -> Point:
    return Point("", counts.conversions, counts.conversions, counts.conversions)


def _revenue(counts: Counts) -> Point:
    return Point("", counts.value_minor, counts.value_minor, counts.value_minor, f"{counts.conversions:,}")


def _point(found: Estimate | None, note: str) -> Point:
    return Point("", found.value, found.low, found.high, note) if found else Point("", None)


def _round_amount(minor: float, currency: str) -> str:
    """For an axis: without decimals where there are none."""
    units = minor / scale(currency)
    return f"{units:,.0f} {currency}" if units == int(units) else write_amount(minor, currency)


def _percent(value: float) -> str:
    return f"{value * 100:.1f} %"


def _whole(value: float) -> str:
    return f"{value:,.0f}"
