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
        self._totals = _by_metric([*counted.totals, *(row for row in counted.days if row.metric not in with_total)])
        self._days = _by_metric(counted.days)
        self._strata = _by_metric(counted.strata)
        self._groups = _by_metric(counted.groups)

    def totals(self, metric: str) -> ByArm:
        """Of all arms; empty where they cannot be right."""
        found = _by_arm(self._totals[metric])
        sums = {arm: found.get(arm, Sums(n=number)) for arm, number in self._visitors.items()}
        return {arm: Sums() if each.fault else each for arm, each in sums.items()}

    def faults(self, metric: str) -> dict[str, str]:
        """What is wrong with totals, by arm."""
        found = _by_arm(self._totals[metric])
        return {arm: f"{NOT_RIGHT}: {each.fault}." for arm, each in found.items() if each.fault}

    def days(self, metric: str) -> dict[str, ByArm]:
        """In order."""
        return _apart(self._days[metric], "day")

    def strata(self, metric: str) -> dict[str, ByArm]:
        return _apart(self._strata[metric], "value")

    def groups(self, metric: str) -> dict[str, dict[str, ByArm]]:
        """By dimension, then value."""
        rows = self._groups[metric]
        dimensions = sorted({row.dimension for row in rows})
        return {name: _apart([row for row in rows if row.dimension == name], "value") for name in dimensions}


def _by_metric(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.metric].append(row)
    return found


def _apart(rows: Iterable[Row], field: str) -> dict[str, ByArm]:
    """Without sums that cannot be right."""
    parts: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        parts[getattr(row, field)].append(row)
    found = {key: _by_arm(parts[key]) for key in sorted(parts)}
    return {key: {arm: each for arm, each in arms.items() if not each.fault} for key, arms in found.items()}


def _by_arm(rows: Iterable[Row]) -> ByArm:
    found: ByArm = {}
    for row in rows:
        before = found.get(row.arm, Sums())
        # What is no whole number cannot be added, and stays to be told.
        if not before.not_whole:
            found[row.arm] = row.sums if row.sums.not_whole else before + row.sums
    return found
