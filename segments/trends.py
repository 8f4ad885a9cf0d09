"""How many visitors are in a segment, and is it growing? How are features spread, and were they a week ago? What
`segments.tasks` has counted, ready to be shown."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from segments.distributions import Compared
from segments.features import Feature
from segments.models import Segment, SegmentSize
from segments.segment_figures import Figures, read
from sites.pages.charts import line

WINDOW = timedelta(days=30)
MAX_POINTS = 60


@dataclass(frozen=True)
class Trend:
    latest: SegmentSize | None
    points: str  # of an SVG polyline
    change: int  # visitors since the beginning of the window

    @property
    def figures(self) -> Figures | None:
        """Of the newest count."""
        return read(self.latest.figures) if self.latest else None

    @property
    def share(self) -> float | None:
        return self.latest.visitors / self.latest.active if self.latest and self.latest.active else None


def trends(segments: Iterable[Segment], now: datetime) -> dict[int, Trend]:
    """By id of the segment; one query for all of them."""
    sizes: dict[int, list[SegmentSize]] = defaultdict(list)
    for size in SegmentSize.objects.filter(segment__in=list(segments), at__gt=now - WINDOW).order_by("at"):
        sizes[size.segment_id].append(size)
    return {segment.pk: _trend(sizes[segment.pk]) for segment in segments}


def _trend(sizes: list[SegmentSize]) -> Trend:
    if not sizes:
        return Trend(None, "", 0)
    step = max(len(sizes) // MAX_POINTS, 1)
    return Trend(sizes[-1], line([size.visitors for size in sizes[::step]]), sizes[-1].visitors - sizes[0].visitors)


@dataclass(frozen=True)
class Spread:
    """A feature on the latest day, and on the same weekday one and four weeks before: None where nothing was
    counted."""

    feature: Feature
    points: str  # of an SVG polyline: visitors by value, from the lowest to the highest but for those at the lowest
    some: float  # share of visitors above the lowest value
    middle: float | None  # median of those who have one
    missing: float  # share of visitors who have nothing of the kind
    means: tuple[float | None, float | None, float | None]


def spread(compared: Compared) -> Spread:
    feature, now = compared.feature, compared.now
    rows = (now, compared.week, compared.four_weeks)
    latest, week, four_weeks = (_round_amount(feature, row.mean if row else None) for row in rows)
    return Spread(
        feature,
        line(now.counts[1:]),
        now.some,
        _round_amount(feature, now.quantile(0.5)),
        now.missing / now.visitors,
        (latest, week, four_weeks),
    )


def _round_amount(feature: Feature, value: float | None) -> float | None:
    """Money in whole minor units, as pages write it."""
    return value if value is None or feature.unit != "minor" else round(value)
