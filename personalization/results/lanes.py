"""What became of each time that a rule fitted? It was shown, and seen or not; or another rule won, it was used up, its
creative could not be shown there."""

from collections.abc import Iterable
from typing import NamedTuple

from campaigns.models import Placement, Rule
from personalization.results import reading
from personalization.results.period import Period
from personalization.results.reading import EVERYTHING, Counts, Scope
from sites.models import Site

# (name, style of a part in pictures, how many of the counts)
PARTS = (
    ("Seen", "one", lambda counts: min(counts.impressions, counts.decisions)),
    ("Shown, not seen", "two", lambda counts: max(counts.decisions - counts.impressions, 0)),
    ("Taken by a higher rule", "three", lambda counts: counts.outranked),
    ("Used up", "four", lambda counts: counts.capped),
    ("Could not be shown", "five", lambda counts: counts.held),
)


class Lane(NamedTuple):
    """One rule in one placement."""

    rule: Rule | None  # None where it was deleted
    rule_id: int
    counts: Counts

    @property
    def name(self) -> str:
        return self.rule.name if self.rule else f"Deleted ({self.rule_id})"


class Placed(NamedTuple):
    """The rules of one placement, the one that wins first."""

    key: str
    name: str
    lanes: list[Lane]


def lanes_around(site: Site, period: Period, scope: Scope) -> list[Placed]:
    """All rules of the placements where something of the scope was in line. Four queries."""
    placements = {placement for placement, _ in reading.by_placement_and_rule(site, period, scope)}
    return [placed for placed in lanes_of(site, period) if placed.key in placements]


def lanes_of(site: Site, period: Period) -> list[Placed]:
    """Three queries."""
    counts = reading.by_placement_and_rule(site, period, EVERYTHING)
    ids = {rule for _, rule in counts}
    found = Rule.objects.filter(campaign__site=site, pk__in=ids).select_related("campaign", "segment", "placement")
    rules = {rule.pk: rule for rule in found}
    names = dict(Placement.objects.filter(site=site).values_list("key", "name"))
    placed: dict[str, list[Lane]] = {}
    for (placement, rule), sums in counts.items():
        placed.setdefault(placement, []).append(Lane(rules.get(rule), rule, sums))
    return [Placed(key, names.get(key, key), _in_order(lanes)) for key, lanes in sorted(placed.items())]


def _in_order(lanes: Iterable[Lane]) -> list[Lane]:
    """As they win; those that were deleted last."""
    return sorted(lanes, key=lambda lane: (lane.rule is None, lane.rule.place if lane.rule else (), lane.rule_id))
