"""Which arms has a visitor drawn now that they are to keep? What becomes of shares later, and on which device they come
back, changes nothing then: the profile remembers. Pure."""

from collections.abc import Iterable, Iterator

from campaigns.treatments import FrozenTreatment
from personalization.decide import Decision
from personalization.reasons import Detail
from personalization.situation import Assigned, Situation
from tracking.event import Arrival, Event

ASSIGNED = "Assigned"


def to_keep(situation: Situation, decisions: Iterable[Decision]) -> Arrival | None:
    """As events of the visitor, whose messageIds derive from visitor and experiment, so that each is told once. None
    where there is nothing new, or nothing may be kept of them."""
    keeping = situation.release.keeping
    if not keeping or situation.barred or not situation.unit:
        return None
    kept, found = situation.profile.kept, dict[int, Assigned]()
    for drawn in _drawn(situation, decisions):
        treatment = keeping.get(drawn.treatment_id)
        known = kept.get(str(drawn.treatment_id))
        if treatment and (known is None or known.generation != treatment.generation):
            found.setdefault(treatment.id, drawn)
    if not found:
        return None
    events = [_event(situation, keeping[pk], drawn) for pk, drawn in found.items()]
    return Arrival(situation.release.site, situation.visitor, "", events)


def _drawn(situation: Situation, decisions: Iterable[Decision]) -> Iterator[Assigned]:
    for decision in decisions:
        if decision.detail == Detail.PREVIEW:
            continue
        if decision.rule and decision.choice and not decision.choice.is_forced:
            yield Assigned.of(situation.release.treatments[decision.rule.treatment].id, decision.choice)
        yield from decision.assigned


def _event(situation: Situation, treatment: FrozenTreatment, drawn: Assigned) -> Event:
    return Event(
        message_id=f"assigned:{treatment.id}:{treatment.generation}:{situation.visitor}",
        type="engagement",
        name=ASSIGNED,
        at=situation.now,
        received_at=situation.now,
        properties={
            "treatment_id": treatment.id,
            "treatment": treatment.key,
            "arm": drawn.arm,
            "generation": treatment.generation,
            "phase": drawn.weights,
            "propensity": drawn.propensity,
        },
    )
