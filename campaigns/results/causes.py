"""If visitors are not divided as configured, where does it come from? Looked for by browser, bot, referral, day.

Each value of each dimension is asked whether its own visitors are divided as configured (chi-squared, Bonferroni over
all that are asked, as so many questions find something by chance). A value is a cause where its visitors are not, and
a whole explanation where those that remain without it are. Pure.
"""

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from campaigns.results.mismatch import BROKEN_BELOW, farthest, fit
from campaigns.results.wording import listed, percent

MOST = 3  # causes that are told
DAY = "day"  # the dimension of days of first exposure


class Count(msgspec.Struct, frozen=True):
    """Visitors of an arm with one value of a dimension: ("browser", "Safari", "b", 812)."""

    dimension: str
    value: str
    arm: str
    visitors: int


class Cause(msgspec.Struct, frozen=True):
    dimension: str
    value: str
    visitors: int
    arm: str
    deviation: float  # of that arm among these visitors, in parts of what was expected
    p: float  # corrected for how many values were looked at
    p_without: float | None  # of all other visitors: from BROKEN_BELOW up they are divided as configured
    sentence: str

    @property
    def explains_all(self) -> bool:
        return self.p_without is not None and self.p_without >= BROKEN_BELOW


def find(counts: Iterable[Count], weights: dict[str, float], names: dict[str, str] | None = None) -> list[Cause]:
    """The likeliest first, at most MOST; none where no value stands out. Each dimension holds all visitors, so that
    those without a value are its rest; weights are as in `mismatch.Phase`, of the whole time."""
    table: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for count in counts:
        arms = table[count.dimension][count.value]
        arms[count.arm] = arms.get(count.arm, 0) + count.visitors
    asked = [
        (found.p, -found.statistic, dimension, value)
        for dimension, values in table.items()
        for value, visitors in values.items()
        if (found := fit(visitors, weights)).p is not None
    ]
    causes = []
    for p, _, dimension, value in sorted(asked)[:MOST]:
        corrected = min(p * len(asked), 1.0)
        if corrected < BROKEN_BELOW:
            causes.append(_cause(dimension, value, table[dimension], weights, corrected, names or {}))
    return sorted(causes, key=lambda cause: not cause.explains_all)


def summary(causes: list[Cause], dimensions: Iterable[str]) -> str:
    """What to say below a mismatch."""
    if causes:
        return " ".join(cause.sentence for cause in causes)
    looked = listed(sorted(set(dimensions)))
    if not looked:
        return "Nothing is known of the visitors by which a cause could be looked for."
    return (
        f"No value of {looked} stands out, so the cause lies where all visitors pass: a redirect in one arm alone, a"
        " page that fails before the exposure is counted, or weights that were changed without a new phase."
    )


def _cause(
    dimension: str,
    value: str,
    values: dict[str, dict[str, int]],
    weights: dict[str, float],
    p: float,
    names: dict[str, str],
) -> Cause:
    visitors = values[value]
    rest: dict[str, int] = defaultdict(int)
    for other, arms in values.items():
        if other != value:
            for arm, number in arms.items():
                rest[arm] += number
    p_without = fit(dict(rest), weights).p
    arm, deviation = farthest(visitors, weights)
    few = "fewer" if deviation < 0 else "more"
    text = (
        f"Among the {sum(visitors.values()):,} visitors whose {dimension} is “{value}”, {names.get(arm, arm)} has"
        f" {percent(abs(deviation))} {few} than configured"
    )
    if p_without is not None and p_without >= BROKEN_BELOW:
        text += "; without them the division is as configured"
    return Cause(dimension, value, sum(visitors.values()), arm, deviation, p, p_without, f"{text}.")
