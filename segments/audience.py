"""How many visitors does a condition reach?

A visitor counts when the condition holds now, or held at the visitor's latest event: conditions on the session would
otherwise count only who is on the site at this minute. Now is the site's newest event (`population.newest`).
Beyond `most` visitors, or seconds, a uniform sample is counted and scaled up.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from segments import distributions, event_sql, known_values, population, segment_figures, tallies
from segments.attributes import Attributes
from segments.conditions import compile_condition
from segments.conditions.event_rows import Row, questions_in
from segments.conditions.saved import saved_groups
from segments.conditions.shapes import Condition, Values
from segments.event_sql import Asked
from segments.models import Segment, SegmentSize
from segments.models_in_force import models_in_force
from segments.profile import Profile
from segments.spelling import respell
from sites.models import Site
from sites.times import ms_of

MOST_COUNTED = 50_000
MOST_ESTIMATED = 5_000
# Seconds of work, once `LEAST` visitors were looked at: people wait for the answer while they type.
LONGEST_ESTIMATE = 0.25
LEAST = 500
# So many times as long at most: a condition of dear patterns must not hold a process for all who wait behind it.
MOST_PATIENCE = 8
CHUNK = 250  # visitors whose stored events are asked at once
KEEP_SIZES = timedelta(days=90)

Numbers = dict[tuple[str, int], dict[str, float]]  # visitor and moment -> attribute of a row -> its number
Tests = Sequence[tuple[str, Callable[[Values], bool]]]


def tests_of(site: Site) -> Tests:
    live = list(Segment.objects.filter(site=site, archived=False))
    groups = saved_groups(live)
    return [(segment.key, compile_condition(segment.condition, groups)) for segment in live]


def test_of(site: Site, condition: Condition) -> Callable[[Values], bool]:
    """A condition that may build on the site's segments, as in a release."""
    return compile_condition(respell(condition), saved_groups(Segment.objects.filter(site=site, archived=False)))


class Estimate(NamedTuple):
    """Visitors that a condition reaches, of those active in 30 days. `looked_at` is below `active` where a sample was
    counted and scaled up."""

    visitors: int
    active: int
    looked_at: int

    @property
    def is_sample(self) -> bool:
        return self.looked_at < self.active


def estimate_of(site: Site, condition: Condition) -> Estimate:
    """For somebody who waits for the answer. Event rows that nobody counts yet are asked of the stored events."""
    groups = saved_groups(Segment.objects.filter(site=site, archived=False))
    rows = [question.row for question in questions_in(condition, groups)]
    looked_at: list[None] = []
    counts, active = count(
        site,
        [("", test_of(site, condition))],
        MOST_ESTIMATED,
        LONGEST_ESTIMATE,
        seen=lambda profile, keys: looked_at.append(None),
        rows=rows,
    )
    return Estimate(counts[""], active, len(looked_at))


def count(
    site: Site,
    tests: Tests,
    most: int,
    seconds: float = math.inf,
    seen: Callable[[Profile, list[str]], None] = lambda profile, keys: None,
    as_of: datetime | None = None,
    rows: Sequence[Row] = (),
    among: Sequence[str] | None = None,
) -> tuple[dict[str, int], int]:
    """Visitors per test, and active visitors, now or as of a moment. After so many seconds (eight times as many where
    few were looked at) the visitors looked at until then are the sample. `rows`: those whose numbers the tests need, a
    query for each and some hundred visitors whose profiles have not counted it. `among`: the visitors, where
    Postgres is not asked who is active.

    `seen` is called with each profile and the keys of the tests that hold: reading them all is the dear part, so
    whoever needs them looks on.
    """
    as_of = as_of or population.newest(site)
    now = ms_of(as_of)
    people, active = _people(site, as_of, most, among)
    segments, models = tests_of(site), models_in_force(site)
    counts, looked_at = dict.fromkeys((key for key, _ in tests), 0), 0
    began, is_cut = time.monotonic(), False
    for visitor, profile, numbers in _with_numbers(people, rows, now):
        patience = seconds if looked_at >= LEAST else seconds * MOST_PATIENCE
        if looked_at and time.monotonic() - began > patience:
            is_cut = True
            break
        looked_at += 1
        moments = [Attributes(profile, at, segments=segments, models=models) for at in {now, profile.last_at}]
        for moment in moments if numbers else ():
            moment.update(numbers[visitor, moment.now])
        holding = [key for key, holds in tests if any(map(holds, moments))]
        for key in holding:
            counts[key] += 1
        seen(profile, holding)
    scale = active / looked_at if looked_at and (active > most or is_cut) else 1
    return {key: round(number * scale) for key, number in counts.items()}, active


def _people(
    site: Site, as_of: datetime, most: int, among: Sequence[str] | None
) -> tuple[Iterable[tuple[str, Profile]], int]:
    if among is not None:
        return population.profiles_of(among[:most]).items(), len(among)
    visitors = population.active_visitors(site, as_of)
    return population.profiles(visitors, most), visitors.count()


def _with_numbers(
    profiles: Iterable[tuple[str, Profile]], rows: Sequence[Row], now: int
) -> Iterator[tuple[str, Profile, Numbers]]:
    """Each visitor, and what their stored events say of the rows that the profile has not counted; {} without rows."""
    waiting = iter(profiles)
    while chunk := list(islice(waiting, CHUNK)):
        numbers = _numbers(chunk, rows, now) if rows else {}
        yield from ((visitor, profile, numbers) for visitor, profile in chunk)


def _numbers(chunk: Sequence[tuple[str, Profile]], rows: Sequence[Row], now: int) -> Numbers:
    numbers: Numbers = {(visitor, at): {} for visitor, profile in chunk for at in (now, profile.last_at)}
    for row in rows:
        asked = {
            (visitor, at): Asked(visitor, tallies.since_of(row, profile, at))
            for visitor, profile in chunk
            if row.tally not in profile.counted
            for at in (now, profile.last_at)
        }
        for place, number in zip(asked, event_sql.numbers(row, list(asked.values())), strict=True):
            numbers[place][row.name] = number
    return numbers


def measure(site: Site, only: str = "") -> int:
    """Stores the size of each segment, or of the one with the key `only`, as of now; with all of them how features are
    spread over the day's visitors, and which values attributes have. Measuring again without newer events changes
    nothing unless conditions changed. Returns how many sizes are new.
    """
    at = population.newest(site)
    figures = segment_figures.Gathering(ms_of(at))
    if only:
        tests = [(key, holds) for key, holds in tests_of(site) if key == only]
        counts, active = count(site, tests, MOST_COUNTED, seen=figures.add, as_of=at)
    else:
        gathered, values = distributions.gathering(site, at), known_values.Gathering()

        def look(profile: Profile, keys: list[str]) -> None:
            gathered.add(profile)
            values.add(profile)
            figures.add(profile, keys)

        counts, active = count(site, tests_of(site), MOST_COUNTED, seen=look, as_of=at)
        distributions.store(site, gathered)
        known_values.store(site, values, active, at)
    new = _keep(site, at, counts, active, figures.told)
    SegmentSize.objects.filter(segment__site=site, at__lt=at - KEEP_SIZES).delete()
    return new


def measure_day(site: Site, at: datetime, visitors: Sequence[str]) -> None:
    """What stays of a day that is over, of a recording that is brought day by day: sizes of segments, how their
    visitors buy, and how features were spread, while the profiles of these visitors, all that there are until then, are
    what they were at its end."""
    gathered, figures = distributions.gathering(site, at), segment_figures.Gathering(ms_of(at))

    def look(profile: Profile, keys: list[str]) -> None:
        gathered.add(profile)
        figures.add(profile, keys)

    counts, active = count(site, tests_of(site), MOST_COUNTED, seen=look, as_of=at, among=visitors)
    distributions.store(site, gathered)
    _keep(site, at, counts, active, figures.told)


def _keep(
    site: Site, at: datetime, counts: dict[str, int], active: int, figures: Callable[[str], dict[str, Any]]
) -> int:
    live = {segment.key: segment for segment in Segment.objects.filter(site=site, archived=False)}
    sizes = [
        SegmentSize(segment=live[key], at=at, visitors=visitors, active=active, figures=figures(key))
        for key, visitors in counts.items()
    ]
    before = SegmentSize.objects.filter(segment__in=[size.segment for size in sizes], at=at).count()
    SegmentSize.objects.bulk_create(
        sizes, update_conflicts=True, unique_fields=["segment", "at"], update_fields=["visitors", "active", "figures"]
    )
    older = SegmentSize.objects.filter(segment__site=site, segment__key__in=counts, at__lt=at)
    older.exclude(figures={}).update(figures={})  # the trend needs their sizes only
    return len(sizes) - before
