"""Who met which arm of which experiment in these decisions, and what were they then?"""

from collections.abc import Container, Iterable, Iterator
from typing import Any, NamedTuple

from personalization.reasons import Detail
from personalization.situation import NO_VISITOR
from tracking.decision import LoggedDecision

Spot = tuple[str, int, int]  # visitor, treatment, phase: what a unit is known by


class Exposed(NamedTuple):
    """A visitor who was given an arm."""

    site: int
    visitor: str
    treatment: int
    phase: int
    arm: str
    at: int
    device: str = ""
    browser: str = ""
    cluster: str = ""

    @property
    def spot(self) -> Spot:
        return self.visitor, self.treatment, self.phase


def exposures_of(decisions: Iterable[LoggedDecision], counted: Container[int]) -> list[Exposed]:
    """Each visitor and arm once, by the first decision; in the order of their moments. `counted` are the treatments
    whose visitors are told apart by phases. Whom somebody set by hand is in no experiment."""
    found: dict[tuple[Spot, str], Exposed] = {}
    for decision in sorted(decisions, key=lambda one: (one.at, one.id)):
        if decision.visitor == NO_VISITOR or decision.detail == Detail.OVERRIDE:
            continue
        context = decision.context.get("context", {})
        known = (str(context.get("device") or ""), str(context.get("browser") or "")[:40])
        cluster = str(decision.context.get("cluster", ""))
        for treatment, arm, phase in _given(decision):
            if treatment in counted:
                one = Exposed(decision.site, decision.visitor, treatment, phase, arm, decision.at, *known, cluster)
                found.setdefault((one.spot, arm), one)
    return list(found.values())


def _given(decision: LoggedDecision) -> Iterator[tuple[int, str, int]]:
    """(treatment, arm, weights): by the rule that won, and beside it (`personalization.situation.Assigned`)."""
    shown = decision.exposure
    if shown.treatment_id:
        yield shown.treatment_id, shown.arm, decision.weights
    assigned: Iterable[list[Any]] = decision.context.get("assigned", ())
    for treatment, arm, _, weights in assigned:
        yield treatment, arm, weights
