"""What do policies learn from that look at features? Decisions that are stored with the features that they were drawn
by, and what came of each."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import numpy as np
from django.db import connection

from campaigns import policies
from campaigns.bandits import COUNT
from campaigns.bandits.contextual import learn
from campaigns.bandits.examples import Examples, weights_by_age
from campaigns.bandits.scoring import Scorer, ScoringDraws
from campaigns.models import Treatment
from personalization.bandits.tables import Batch
from personalization.reasons import Detail
from sites.times import ms_of

MOST = 200_000  # examples: the latest; a posterior is made anew each batch
SHOWN = 1_000  # of them, by which pages tell what share each arm has

# A decision names the weights that it was drawn by, and these say which features it noted.
DECIDED = """
WITH chosen AS (
    SELECT id, at, arm, context->'features' AS features FROM personalization_decision
    WHERE site_id = %s AND treatment_id = %s AND at >= %s AND at <= %s AND detail <> %s AND weights = ANY(%s)
        AND context ? 'features'
    ORDER BY at DESC, id DESC LIMIT %s
)
SELECT c.arm, (extract(epoch FROM c.at) * 1000)::bigint, c.features::text, count(r.decision_id),
    coalesce(sum(r.value_minor), 0)
FROM chosen AS c LEFT JOIN personalization_reward AS r ON r.decision_id = c.id
GROUP BY c.id, c.at, c.arm, c.features ORDER BY c.at, c.id
"""


def examples_of(row: Treatment, arms: Sequence[str], now: datetime, since: datetime, arrived: np.ndarray) -> Examples:
    """Of the arms that it has, in the order of `arms`; `arrived` as in `state.State`. Two queries."""
    features = policies.features_of(row.policy)
    versions = list(
        Batch.objects.filter(treatment_id=row.pk, features=features)
        .order_by("version")
        .values_list("version", flat=True)
    )
    positions = {arm: place for place, arm in enumerate(arms)}
    with connection.cursor() as cursor:
        cursor.execute(DECIDED, [row.site_id, row.pk, since, now, Detail.OVERRIDE, versions, MOST])
        found = [told for told in cursor.fetchall() if told[0] in positions]
    X = np.array([_numbers(told[2]) for told in found], np.float64).reshape(len(found), len(features))
    at, times = (np.array([told[place] for told in found], np.int64) for place in (1, 3))
    worth = np.array([float(told[4]) for told in found], np.float64)
    reward = np.minimum(times, 1).astype(np.float64) if row.settings.reward == COUNT else worth
    weight = weights_by_age(at, times > 0, ms_of(now), arrived, row.settings)
    return Examples(X, np.array([positions[told[0]] for told in found], np.int64), reward, weight)


def draws_of(row: Treatment, examples: Examples, n_arms: int) -> tuple[ScoringDraws, list[float]]:
    """For the edge, and the mean share of each arm among the latest visitors. The seed is the bandit's own: the same
    examples give the same draws."""
    draws = learn(examples, n_arms, row.settings, row.pk)
    scorer = Scorer(draws)
    latest = examples.X[-SHOWN:] if len(examples.X) else np.full((1, examples.X.shape[1]), np.nan)
    shares = np.mean([scorer.weights_for(x).propensities for x in latest.tolist()], axis=0)
    return draws, shares.tolist()


def _numbers(told: str) -> list[float]:
    return [float("nan") if value is None else float(value) for value in msgspec.json.decode(told)]
