"""What do the counts of a period say, how surely, and what has changed since the period before?"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from campaigns.models import AdVariant, Campaign, Placement, Rule
from campaigns.rates import Change, Estimate, change_of_means, change_of_shares, mean, share
from personalization.reasons import UNKNOWN
from personalization.results import orders, reading, sketch
from personalization.results.period import Period
from personalization.results.reading import EVERYTHING, Counts, Scope
from segments.models import Segment
from sites.models import Site


@dataclass(frozen=True)
class Result:
    """Counts with their rates, each None where nothing was tried."""

    counts: Counts = field(default_factory=Counts)
    buyers: int = 0  # visitors who saw it in the period and reached the goal in it

    @property
    def click_rate(self) -> Estimate | None:
        """Clicks of looks, each of a decision."""
        return share(self.counts.clicks, self.counts.impressions)

    @property
    def conversion_rate(self) -> Estimate | None:
        """Buyers of the visitors who saw it. None where it is not known who saw it."""
        if self.counts.visitors.visitors < self.buyers:
            return None
        return share(self.buyers, self.counts.visitors.visitors, self._error)

    @property
    def revenue_per_visitor(self) -> Estimate | None:
        """In minor units. Each order is taken for one of another visitor."""
        counts = self.counts
        if counts.visitors.visitors < self.buyers:
            return None
        sums = (counts.value_minor, counts.value_squares, counts.conversions)
        return mean(*sums, counts.visitors.visitors, self._error)

    @property
    def _error(self) -> float:
        return 0.0 if self.counts.visitors.is_exact else sketch.ERROR


@dataclass(frozen=True)
class Line:
    """One campaign, rule, creative, placement or segment, in a period and in the one before."""

    value: Any  # of the dimension: an id, or a key
    name: str
    context: str  # what tells two of a name apart
    now: Result
    before: Result

    @property
    def click_change(self) -> Change | None:
        return change_of_shares(self.now.click_rate, self.before.click_rate)

    @property
    def conversion_change(self) -> Change | None:
        return change_of_shares(self.now.conversion_rate, self.before.conversion_rate)

    @property
    def revenue_change(self) -> Change | None:
        return change_of_means(self.now.revenue_per_visitor, self.before.revenue_per_visitor)


BY_ID: dict[str, QuerySet[Any]] = {"campaign": Campaign.objects.all(), "creative": AdVariant.objects.all()}
BY_KEY: dict[str, QuerySet[Any]] = {"placement": Placement.objects.all(), "segment": Segment.objects.all()}

# What a table of results can be sorted by, the highest first: as its columns are called.
ORDERS: dict[str, Callable[[Line], Any]] = {
    "seen": lambda line: line.now.counts.impressions,
    "clicks": lambda line: line.now.counts.clicks,
    "click_rate": lambda line: _value(line.now.click_rate),
    "visitors": lambda line: line.now.counts.visitors.visitors,
    "orders": lambda line: line.now.counts.conversions,
    "conversion_rate": lambda line: _value(line.now.conversion_rate),
    "revenue": lambda line: line.now.counts.value_minor,
    "revenue_per_visitor": lambda line: _value(line.now.revenue_per_visitor),
}


def lines(site: Site, period: Period, dimension: str, order: str = "", scope: Scope = EVERYTHING) -> list[Line]:
    """Everything of the dimension that was decided, seen or in line in the period; sorted by a key of ORDERS, with "-"
    before it the lowest first, by name without one. Some ten queries."""
    sides = [_results(site, each, dimension, scope) for each in (period, period.before)]
    return _lines(site, dimension, order, *sides)


def table(site: Site, period: Period, dimension: str, order: str) -> tuple[list[Line], Line]:
    """`lines`, and `summary` of everything, for less than both cost."""
    sides, totals = [], []
    for each in (period, period.before):
        counts, total = reading.with_total(site, each, dimension)
        bought = orders.buyers(site, each, dimension)
        sides.append({value: Result(found, bought.get(value, 0)) for value, found in counts.items()})
        totals.append(Result(total, bought.get(None, 0)))
    return _lines(site, dimension, order, *sides), Line(None, site.name, "", *totals)


def _lines(site: Site, dimension: str, order: str, now: dict[Any, Result], before: dict[Any, Result]) -> list[Line]:
    names = names_of(site, dimension, now)
    found = [
        Line(value, *names.get(value, (f"Deleted ({value})", "")), result, before.get(value, Result()))
        for value, result in now.items()
    ]
    found.sort(key=lambda line: (line.name.casefold(), str(line.value)))
    by = ORDERS.get(order.removeprefix("-"))
    return sorted(found, key=by, reverse=not order.startswith("-")) if by else found


def summary(site: Site, period: Period, scope: Scope = EVERYTHING) -> Line:
    """Of all in the scope together."""
    sides = []
    for each in (period, period.before):
        bought = orders.buyers(site, each, scope=scope)
        sides.append(Result(reading.total(site, each, scope), bought.get(None, 0)))
    name, context = name_of(site, scope)
    return Line(scope.value, name, context, *sides)


def name_of(site: Site, scope: Scope) -> tuple[str, str]:
    """What a scope is called, and what tells it apart."""
    if not scope.dimension:
        return site.name, ""
    return names_of(site, scope.dimension, [scope.value]).get(scope.value, (f"Deleted ({scope.value})", ""))


def names_of(site: Site, dimension: str, values: Iterable[Any]) -> dict[Any, tuple[str, str]]:
    """As they are called now. One query."""
    wanted = list(values)
    if dimension == "rule":
        rules = Rule.objects.filter(campaign__site=site, pk__in=wanted).select_related("campaign", "placement")
        return {rule.pk: (rule.name, f"{rule.campaign.name}, {rule.placement.name}") for rule in rules}
    if dimension in BY_ID:
        named = BY_ID[dimension].filter(site=site, pk__in=wanted).values_list("pk", "name")
    else:
        named = BY_KEY[dimension].filter(site=site, key__in=wanted).values_list("key", "name")
    unknown = {UNKNOWN: ("Unknown placements", "asked for by pages, made by nobody")}
    return unknown | {value: (name, "") for value, name in named}


def _results(site: Site, period: Period, dimension: str, scope: Scope) -> dict[Any, Result]:
    bought = orders.buyers(site, period, dimension, scope)
    counts = reading.by_dimension(site, period, dimension, scope)
    return {value: Result(found, bought.get(value, 0)) for value, found in counts.items()}


def _value(estimate: Estimate | None) -> float:
    return -1.0 if estimate is None else estimate.value
