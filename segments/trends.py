"""How many visitors are in a segment, and is it growing? Sizes that `segments.tasks` has counted, ready to be shown."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from segments.models import Segment, SegmentSize
from sites.pages.charts import line

WINDOW = timedelta(days=30)
MAX_POINTS = 60


@dataclass(frozen=True)
class Trend:
    latest: SegmentSize | None
    points: str  # of an SVG polyline
    change: int  # visitors since the beginning of the window

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
