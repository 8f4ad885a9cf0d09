"""What would a bandit with other settings have dealt, hour by hour? For off-policy evaluation of a draft. Pure.

It may know at each moment only what was known then: no decision that came later, and no reward that had not arrived.
Rows hold all rewards that have come by now; their delays say which of them had come by then.
"""

from collections.abc import Sequence

from campaigns.bandits.batch import Asked, Decided, decide
from campaigns.bandits.delays import EDGES_MS
from campaigns.bandits.state import Row
from sites.times import HOUR_MS


def replayed(bandit: Asked, moments: Sequence[int]) -> list[Decided]:
    """What the bandit deals at each moment, in their order. Costs as many updates as there are moments."""
    return [decide([bandit._replace(rows=known_at(bandit.rows, then))], then)[0] for then in moments]


def known_at(rows: Sequence[Row], then: int) -> list[Row]:
    """Rows as they stood: of hours that were over, with the rewards whose delay surely fits. Values are taken to
    come as their rewards do."""
    known = []
    for row in rows:
        age = then - row.hour - HOUR_MS  # of its youngest decision
        if age < 0:
            continue
        delays = [count if edge <= age else 0 for count, edge in zip(row.delays, EDGES_MS, strict=True)]
        counted = sum(row.delays)
        part = sum(delays) / counted if counted else 1.0
        rewards = min(sum(delays), row.rewards) if counted else row.rewards
        known.append(row._replace(rewards=rewards, total=row.total * part, squares=row.squares * part, delays=delays))
    return known
