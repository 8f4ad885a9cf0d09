"""Which sums belong to a metric: of each arm, day, group and stratum? Rows with the same keys are added up; sums that
cannot be right are taken out here, so that nobody reckons with them. Pure."""

from collections import defaultdict
from collections.abc import Iterable

from campaigns.results.inputs import Counted, Row
from campaigns.results.moments import NOT_RIGHT
from campaigns.results.sums import Sums

ByArm = dict[str, Sums]


class Tables:
    """The rows of an experiment. `visitors`, by arm, are the sums of an arm that has no row of a metric."""

    def __init__(self, counted: Counted, visitors: dict[str, int]) -> None:
        self._visitors = visitors
        with_total = {row.metric for row in counted.totals}
        totals = [*counted.totals, *(row for row in counted.days if row.metric not in with_total)]
        self._totals = {metric: _by_arm(rows) for metric, rows in _by(totals, "metric").items()}
        self._days = {metric: _apart(rows, "day") for metric, rows in _by(counted.days, "metric").items()}
        self._strata = {metric: _apart(rows, "value") for metric, rows in _by(counted.strata, "metric").items()}
        self._groups = {
            metric: {dimension: _apart(part, "value") for dimension, part in _by(rows, "dimension").items()}
            for metric, rows in _by(counted.groups, "metric").items()
        }

    def totals(self, metric: str) -> ByArm:
        """Of all arms; empty where they cannot be right."""
        found = self._totals.get(metric, {})
        sums = {arm: found.get(arm, Sums(n=number)) for arm, number in self._visitors.items()}
        return {arm: Sums() if each.fault else each for arm, each in sums.items()}

    def faults(self, metric: str) -> dict[str, str]:
        """What is wrong with totals, by arm."""
        found = self._totals.get(metric, {})
        return {arm: f"{NOT_RIGHT}: {each.fault}." for arm, each in found.items() if each.fault}

    def days(self, metric: str) -> dict[str, ByArm]:
        """In order."""
        return self._days.get(metric, {})

    def strata(self, metric: str) -> dict[str, ByArm]:
        return self._strata.get(metric, {})

    def groups(self, metric: str) -> dict[str, dict[str, ByArm]]:
        """By dimension, then value."""
        return self._groups.get(metric, {})


def _by(rows: Iterable[Row], field: str) -> dict[str, list[Row]]:
    """In the order of the field's values."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[getattr(row, field)].append(row)
    return {key: found[key] for key in sorted(found)}


def _apart(rows: Iterable[Row], field: str) -> dict[str, ByArm]:
    """Without sums that cannot be right."""
    found = {key: _by_arm(part) for key, part in _by(rows, field).items()}
    return {key: {arm: each for arm, each in arms.items() if not each.fault} for key, arms in found.items()}


def _by_arm(rows: Iterable[Row]) -> ByArm:
    found: ByArm = {}
    for row in rows:
        before = found.get(row.arm)
        # What is no whole number cannot be added, and stays to be told.
        if before is None or row.sums.not_whole:
            found[row.arm] = row.sums
        elif not before.not_whole:
            found[row.arm] = before + row.sums
    return found
