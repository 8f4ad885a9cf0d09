"""What would a policy have brought, how sure is that, and what does it stand on? As data that can be kept."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np

from campaigns.models import Treatment
from campaigns.ope import Estimate, Evaluation, cross_fit, evaluate
from campaigns.ope.words import reasons_against, told
from personalization.off_policy.logged import VALUE, Logged, Progress, read
from personalization.off_policy.targets import BANDIT, fixed, replay, rows_of, settings_of
from personalization.off_policy.wording import say

SEED = 1  # of the folds: the same decisions give the same numbers
MOST_CLUSTERS = 20  # that the model of the rewards knows
SURE = 1 - 1e-9  # a chance from which on nothing was drawn
NO_DECISIONS = "Nobody took part in it in this time. Choose a longer one, or come back when it runs."


def evaluation_of(
    treatment: Treatment, target: dict[str, Any], reward: str, since: datetime, until: datetime, progress: Progress
) -> dict[str, Any]:
    """Of the decisions that `treatment` drew for. Expects a target without faults. Raises ValueError, in words, where
    nothing can be said at all."""
    arms = [arm.key for arm in treatment.arms.order_by("id")]
    log = read(treatment.site_id, treatment.pk, arms, reward, since, until, lambda share: progress(0.8 * share))
    if not len(log.at):
        raise ValueError(NO_DECISIONS)
    chances = _chances(treatment, target, reward, arms, log)
    progress(0.9)
    q = cross_fit(log.log, _features(log.cluster), len(log.arms), seed=SEED)
    found = evaluate(log.log, chances, q)
    without_lot, nothing = _unsupported(log, chances)
    found = replace(found, unsupported=max(found.unsupported, nothing))
    return _told(found, reward, treatment.site.currency) | {"without_lot": without_lot, "arms": _arms(log, chances)}


def _chances(treatment: Treatment, target: dict[str, Any], reward: str, arms: list[str], log: Logged) -> np.ndarray:
    if target["kind"] != BANDIT:
        return fixed(target, log.arms, len(log.at))
    settings = settings_of(target, counts_worth=reward == VALUE)
    rows = rows_of(log.arms, log.at, log.cluster, log.log.action, log.log.reward, log.rewarded_at)
    return replay(arms, len(log.arms), rows, settings, log.at, log.cluster)


def _features(cluster: np.ndarray) -> np.ndarray | None:
    """A column for each of the largest clusters."""
    names, counts = np.unique(cluster, return_counts=True)
    if len(names) < 2:
        return None
    largest = names[np.argsort(-counts, kind="stable")[:MOST_CLUSTERS]]
    return (cluster[:, None] == largest[None, :]).astype(np.float64)


def _unsupported(log: Logged, chances: np.ndarray) -> tuple[float, float]:
    """The share of decisions that had no lot, and the share of what the policy would do that the log can say nothing
    of: there, something else than what was shown; and an arm before it was first shown, or after the last time."""
    n, sole = len(log.at), log.log.propensity >= SURE
    nothing = 0.0
    for place in range(len(log.arms)):
        taken = log.log.action == place
        moments = log.at[taken]
        gone = (log.at < moments.min()) | (log.at > moments.max()) if len(moments) else np.ones(n, bool)
        nothing += float(chances[(sole & ~taken) | gone, place].sum())
    return float(sole.mean()), nothing / n


def _arms(log: Logged, chances: np.ndarray) -> list[dict[str, Any]]:
    """What was shown, and what the policy would have shown."""
    n, would = len(log.at), chances.mean(axis=0)
    counts = np.bincount(log.log.action, minlength=len(log.arms))
    return [
        {"arm": arm, "decisions": int(counts[place]), "share": float(counts[place] / n), "would": float(would[place])}
        for place, arm in enumerate(log.arms)
    ]


def _told(found: Evaluation, reward: str, currency: str) -> dict[str, Any]:
    against = reasons_against(found)
    return {
        "live": _plain(found.live),
        "estimates": {name: _plain(each) for name, each in found.estimates.items()},
        "best": found.best,
        "gain": _plain(found.gain),
        "decisions": found.decisions,
        "visitors": found.visitors,
        "effective": found.effective,
        "rewarded": found.rewarded,
        "largest_weight": found.largest_weight,
        "mean_weight": _plain(found.mean_weight),
        "unsupported": found.unsupported,
        "left_out": found.left_out,
        "verdict": verdict_of(found) if not against else "none",
        "against": [each.code for each in against],
        "words": told(found, partial(say, reward=reward, currency=currency)),
    }


def verdict_of(found: Evaluation) -> str:
    if found.gain.low is not None and found.gain.low > 0:
        return "better"
    return "worse" if found.gain.high is not None and found.gain.high < 0 else "unclear"


def _plain(one: Estimate) -> dict[str, float | None]:
    return {"value": one.value, "error": one.error, "low": one.low, "high": one.high}
