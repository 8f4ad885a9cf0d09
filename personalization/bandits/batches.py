"""By which weights do bandits draw from now on? A job asks the policies, all at once, and keeps each batch that says
something new under its version."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Max, Sum
from django.db.models.functions import Coalesce

from campaigns import policies
from campaigns.bandits import POLICIES
from campaigns.bandits.batch import Asked, Decided, decide
from campaigns.bandits.delays import EDGES_MS
from campaigns.bandits.state import NO_CLUSTER, Row, State, gather
from campaigns.models import Release, Treatment
from campaigns.treatments import FrozenTreatment
from campaigns.treatments.weights import FrozenWeights
from personalization.bandits import feature_batches
from personalization.bandits.tables import Batch, Delay, Trial
from sites.locks import lock
from sites.times import ms_of

Made = tuple[Treatment, FrozenWeights, list[float], State]  # with the shares of its arms, of everybody together
LOOK_BACK = timedelta(days=90)  # what is older counts for nothing: offers and seasons have changed


def due(now: datetime) -> list[Treatment]:
    """Bandits that visitors draw from, whose latest batch is as old as their settings say."""
    live = _drawn_by_visitors()
    latest = dict(
        Batch.objects.filter(treatment_id__in=live)
        .order_by("treatment_id")
        .values_list("treatment_id")
        .annotate(latest=Max(Coalesce("asked_at", "made_at")))
    )
    bandits = Treatment.objects.filter(pk__in=live, kind=Treatment.Kind.BANDIT).order_by("id").prefetch_related("arms")
    return [row for row in bandits if _is_due(row, latest.get(row.pk), now)]


def _drawn_by_visitors() -> set[int]:
    """In the live releases of sites that have bandits. Of a release its treatments alone are read: all of it may be
    megabytes, and this is asked each minute."""
    sites = Treatment.objects.filter(kind=Treatment.Kind.BANDIT).values("site")
    live = Release.objects.filter(status=Release.Status.LIVE, site__in=sites).order_by("id")
    told = live.values_list("source__treatments", flat=True)
    return {treatment.id for rows in told for treatment in msgspec.convert(rows or [], list[FrozenTreatment])}


def _is_due(row: Treatment, latest: datetime | None, now: datetime) -> bool:
    if row.policy_faults:
        return False
    return latest is None or now - latest >= timedelta(milliseconds=row.settings.batch_ms)


def make(bandits: Sequence[Treatment], now: datetime) -> list[Batch]:
    """Those that say something new, stored."""
    if not bandits:
        return []
    rows = rows_of([row.pk for row in bandits], now)
    asked = {row.pk: Asked([arm.key for arm in row.arms.all()], rows[row.pk], row.settings) for row in bandits}
    tallied = [row for row in bandits if not POLICIES[row.settings.policy].learn]
    decided = decide([asked[row.pk] for row in tallied], ms_of(now))
    found = [
        (
            row,
            FrozenWeights(0, list(one.state.arms), dict(one.dealings)),
            one.dealings[NO_CLUSTER].propensities,
            one.state,
        )
        for row, one in zip(tallied, decided, strict=True)
    ]
    found += [_by_features(row, asked[row.pk], now) for row in bandits if row not in tallied]
    kept = [_keep(row, weights, _in_short(state, shares), now) for row, weights, shares, state in found]
    return [batch for batch in kept if batch is not None]


def _by_tallies(row: Treatment, one: Decided) -> Made:
    weights = FrozenWeights(0, list(one.state.arms), dict(one.dealings))
    return row, weights, one.dealings[NO_CLUSTER].propensities, one.state


def _by_features(row: Treatment, asked: Asked, now: datetime) -> Made:
    state = gather(asked.rows, asked.arms, ms_of(now), asked.settings)
    examples = feature_batches.examples_of(row, asked.arms, now, now - LOOK_BACK, state.arrived)
    draws, shares = feature_batches.draws_of(row, examples, len(asked.arms))
    weights = FrozenWeights(0, list(asked.arms), features=policies.features_of(row.policy), draws=draws)
    return row, weights, shares, state


@transaction.atomic
def _keep(row: Treatment, frozen: FrozenWeights, arms: list[dict[str, Any]], now: datetime) -> Batch | None:
    lock(Treatment.objects.filter(pk=row.pk)).get()  # two jobs at once would give two batches one version
    latest = Batch.objects.filter(treatment_id=row.pk).order_by("-version").first()
    digest = _digest(frozen)
    if latest and latest.digest == digest:
        Batch.objects.filter(treatment_id=row.pk, version=latest.version).update(asked_at=now)
        return None
    version = latest.version + 1 if latest else 1
    return Batch.objects.create(
        treatment_id=row.pk,
        version=version,
        made_at=now,
        features=frozen.features,
        weights=msgspec.msgpack.encode(msgspec.structs.replace(frozen, version=version)),
        arms=arms,
        digest=digest,
    )


def _digest(frozen: FrozenWeights) -> str:
    return hashlib.blake2b(
        msgspec.msgpack.encode(msgspec.structs.replace(frozen, version=0)), digest_size=16
    ).hexdigest()


def _in_short(state: State, shares: Sequence[float]) -> list[dict[str, Any]]:
    """Of everybody together, for pages."""
    tally = state.tally
    return [
        {
            "arm": arm,
            "share": shares[place],
            "trials": float(tally.trials[0, place]),
            "rewards": float(tally.rewards[0, place]),
            "total": float(tally.total[0, place]),
            "squares": float(tally.squares[0, place]),
            "seen": float(tally.seen[0, place]),
        }
        for place, arm in enumerate(state.arms)
    ]


def rows_of(bandits: Iterable[int], now: datetime) -> dict[int, list[Row]]:
    """By bandit. Two queries. Decisions of the slice teach as much as others."""
    wanted = list(bandits)
    spot = ("treatment_id", "arm", "cluster", "hour")
    recent = {"treatment_id__in": wanted, "hour__gte": now - LOOK_BACK}
    delays: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * len(EDGES_MS))
    for *where, delay, rewards in Delay.objects.filter(**recent).values_list(*spot, "delay").annotate(Sum("rewards")):
        delays[tuple(where)][delay] += rewards
    found: dict[int, list[Row]] = {pk: [] for pk in wanted}
    sums = [Sum(name) for name in ("trials", "rewards", "total", "squares")]
    for treatment, arm, cluster, hour, *numbers in Trial.objects.filter(**recent).values_list(*spot).annotate(*sums):
        trials, rewards, total, squares = numbers
        came = delays[treatment, arm, cluster, hour]
        found[treatment].append(Row(arm, cluster, ms_of(hour), trials, rewards, total, squares, came))
    return found


def frozen_of(treatments: Iterable[int]) -> dict[int, FrozenWeights]:
    """The latest weights, by bandit. One query."""
    latest = dict(
        Batch.objects.filter(treatment_id__in=list(treatments))
        .order_by("treatment_id", "-version")
        .distinct("treatment_id")
        .values_list("treatment_id", "weights")
    )
    return {pk: _decode(bytes(blob)) for pk, blob in latest.items()}


_decode = msgspec.msgpack.Decoder(FrozenWeights).decode


def weights_in(treatment: int, version: int) -> FrozenWeights | None:
    """Those that a decision names; None where they are not kept any more."""
    blob = Batch.objects.filter(treatment_id=treatment, version=version).values_list("weights", flat=True).first()
    return None if blob is None else _decode(bytes(blob))
