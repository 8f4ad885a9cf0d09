"""Can the result of an experiment be trusted? Badges, each with what was found."""

from datetime import date
from typing import NamedTuple

from campaigns.models import Treatment
from campaigns.results.mismatch import Level
from campaigns.results.report import Report
from personalization.experiments.reading import Read
from sites.units import duration
from tracking.freshness import Freshness

GOOD, WARN, BAD = "good", "warn", "bad"
STYLES = {Level.FINE: GOOD, Level.DOUBTFUL: WARN, Level.BROKEN: BAD}
WORDS = {Level.FINE: "Divided as configured", Level.DOUBTFUL: "Division doubtful", Level.BROKEN: "Wrongly divided"}
LATE_SECONDS = 60


class Badge(NamedTuple):
    style: str
    title: str
    words: str


def badges(treatment: Treatment, told: Read, report: Report, fresh: Freshness, today: date) -> list[Badge]:
    return [_division(treatment, report), _crossover(report), _exposure(told, today), _freshness(fresh)]


def _division(treatment: Treatment, report: Report) -> Badge:
    split = report.mismatch
    if treatment.kind == Treatment.Kind.BANDIT:
        return Badge("", "Division", "Shares follow the results, so there is no fixed one to check.")
    if split.p is None:
        return Badge("", "Division not known yet", split.sentence)
    return Badge(STYLES[split.level], WORDS[split.level], f"{split.sentence} {report.cause}".strip())


def _crossover(report: Report) -> Badge:
    crossed = report.crossover
    title = "Seen in several arms" if crossed.is_alarm else "Visitors keep their arm"
    return Badge(BAD if crossed.is_alarm else GOOD, title, crossed.sentence)


def _exposure(told: Read, today: date) -> Badge:
    if not told.visitors:
        return Badge(WARN, "Nobody yet", "Nobody has taken part since it was published.")
    last = max(day for day, count in told.by_day.items() if count)
    back = (today - last).days
    if back <= 1:
        count = told.by_day[last]
        when = "today" if back == 0 else "yesterday"
        return Badge(GOOD, "Visitors arrive", f"{count:,} took part first {when}, {told.visitors:,} in all.")
    return Badge(WARN, "Nobody new", f"The last new visitor came {back} days ago. Does its rule still run?")


def _freshness(fresh: Freshness) -> Badge:
    if not fresh.reachable:
        return Badge(WARN, "Freshness not known", "The log does not answer: what arrived lately may be missing.")
    if fresh.seconds > LATE_SECONDS:
        behind = duration(fresh.seconds)
        return Badge(WARN, "Behind", f"What happened in the last {behind} is not counted yet.")
    return Badge(GOOD, "Up to date", "What visitors did is counted within a minute.")
