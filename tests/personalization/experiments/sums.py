"""A made-up experiment as its sums, and the visitors that they are of: what pages and reports are tested with."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from campaigns.models import AdVariant, Arm, Metric, Phase, Treatment
from personalization.models import OutcomeSum, UnitSum
from tests.goals import make_goal

NOW = datetime(2026, 5, 28, 12, tzinfo=UTC)
DEVICES = ("mobile", "desktop")


@dataclass
class Visitors:
    """One entry each."""

    arm: np.ndarray  # 0, 1
    day: np.ndarray  # since the first
    device: np.ndarray  # place in DEVICES
    clicks: np.ndarray
    value: np.ndarray  # minor units
    before: np.ndarray  # minor units, of the weeks before


def visitors(number=8_000, lift=0.15, days=14, seed=3) -> Visitors:
    rng = np.random.default_rng(seed)
    arm = rng.integers(0, 2, number)
    buys = rng.random(number) < 0.2 * np.where(arm, 1 + lift, 1)
    worth = rng.lognormal(8, 0.4, number).astype(int)
    before = np.where(rng.random(number) < 0.3, worth // 2, 0)
    clicks = rng.binomial(3, 0.2 * np.where(arm, 1 + lift, 1))
    day, device = rng.integers(0, days, number), rng.integers(0, 2, number)
    return Visitors(arm, day, device, clicks, np.where(buys, worth + before, 0), before)


def experiment(site, now=NOW, days=14, creatives=(), **fields) -> Treatment:
    """Of two creatives, new ones if none are named, with clicks, buyers and revenue."""
    creatives = creatives or [
        AdVariant.objects.create(site=site, key=key, name=key.title(), headline=key) for key in ("plain", "bold")
    ]
    row = Treatment.objects.create(site=site, **{"key": "hero-words", "name": "Words of the hero"} | fields)
    for key, variant in zip("ab", creatives, strict=True):
        Arm.objects.create(treatment=row, key=key, variant=variant, weight=50)
    arms = [[arm.key, arm.variant_id, arm.weight] for arm in row.arms.all()]
    begun = now - timedelta(days=days)
    Phase.objects.create(treatment=row, number=1, begun_at=begun, coverage=100, arms=arms, seed=row.seed)
    goal = make_goal(site)
    Metric.objects.create(treatment=row, goal=goal, kind="rate", role="primary")
    Metric.objects.create(treatment=row, goal=None, kind="count")
    Metric.objects.create(treatment=row, goal=goal, kind="value", role="guardrail")
    return row


def store(row: Treatment, of: Visitors, now=NOW, days=14, phase=1) -> None:
    """Their sums, by day and by device."""
    goal = row.metrics.exclude(goal=None).first().goal_id
    first = (now - timedelta(days=days)).date()
    units, outcomes = [], []
    for arm in (0, 1):
        for day in range(days):
            here = (of.arm == arm) & (of.day == day)
            parts = [("", "", here)]
            parts += [("device", name, here & (of.device == place)) for place, name in enumerate(DEVICES)]
            for dimension, value, who in parts:
                spot = {"treatment_id": row.pk, "phase": phase, "arm": "ab"[arm], "dimension": dimension}
                spot |= {"day": first + timedelta(days=day), "value": value}
                units.append(UnitSum(**spot, units=int(who.sum())))
                outcomes.append(OutcomeSum(**spot, goal_id=0, **_clicks(of, who)))
                outcomes.append(OutcomeSum(**spot, goal_id=goal, **_worth(of, who)))
    UnitSum.objects.bulk_create(units)
    OutcomeSum.objects.bulk_create(outcomes)


def _clicks(of: Visitors, who: np.ndarray) -> dict[str, int]:
    n = of.clicks[who]
    return {"reached": int((n > 0).sum()), "n": int(n.sum()), "nn": int(n @ n)}


def _worth(of: Visitors, who: np.ndarray) -> dict[str, int]:
    v, before = of.value[who], of.before[who]
    n, earlier = (v > 0).astype(int), (before > 0).astype(int)
    return {
        "reached": int(n.sum()),
        "n": int(n.sum()),
        "nn": int(n.sum()),
        "v": int(v.sum()),
        "vv": int(v @ v),
        "nv": int(v.sum()),
        "before_n": int(earlier.sum()),
        "before_nn": int(earlier.sum()),
        "before_v": int(before.sum()),
        "before_vv": int(before @ before),
        "reached_before_n": int(n @ earlier),
        "n_before_n": int(n @ earlier),
        "v_before_v": int(v @ before),
    }
