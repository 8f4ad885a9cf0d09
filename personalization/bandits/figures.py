"""What has a bandit learned, how sure is it, and what is it worth? From its rows and batches, for its page."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from django.db.models import Max, Min, Sum

from campaigns import kept_releases
from campaigns.bandits import COUNT, POLICIES, Settings, Tally
from campaigns.bandits.control import LEAST_REWARDS, LEAST_TRIALS, Side, Worth, worth
from campaigns.bandits.state import NO_CLUSTER
from campaigns.bandits.thompson import means, rates
from campaigns.bandits.winning import Beta, Normal, chances_to_win
from campaigns.models import Arm, Treatment
from campaigns.treatments.weights import CLUSTER
from personalization.bandits import batches
from personalization.bandits.tables import Batch, Trial
from sites.models import Site

SURE = 0.95  # from this chance on, the leading arm is taken for the best
WAITING, EXPLORING, LEARNING, SETTLED = "waiting", "exploring", "learning", "settled"
MOST_BATCHES = 60  # in the picture of its shares: the latest, and every so many before


class Standing(NamedTuple):
    """Of one arm: what was counted, and what the latest batch believed."""

    key: str
    name: str
    variant_key: str
    trials: int
    rewards: int
    total: float
    share: float | None  # of the latest batch; None before the first, and for an arm that it does not know
    chance: float | None  # to be the best
    value: float | None  # reward per decision
    low: float = 0.0
    high: float = 0.0


class Stage(NamedTuple):
    name: str
    title: str
    words: str


class Slice(NamedTuple):
    """The visitors who got all arms alike, beside those for whom the bandit decided."""

    policy: Side
    control: Side
    worth: Worth | None  # None: not enough data
    missing: str = ""  # why


class ClusterShares(NamedTuple):
    name: str
    shares: list[float | None]


class Learned(NamedTuple):
    settings: Settings
    policy: str  # its title
    arms: list[Standing]  # in their order
    stage: Stage
    slice: Slice | None  # None: it has none, and never had
    unmatched: int
    trials: int
    latest: Batch | None
    next_at: datetime | None
    believed: Beta | Normal | None  # of the arms that the latest batch knows
    known: list[str]  # keys of those
    clusters: list[ClusterShares]

    @property
    def counts_worth(self) -> bool:
        return self.settings.reward != COUNT

    @property
    def leaders(self) -> list[Standing]:
        """The one that brings most first; those of which nothing is known last."""
        return sorted(self.arms, key=lambda arm: (arm.value is None, -(arm.value or 0), arm.key))


def learned(site: Site, row: Treatment) -> Learned:
    """Five queries, and the live release where each cluster has shares of its own."""
    arms = list(row.arms.select_related("variant").order_by("id"))
    counts = _counts(row)
    latest = Batch.objects.filter(treatment_id=row.pk).order_by("-version").first()
    told = {each["arm"]: each for each in latest.arms} if latest else {}
    known = [arm.key for arm in arms if arm.key in told]
    believed = _believed([told[key] for key in known], row.settings) if known else None
    standings = _standings(arms, counts, told, known, believed)
    next_at = latest.latest_at + timedelta(milliseconds=row.settings.batch_ms) if latest else None
    return Learned(
        row.settings,
        POLICIES[row.settings.policy].title,
        standings,
        stage_of(standings, told, row.settings),
        _slice(counts, row.settings),
        sum(each["unmatched"] for each in counts),
        sum(arm.trials for arm in standings),
        latest,
        next_at,
        believed,
        known,
        _clusters(site, row, arms) if POLICIES[row.settings.policy].per_cluster else [],
    )


def history(row: Treatment) -> list[Batch]:
    """The latest batches and some of those before, the first of them first."""
    ends = Batch.objects.filter(treatment_id=row.pk).aggregate(first=Min("version"), last=Max("version"))
    if ends["last"] is None:
        return []
    step = max(1, -(-(ends["last"] - ends["first"] + 1) // MOST_BATCHES))
    wanted = list(range(ends["last"], ends["first"] - 1, -step))
    return list(Batch.objects.filter(treatment_id=row.pk, version__in=wanted).order_by("version").defer("weights"))


def _counts(row: Treatment) -> list[dict[str, Any]]:
    """By arm and slice."""
    sums = {name: Sum(name) for name in ("trials", "rewards", "total", "squares", "unmatched")}
    rows = Trial.objects.filter(treatment_id=row.pk).values("arm", "is_random").annotate(**sums)
    return [dict(each) for each in rows.order_by("arm", "is_random")]


def _believed(told: Sequence[Mapping[str, Any]], settings: Settings) -> Beta | Normal:
    """Of everybody together, whatever the policy looks at besides."""
    columns = {name: np.array([[each[name] for each in told]]) for name in ("trials", "rewards", "total", "squares")}
    tally = Tally(**columns, seen=columns["trials"])
    return rates(tally, settings) if settings.reward == COUNT else means(tally)


def _standings(
    arms: Sequence[Arm],
    counts: Sequence[Mapping[str, Any]],
    told: Mapping[str, Any],
    known: Sequence[str],
    believed: Beta | Normal | None,
) -> list[Standing]:
    beliefs: dict[str, tuple[float, float, float, float]] = {}
    if believed is not None:
        low, high = believed.within(SURE)
        chances = chances_to_win(believed)
        middle = _middle(believed)
        beliefs = {key: (chances[0, at], middle[0, at], low[0, at], high[0, at]) for at, key in enumerate(known)}
    found = []
    for arm in arms:
        own = [each for each in counts if each["arm"] == arm.key]
        trials, rewards = (sum(each[name] for each in own) for name in ("trials", "rewards"))
        chance, value, lowest, highest = map(float, beliefs[arm.key]) if arm.key in beliefs else (None, None, 0.0, 0.0)
        name, variant_key = (arm.variant.name, arm.variant.key) if arm.variant else ("Control", "")
        share = told[arm.key]["share"] if arm.key in told else None
        sums = (trials, rewards, sum(each["total"] for each in own))
        found.append(Standing(arm.key, name, variant_key, *sums, share, chance, value, lowest, highest))
    return found


def _middle(believed: Beta | Normal) -> np.ndarray:
    """The mean: of a rate, not of its log odds."""
    if isinstance(believed, Beta):
        return believed.successes / (believed.successes + believed.failures)
    return believed.middle


def stage_of(arms: Sequence[Standing], told: Mapping[str, Any], settings: Settings) -> Stage:
    """By `told`, what the latest batch knew of each arm."""
    if not any(arm.trials for arm in arms):
        return Stage(WAITING, "Waiting for visitors", "Nobody has drawn from it yet.")
    new = [arm for arm in arms if _seen(told.get(arm.key)) < settings.least_trials]
    if new or not told:
        names = ", ".join(f"“{arm.name}”" for arm in new)
        return Stage(
            EXPLORING,
            "Exploring",
            f"Each creative is shown {settings.least_trials:,} times before the bandit changes its share, and the"
            f" rewards of these decisions need time to come. Still equal: {names}.",
        )
    best = max(arms, key=lambda arm: arm.chance or 0)
    if (best.chance or 0) >= SURE:
        words = f"“{best.name}” is the best with a chance of {(best.chance or 0) * 100:.1f} %."
        return Stage(SETTLED, "Settled", f"{words} The others keep their least share, in case things change.")
    leads = f"“{best.name}” leads, and is the best with a chance of {(best.chance or 0) * 100:.0f} %."
    return Stage(LEARNING, "Learning", f"{leads} Shares move as visitors show more.")


def _seen(told: Mapping[str, Any] | None) -> float:
    """Decisions whose reward would have come; batches that do not tell it say how many count."""
    return float(told.get("seen", told["trials"])) if told else 0.0


def _slice(counts: Sequence[Mapping[str, Any]], settings: Settings) -> Slice | None:
    policy, control = (_side(counts, is_random=which) for which in (False, True))
    if not settings.control and not control.trials:
        return None
    found = worth(policy, control, settings.reward)
    missing = ""
    if found is None:
        least = f"{LEAST_TRIALS} decisions, of which {LEAST_REWARDS} were rewarded"
        missing = f"Not enough data yet: each of the two needs {least}, at least."
    return Slice(policy, control, found, missing)


def _side(counts: Sequence[Mapping[str, Any]], *, is_random: bool) -> Side:
    own = [each for each in counts if each["is_random"] == is_random]
    sums = {name: sum(each[name] for each in own) for name in Side._fields}
    # Of a decision that was lost only the reward is known; it was a decision all the same.
    return Side(**sums | {"trials": max(sums["trials"], sums["rewards"])})


def _clusters(site: Site, row: Treatment, arms: Sequence[Arm]) -> list[ClusterShares]:
    frozen = batches.frozen_of([row.pk]).get(row.pk)
    if frozen is None:
        return []
    release = kept_releases.live(site)
    names = release.models[CLUSTER].names if release and CLUSTER in release.models else []
    found = []
    for cluster, dealing in sorted(frozen.dealings.items()):
        shares = dict(zip(frozen.arms, dealing.propensities, strict=True))
        if cluster == NO_CLUSTER:
            name = "Everybody else"
        else:
            name = names[cluster] if cluster < len(names) else f"Cluster {cluster}"
        found.append(ClusterShares(name, [shares.get(arm.key) for arm in arms]))
    return [*found[1:], *found[:1]]
