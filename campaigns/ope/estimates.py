"""What is the value of a policy, by decisions of another, and how far can that be trusted? Pure.

With w = pi(a|x) / p(a|x), and a model q(x, a) of the reward:

    IPW = mean(w r)                     right on average; one decision with a large weight may move it far
    SNIPW = sum(w r) / sum(w)           steadier, for what chance does to the weights cancels
    DM = mean(sum_a pi(a|x) q(x, a))    the model alone: as wrong as the model is, and nobody sees it
    DR = DM + mean(w (r - q(x, a)))     right if either the chances or the model are
    Switch-DR: DR without the second term where w > tau

IPW, SNIPW and DR have intervals. The others have none: what the model gets wrong, or a bound on the weights cuts
off, is a bias, and an interval around it says nothing of it. A clip is shown by what it takes off.

References
----------
A. B. Owen, "Monte Carlo theory, methods and examples" (2013), chapter 9: effective sample size, self-normalised
weights. M. Dudik, J. Langford, L. Li, "Doubly robust policy evaluation and learning", ICML 2011. Y.-X. Wang, A.
Agarwal, M. Dudik, "Optimal and adaptive off-policy evaluation in contextual bandits", ICML 2017: Switch.
"""

from dataclasses import dataclass, field

import numpy as np

from campaigns.ope.errors import Estimate, Means
from campaigns.ope.log import Log, refuse_wrong, sound

TAU = 10.0  # of Switch-DR
CLIPPED = "clipped IPW"
ORDER = ("IPW", "SNIPW", "DM", "DR", "Switch-DR", CLIPPED)
RARE = 10  # so seldom taken, an action is hardly known


@dataclass(frozen=True)
class Evaluation:
    """`estimates` by name, in the order of the list above; "best" is the one to go by."""

    live: Estimate  # of the policy that was live: the mean reward
    estimates: dict[str, Estimate]
    best: str
    gain: Estimate  # best less live, on the same decisions, whose chance they share
    decisions: int
    visitors: int
    effective: float  # as many decisions of the policy's own would tell as much: ESS
    rewarded: float  # the same, of decisions that were rewarded
    largest_weight: float
    mean_weight: Estimate  # 1, but for chance; else the log's chances are wrong, or it never does what the policy would
    unsupported: float  # share of what the policy would do that the log has not, or hardly, done
    left_out: dict[str, int] = field(default_factory=dict)  # decisions by reason
    clip_bias: float | None = None  # by which "clipped IPW" differs from IPW


def evaluate(
    log: Log, target: np.ndarray, q: np.ndarray | None = None, *, tau: float = TAU, clip: float | None = None
) -> Evaluation:
    """`target` are the chances by which the policy in question takes each action, shape (n, n_actions), and `q` the
    rewards that a model expects of them, of the same shape, fitted on other decisions (`cross_fit`). Raises ValueError
    for chances that are none, and where no decision can be evaluated."""
    is_sound, left_out = sound(log, target.shape[1])
    if left_out:
        log, target, q = log.where(is_sound), target[is_sound], None if q is None else q[is_sound]
    n = len(log.action)
    if not n:
        raise ValueError(f"no decision can be evaluated: {left_out}")
    refuse_wrong(target)
    weight, columns, biased = _terms(log, target, q, tau, clip)
    means = Means(columns, log.visitor)
    live, mean_weight = means.of({"live": 1.0}), means.of({"weight": 1.0})
    found = {name: means.of({name: 1.0}) for name in columns if name in ORDER}
    value, combination = _self_normalised(found["IPW"].value, mean_weight.value)
    found["SNIPW"] = means.of(combination)._replace(value=value)
    found |= {name: Estimate(float(each.mean())) for name, each in biased.items()}
    best = "SNIPW" if q is None else "DR"
    gain = means.of((combination if q is None else {"DR": 1.0}) | {"live": -1.0})
    return Evaluation(
        live=live,
        estimates={name: found[name] for name in ORDER if name in found},
        best=best,
        gain=gain._replace(value=found[best].value - live.value),
        decisions=n,
        visitors=means.visitors,
        effective=effective(weight),
        rewarded=effective(columns["IPW"]),
        largest_weight=float(weight.max()),
        mean_weight=mean_weight,
        unsupported=_unsupported(log.action, target),
        left_out=left_out,
        clip_bias=None if clip is None else found[CLIPPED].value - found["IPW"].value,
    )


def _terms(
    log: Log, target: np.ndarray, q: np.ndarray | None, tau: float, clip: float | None
) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The weights; by name, what each decision adds to a mean that has an error; and to one that has a bias."""
    rows = np.arange(len(log.action))
    weight = target[rows, log.action] / log.propensity
    columns = {"live": log.reward, "weight": weight, "IPW": weight * log.reward}
    biased = {}
    if q is not None:
        model = np.einsum("na,na->n", target, q)
        corrected = weight * (log.reward - q[rows, log.action])
        columns["DR"] = model + corrected
        biased = {"DM": model, "Switch-DR": model + np.where(weight > tau, 0.0, corrected)}
    if clip is not None:
        biased[CLIPPED] = np.minimum(weight, clip) * log.reward
    return weight, columns, biased


def effective(weight: np.ndarray) -> float:
    """(sum w)^2 / sum w^2; 0 where there is nothing."""
    squares = float(weight @ weight)
    return float(np.abs(weight).sum()) ** 2 / squares if squares else 0.0


def _self_normalised(weighed: float, weight: float) -> tuple[float, dict[str, float]]:
    """SNIPW, from both means, and the combination that deviates from its mean as SNIPW does (the delta method)."""
    if not weight:
        return 0.0, {"IPW": 0.0}
    value = weighed / weight
    return value, {"IPW": 1 / weight, "weight": -value / weight}


def _unsupported(action: np.ndarray, target: np.ndarray) -> float:
    is_rare = np.bincount(action, minlength=target.shape[1]) < RARE
    return float(target[:, is_rare].sum() / len(target)) if is_rare.any() else 0.0
