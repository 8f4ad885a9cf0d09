"""How is an answer drawn? Each estimate beside the live value, on one scale; what was shown, and would have been.
Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from campaigns.ope.estimates import ORDER
from personalization.off_policy.wording import say

LIVE = "Live"
SENTENCES = {
    "IPW": "Each decision weighs by how much more often the policy would have done the same.",
    "SNIPW": "The same, by the sum of the weights: steadier.",
    "DM": "What a simple model of the rewards expects, and nothing else: as wrong as the model is.",
    "DR": "The model, corrected by the weighted mean of its errors.",
    "Switch-DR": "DR without the corrections that weigh most.",
}


class Line(NamedTuple):
    """`low` and `high` are the value where there is no interval, and `between` is empty."""

    name: str
    sentence: str
    is_best: bool
    value: float
    low: float
    high: float
    told: str
    between: str


def lines_of(result: Mapping[str, Any], reward: str, currency: str, names: Mapping[str, str]) -> dict[str, Any]:
    """For the template: `lines`, what was live first, and then the estimate to go by; `top`, the end of their scale."""
    best, estimates = result["best"], result["estimates"]
    lines = [_line(LIVE, "What was live.", result["live"], reward, currency)]
    # As they are stored, they have no order.
    for name in sorted(estimates, key=lambda name: (name != best, ORDER.index(name))):
        line = _line(name, SENTENCES.get(name, ""), estimates[name], reward, currency)
        lines.append(line._replace(is_best=name == best and result["verdict"] != "none"))
    arms = [{**arm, "name": names.get(arm["arm"], arm["arm"])} for arm in result["arms"]]
    top = max(max(line.high, line.value) for line in lines)
    return {"lines": lines, "top": top, "shown": arms, "per": PER[reward]}


PER = {"click": "clicks a decision", "conversion": "goals reached a decision", "value": "worth of goals a decision"}


def _line(name: str, sentence: str, estimate: Mapping[str, float | None], reward: str, currency: str) -> Line:
    value = estimate["value"] or 0.0
    low, high = estimate["low"], estimate["high"]
    if low is None or high is None:
        return Line(name, sentence, False, value, value, value, say(value, reward, currency), "")
    between = f"{say(low, reward, currency)} to {say(high, reward, currency)}"
    return Line(name, sentence, False, value, low, high, say(value, reward, currency), between)
