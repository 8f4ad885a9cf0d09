"""How are features spread over a day's visitors, and how were they a week ago?

Who was last seen on a day counts on it, each as of the own last event, as in training; who did one thing only is left
out, as there. A day's visitors are no other day's, so two days can be compared as two samples. The day is counted again
and again while it lasts, by the pass that measures segments (`audience.measure`), and its last count stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from segments import histograms
from segments.clustering.base import MIN_EVENTS
from segments.features import FEATURES, Feature
from segments.models import FeatureDistribution
from segments.profile import Profile
from sites.models import Site
from sites.times import moment_of

KEEP_DAYS = 400  # a year and the same weekdays before
WEEK, FOUR_WEEKS = timedelta(days=7), timedelta(days=28)  # the same weekday: weekends are not drift
PART = 1_000  # profiles whose values are held at a time

NUMBERS = tuple(feature for feature in FEATURES.values() if feature.unit != "text")
EDGES = tuple(histograms.edges_of(feature.low, feature.high) for feature in NUMBERS)


@dataclass(slots=True)
class Tally:
    """What is added up of one feature."""

    counts: np.ndarray
    visitors: int = 0
    missing: int = 0
    total: float = 0.0

    def add(self, values: np.ndarray, edges: np.ndarray) -> None:
        """NaN: the visitor has nothing of the kind."""
        known = values[~np.isnan(values)]
        self.counts += histograms.count(known, edges)
        self.visitors += len(values)
        self.missing += len(values) - len(known)
        self.total += float(known.sum())


@dataclass(slots=True)
class Gathering:
    """One day of a site, added up profile by profile within the memory of `PART` of them."""

    day: date
    zone: ZoneInfo
    tallies: list[Tally] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tallies = [Tally(np.zeros(len(edges) + 1, dtype=np.int64)) for edges in EDGES]

    def add(self, profile: Profile) -> None:
        if profile.events < MIN_EVENTS or day_of(moment_of(profile.last_at), self.zone) != self.day:
            return
        values = (feature.compute(profile, profile.last_at) for feature in NUMBERS)
        self.rows.append([np.nan if value is None else float(value) for value in values])
        if len(self.rows) == PART:
            self.add_up()

    def add_up(self) -> None:
        if self.rows:
            for tally, edges, column in zip(self.tallies, EDGES, np.array(self.rows).T, strict=True):
                tally.add(column, edges)
        self.rows = []


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def gathering(site: Site, at: datetime) -> Gathering:
    """Of the day of the site on which `at` lies."""
    zone = ZoneInfo(site.time_zone)
    return Gathering(day_of(at, zone), zone)


def store(site: Site, gathered: Gathering) -> None:
    """In place of what was counted of this day before. What is older than `KEEP_DAYS` goes."""
    gathered.add_up()
    rows = [
        FeatureDistribution(
            site=site,
            feature=feature.name,
            day=gathered.day,
            visitors=tally.visitors,
            missing=tally.missing,
            mean=tally.total / (tally.visitors - tally.missing) if tally.visitors > tally.missing else None,
            low=feature.low,
            high=feature.high,
            counts=tally.counts.tolist(),
        )
        for feature, tally in zip(NUMBERS, gathered.tallies, strict=True)
        if tally.visitors
    ]
    FeatureDistribution.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["site", "feature", "day"],
        update_fields=["visitors", "missing", "mean", "low", "high", "counts"],
    )
    FeatureDistribution.objects.filter(site=site, day__lt=gathered.day - timedelta(days=KEEP_DAYS)).delete()


@dataclass(frozen=True, slots=True)
class Compared:
    """A feature on the latest day that was counted, and on the same weekday before."""

    feature: Feature
    now: FeatureDistribution
    week: FeatureDistribution | None
    four_weeks: FeatureDistribution | None


def compare(site: Site) -> list[Compared]:
    """In the order of the registry; [] before anything was counted. Two queries."""
    latest = FeatureDistribution.objects.filter(site=site).order_by("-day").values_list("day", flat=True).first()
    if latest is None:
        return []
    days = (latest, latest - WEEK, latest - FOUR_WEEKS)
    found = {(row.feature, row.day): row for row in FeatureDistribution.objects.filter(site=site, day__in=days)}
    return list(_compare_days(found, days))


def _compare_days(
    found: dict[tuple[str, date], FeatureDistribution], days: tuple[date, date, date]
) -> Iterator[Compared]:
    for feature in NUMBERS:
        now, week, four_weeks = (found.get((feature.name, day)) for day in days)
        if now is not None:
            yield Compared(feature, now, week, four_weeks)
