"""What is counted of a period? Sums by what one asks for, from the daily results; never from the rows they were counted
from, so the answer does not take longer where more happens."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet, Sum

from personalization.models import DailyResult
from personalization.results import sketch
from personalization.results.days import MEASURES
from personalization.results.period import Period
from sites.models import Site


class Scope(NamedTuple):
    """What results are of: everything, or one value of one dimension."""

    dimension: str = ""  # key of DIMENSIONS
    value: Any = None  # an id, or a key of a placement or segment

    @property
    def where(self) -> dict[str, Any]:
        return {DIMENSIONS[self.dimension]: self.value} if self.dimension else {}


EVERYTHING = Scope()
# What results can be told apart by -> the column that says it.
DIMENSIONS = {
    "campaign": "campaign_id",
    "rule": "rule_id",
    "creative": "variant_id",
    "placement": "placement",
    "segment": "segment",
}
_NONE = Q(campaign_id=0), Q(rule_id=0), Q(variant_id=0), Q(placement=""), Q(segment="")
NOTHING = dict(zip(DIMENSIONS, _NONE, strict=True))  # rows that belong to none of them


@dataclass
class Counts:
    """Sums of daily results."""

    decisions: int = 0
    impressions: int = 0
    clicks: int = 0
    dismissals: int = 0
    conversions: int = 0
    value_minor: int = 0
    assists: int = 0  # conversions that it also touched, credited to another campaign
    assisted_minor: int = 0
    outranked: int = 0
    capped: int = 0
    held: int = 0
    value_squares: float = 0.0
    seen_by: bytes = sketch.EMPTY  # a sketch of the visitors who saw it
    visitors: sketch.Number = field(init=False)

    def __post_init__(self) -> None:
        self.visitors = sketch.count(self.seen_by)

    @property
    def eligible(self) -> int:
        """Times that the rule fitted: it won, another one did, or it could not be shown."""
        return self.decisions + self.outranked + self.capped + self.held


def by_dimension(site: Site, period: Period, dimension: str, scope: Scope = EVERYTHING) -> dict[Any, Counts]:
    """By its value. Two queries, whatever happened meanwhile."""
    rows = _rows(site, period, scope).exclude(NOTHING[dimension])
    return _sums(rows, DIMENSIONS[dimension])


def with_total(site: Site, period: Period, dimension: str) -> tuple[dict[Any, Counts], Counts]:
    """The same, and all that was counted together, whatever belongs to none of its values too. The sketches are most of
    what is read, and are read once. Two queries."""
    sums = _sums(_rows(site, period, EVERYTHING), DIMENSIONS[dimension])
    together = (sum(getattr(counts, name) for counts in sums.values()) for name in MEASURES)
    total = _counts(together, sketch.join(counts.seen_by for counts in sums.values()))
    return {value: counts for value, counts in sums.items() if value}, total


def by_day(site: Site, period: Period, scope: Scope = EVERYTHING) -> dict[date, Counts]:
    """Days without any are left out. Two queries."""
    return _sums(_rows(site, period, scope), "day")


def total(site: Site, period: Period, scope: Scope = EVERYTHING) -> Counts:
    return _sums(_rows(site, period, scope), "site_id").get(site.pk, Counts())


def by_placement_and_rule(site: Site, period: Period, scope: Scope) -> dict[tuple[str, int], Counts]:
    """Of rules only. One query: who saw it is not asked for."""
    rows = _rows(site, period, scope).filter(rule_id__gt=0)
    found = rows.values_list("placement", "rule_id").annotate(*map(Sum, MEASURES)).order_by("placement", "rule_id")
    return {(placement, rule): _counts(sums, sketch.EMPTY) for placement, rule, *sums in found}


def _rows(site: Site, period: Period, scope: Scope) -> QuerySet[DailyResult]:
    return DailyResult.objects.filter(site=site, day__range=period, **scope.where)


def _sums(rows: QuerySet[DailyResult], column: str) -> dict[Any, Counts]:
    sums = rows.order_by(column).values_list(column).annotate(*map(Sum, MEASURES))
    seen = _sketches(rows.exclude(visitors=b"").order_by("id").values_list(column, "visitors"))
    return {value: _counts(numbers, seen.get(value, sketch.EMPTY)) for value, *numbers in sums}


def _sketches(rows: Iterable[tuple[Any, bytes]]) -> dict[Any, bytes]:
    kept: defaultdict[Any, list[bytes]] = defaultdict(list)
    for value, visitors in rows:
        kept[value].append(bytes(visitors))
        if len(kept[value]) >= 64:  # a year of many creatives does not lie in memory at once
            kept[value] = [sketch.join(kept[value])]
    return {value: sketch.join(sketches) for value, sketches in kept.items()}


def _counts(sums: Iterable[float], visitors: bytes) -> Counts:
    return Counts(**dict(zip(MEASURES, sums, strict=True)), seen_by=visitors)  # type: ignore[arg-type]  # named like its fields
