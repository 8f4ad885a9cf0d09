"""How many visitors does a test need, how many days is that, and how small an effect could it find?

Of a two-sided test on the difference of two means with their own variances, by the normal distribution. An arm's
variance is control's, but for shares, where the mean tells it. A test that is watched with the always-valid interval
must wait until the effect is as many standard errors away as that interval reaches: that takes more visitors at a
fixed end (`always_visitors`), in exchange for stopping as soon as the effect is clear. Pure.
"""

from collections.abc import Callable
from math import ceil, inf, sqrt

import msgspec

from campaigns.results.distributions import normal_below, normal_quantile
from campaigns.results.effects import Effect
from campaigns.results.intervals import ALPHA, reach
from campaigns.results.metrics import Kind, Metric
from campaigns.results.moments import Moments
from campaigns.results.wording import change, days, percent

POWER = 0.8
WEEK = 7
MOST_VISITORS = 10**12
MOST_LIFT = 1_000.0


class Setting(msgspec.Struct, frozen=True):
    """What a metric is like without the experiment, and how the traffic is divided."""

    mean: float
    variance: float  # per visitor; of a ratio that of `moments.moments`
    is_share: bool = False
    control: float = 0.5  # part of the visitors in control
    arm: float = 0.5  # part of them in the (smallest) arm
    alpha: float = ALPHA
    power: float = POWER


class Duration(msgspec.Struct, frozen=True):
    """How long a test takes that finds `lift`. None: it cannot be told, and the sentence says why."""

    lift: float
    visitors: int | None  # of all arms, for one look at the end
    always_visitors: int | None  # watched with the always-valid interval
    days: int | None  # whole weeks, at least one
    always_days: int | None
    sentence: str


def setting(metric: Metric, of: Moments, shares: tuple[float, float] = (0.5, 0.5)) -> Setting:
    """Of what was measured, in the past or of control; `shares` are those of control and of the smallest arm."""
    return Setting(of.mean, of.variance, metric.kind is Kind.PROPORTION, *shares)


def power(of: Setting, lift: float, visitors: float) -> float:
    """The chance that one look after so many visitors finds this lift, in either direction."""
    distance, z = _distance(of, lift, visitors), normal_quantile(1 - of.alpha / 2)
    return normal_below(distance - z) + normal_below(-distance - z)


def visitors_needed(of: Setting, lift: float) -> int | None:
    """Of all arms, for one look. None where no number is enough."""
    if lack(of, lift):
        return None
    return _least_whole(lambda visitors: power(of, lift, visitors) >= of.power)


def always_visitors_needed(of: Setting, lift: float) -> int | None:
    """Of all arms, until the always-valid interval leaves zero out with the wanted power. None as above."""
    if lack(of, lift):
        return None
    pair, z = of.control + of.arm, normal_quantile(of.power)
    return _least_whole(
        lambda visitors: _distance(of, lift, visitors) >= reach(max(int(visitors * pair), 1), of.alpha) + z
    )


def least_lift(of: Setting, visitors: int) -> float | None:
    """The smallest lift that one look after so many visitors finds with the wanted power. None where none is."""
    if of.mean <= 0 or of.variance <= 0 or visitors < 2:
        return None
    most = 1 / of.mean - 1 if of.is_share else MOST_LIFT
    if most <= 0 or power(of, most, visitors) < of.power:
        return None
    low, high = 0.0, most
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (low, middle) if power(of, middle, visitors) >= of.power else (middle, high)
    return high


def days_until_clear(of: Effect, days_running: int) -> int | None:
    """After how many more days the always-valid interval leaves zero out, should effect and traffic stay as they are; 0
    where it does. None where it cannot be told."""
    if of.value == 0 or days_running <= 0:
        return None
    distance = abs(of.value) / of.se
    if distance >= reach(of.n, of.alpha):
        return 0
    visitors = _least_whole(lambda n: distance * sqrt(n / of.n) >= reach(max(int(n), 1), of.alpha))
    return None if visitors is None else max(ceil(days_running * (visitors / of.n - 1)), 1)


def duration(of: Setting, lift: float, visitors_per_day: float) -> Duration:
    """`visitors_per_day` enter the test, all arms together."""
    if reason := lack(of, lift) or _lack_of_traffic(visitors_per_day):
        return Duration(lift, visitors_needed(of, lift), always_visitors_needed(of, lift), None, None, reason)
    once, always = visitors_needed(of, lift), always_visitors_needed(of, lift)
    if once is None or always is None:
        return Duration(lift, once, always, None, None, "No number of visitors is enough for that.")
    needed, longest = weeks(once / visitors_per_day), weeks(always / visitors_per_day)
    sentence = (
        f"To find {change(lift)} with a chance of {percent(of.power)}, about {once:,} visitors are needed:"
        f" {days(needed)} at {visitors_per_day:,.0f} a day. Watched from the first day on, with the interval that"
        f" allows it, it may be over earlier, and takes at most about {days(longest)}."
    )
    return Duration(lift, once, always, needed, longest, sentence)


def weeks(number_of_days: float) -> int:
    """Days, rounded up to whole weeks: people behave otherwise on Sundays."""
    return max(ceil(number_of_days / WEEK), 1) * WEEK


def lack(of: Setting, lift: float) -> str:
    """Why no number of visitors can be told; "" where it can."""
    if not 0 < of.mean < inf:
        return "The metric has no mean above 0 yet, so an effect in per cent of it cannot be planned."
    if not 0 < of.variance < inf:
        return "The metric is the same for all visitors so far, so it cannot be told how much it varies."
    if not (abs(lift) > 0 and of.control > 0 and of.arm > 0):
        return "An effect and two arms with traffic are needed to plan with."
    if of.is_share and not 0 <= of.mean * (1 + lift) <= 1:
        return f"{change(lift)} of {percent(of.mean)} would be more than all visitors."
    return ""


def _lack_of_traffic(visitors_per_day: float) -> str:
    return "" if 0 < visitors_per_day < inf else "Nobody arrives, so it cannot be told how long it would take."


def _distance(of: Setting, lift: float, visitors: float) -> float:
    """Of the effect from zero, in standard errors."""
    variance_of_arm = of.variance
    if of.is_share:
        changed = of.mean * (1 + lift)
        variance_of_arm = max(changed * (1 - changed), 0.0)
    per_visitor = of.variance / of.control + variance_of_arm / of.arm
    return abs(lift) * of.mean / sqrt(per_visitor / visitors)


def _least_whole(is_enough: Callable[[float], bool]) -> int | None:
    """The smallest whole number of visitors that is enough; what is enough stays so for more."""
    high = 2
    while not is_enough(high):
        high *= 2
        if high > MOST_VISITORS:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high
