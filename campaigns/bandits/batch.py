"""What does a batch decide? For many bandits at once, from rows to the ranges of the hash. Pure.

Bandits with the same number of arms and the same settings are reckoned together: a thousand of them take a fraction
of a second. What one gets does not depend on which others are in the batch.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from campaigns.bandits import POLICIES
from campaigns.bandits.base import Settings, Tally
from campaigns.bandits.per_cluster import borrowed
from campaigns.bandits.state import NO_CLUSTER, Row, State, gather
from campaigns.bandits.weights import Dealing, deal


class Asked(NamedTuple):
    """One bandit. Raises ValueError in `decide` where it has no arm."""

    arms: Sequence[str]
    rows: Sequence[Row]
    settings: Settings
    history: Tally | None = None  # for a warm start, of `state.as_history`


class Decided(NamedTuple):
    state: State
    dealings: Mapping[int, Dealing]  # by cluster; NO_CLUSTER: who is in none, or in one that is not named

    def dealing(self, cluster: int) -> Dealing:
        return self.dealings.get(cluster) or self.dealings[NO_CLUSTER]


def decide(bandits: Sequence[Asked], now: int) -> list[Decided]:
    states = [gather(each.rows, each.arms, now, each.settings, each.history) for each in bandits]
    together: defaultdict[tuple[int, Settings], list[int]] = defaultdict(list)
    for place, each in enumerate(bandits):
        together[len(each.arms), each.settings].append(place)
    dealings: dict[int, list[Dealing]] = {}
    for (_, settings), places in together.items():
        known = [_known(states[place], settings) for place in places]
        shares = _weigh(_stacked(known), settings)
        # An arm has been tried enough where everybody together has tried it enough.
        seen = [np.repeat(one.seen[:1], len(one.seen), axis=0) for one in known]
        dealt = iter(deal(shares, np.vstack(seen), settings))
        for place, one in zip(places, known, strict=True):
            dealings[place] = [next(dealt) for _ in one.trials]
    return [
        Decided(state, dict(zip((NO_CLUSTER, *state.clusters), dealings[place], strict=False)))
        for place, state in enumerate(states)
    ]


def _weigh(tally: Tally, settings: Settings) -> np.ndarray:
    weigh = POLICIES[settings.policy].weigh
    if weigh is None:
        raise ValueError(f"{settings.policy} looks at features: ask campaigns.bandits.contextual")
    return weigh(tally, settings)


def _known(state: State, settings: Settings) -> Tally:
    """A row for each context that has shares of its own."""
    if POLICIES[settings.policy].per_cluster:
        return borrowed(state.tally, settings)
    return state.tally.rows(slice(0, 1))


def _stacked(tallies: Sequence[Tally]) -> Tally:
    return Tally(*(np.vstack(each) for each in zip(*tallies, strict=True)))
