"""How sure is an evaluation, and why not surer? In words for marketers, with the reasons not to conclude. Pure."""

from collections.abc import Callable
from typing import NamedTuple

from campaigns.ope.estimates import Evaluation

LEAST_EFFECTIVE = 200  # decisions
LEAST_REWARDED = 10
LEAST_VISITORS = 50  # below, errors by visitor are too small
MOST_UNSUPPORTED = 0.05
MOST_LEFT_OUT = 0.05
FAR_OFF = 3.0  # standard errors by which the mean weight is off
MARKEDLY_OFF = 0.1  # and by at least so much: over millions a trifle is no chance either
HEAVY = 10.0  # a decision that weighs more is told


class Reason(NamedTuple):
    """Not to conclude."""

    code: str
    sentence: str


def reasons_against(found: Evaluation) -> list[Reason]:
    """Why nothing should be concluded: empty where something may be."""
    left_out = sum(found.left_out.values())
    off = abs(found.mean_weight.value - 1)
    tests = {
        "few_decisions": found.effective < LEAST_EFFECTIVE,
        "few_rewards": found.rewarded < LEAST_REWARDED,
        "few_visitors": found.visitors < LEAST_VISITORS,
        "thin_support": found.unsupported > MOST_UNSUPPORTED,
        "weights_off": off > MARKEDLY_OFF and off > FAR_OFF * (found.mean_weight.error or 0.0),
        "much_left_out": left_out > MOST_LEFT_OUT * (found.decisions + left_out),
    }
    return [Reason(code, _sentence(code, found)) for code, holds in tests.items() if holds]


def told(found: Evaluation, say: Callable[[float], str]) -> list[str]:
    """Sentences, the result first. `say` tells a value in its unit, as a rate or an amount."""
    against = reasons_against(found)
    first = ["No conclusion.", *(each.sentence for each in against)] if against else _result(found, say)
    return [*first, *_why_not_surer(found, say), *_left_out(found)]


def _sentence(code: str, found: Evaluation) -> str:
    sentences = {
        "few_decisions": "What was live seldom did what the draft would do: its {decisions} decisions tell as much as"
        f" {{effective}} of the draft's own would, and it takes {LEAST_EFFECTIVE}.",
        "few_rewards": "Too few of the decisions that tell about the draft were rewarded: as good as {rewarded}, and it"
        f" takes {LEAST_REWARDED}.",
        "few_visitors": "All decisions are of {visitors} visitors. What one visitor does goes together, and it takes"
        f" {LEAST_VISITORS} visitors to know how much they differ.",
        "thin_support": "{unsupported} of what the draft would show was shown hardly ever, or never. What it would"
        " bring nobody has seen.",
        "weights_off": "The weights of the decisions should average 1, and average {mean_weight}: either the draft does"
        " to some visitors what was never done to them, or the noted chances are not those that held.",
        "much_left_out": "{left_out} decisions had to be left out, and they may differ from the others.",
    }
    return sentences[code].format(
        decisions=_number(found.decisions),
        effective=_number(found.effective),
        rewarded=_number(found.rewarded),
        visitors=_number(found.visitors),
        unsupported=f"{found.unsupported:.0%}",
        mean_weight=f"{found.mean_weight.value:.2f}",
        left_out=_number(sum(found.left_out.values())),
    )


def _result(found: Evaluation, say: Callable[[float], str]) -> list[str]:
    best, gain = found.estimates[found.best], found.gain
    means = f"The draft would have brought about {say(best.value)} a decision; what was live brought"
    sentences = [f"{means} {say(found.live.value)}."]
    if best.low is None or best.high is None or gain.low is None or gain.high is None:
        return sentences
    sentences.append(f"With 95 % confidence the draft lies between {say(best.low)} and {say(best.high)}.")
    if gain.low > 0:
        return [*sentences, f"It would have been better, by {say(gain.low)} at least."]
    if gain.high < 0:
        return [*sentences, f"It would have been worse, by {say(-gain.high)} at least."]
    return [*sentences, "Whether it is better or worse cannot be told yet: the difference may be chance."]


def _why_not_surer(found: Evaluation, say: Callable[[float], str]) -> list[str]:
    sentences = []
    if found.effective < 0.5 * found.decisions:
        sentences.append(
            f"Why not surer: the draft often differs from what was live, so that {_number(found.decisions)} decisions"
            f" tell as much as {_number(found.effective)} of its own. A test on some visitors tells more, sooner."
        )
    if found.largest_weight > HEAVY:
        sentences.append(
            f"The heaviest decision counts for {_number(found.largest_weight)}: where the draft does often what was"
            " done rarely, single visitors weigh much."
        )
    if found.clip_bias is not None:
        sentences.append(
            f"Cutting off large weights moves the estimate by {say(found.clip_bias)}. That is an error, and no gain in"
            " certainty: the cut estimate has no interval."
        )
    return sentences


def _left_out(found: Evaluation) -> list[str]:
    return [f"Left out, {reason}: {_number(count)}." for reason, count in sorted(found.left_out.items())]


def _number(count: float) -> str:
    return f"{count:,.0f}"
