"""What does a rule show to those whom it wins? A treatment: one variant alone, or several among which a lot is drawn.

Pure. A kind is a module beside this one with a function `choose(treatment, unit, situation)`, named in `KINDS`. The lot
is a keyed hash of the visitor, never a random number: the answer, the stream that watches it, a preview and a
recomputation agree, and no two equal requests differ.
"""

from collections.abc import Callable

from campaigns.treatments import bandit, single, split
from campaigns.treatments.base import HELD, OUTSIDE, WITHOUT, Choice, FrozenArm, FrozenTreatment, Situation

KINDS: dict[str, Callable[[FrozenTreatment, str, Situation], Choice | None]] = {
    "single": single.choose,
    "split": split.choose,
    "bandit": bandit.choose,
}


def choose(treatment: FrozenTreatment, unit: str, situation: Situation) -> Choice | None:
    """What the treatment gives to a unit (a visitor's id, "" where nobody is known); None where it needs to know whom
    it is for, and does not."""
    if situation.forced and treatment.id in situation.forced:
        return force(treatment, situation.forced[treatment.id])
    return KINDS[treatment.kind](treatment, unit, situation)


def force(treatment: FrozenTreatment, key: str) -> Choice:
    """What somebody set for this visitor by hand: it has no chance, and counts in no result. An arm that is gone leaves
    the visitor outside."""
    for arm in treatment.arms:
        if arm.key == key:
            return Choice(arm.variant, arm.key, is_forced=True)
    return OUTSIDE


__all__ = [
    "HELD",
    "KINDS",
    "OUTSIDE",
    "WITHOUT",
    "Choice",
    "FrozenArm",
    "FrozenTreatment",
    "Situation",
    "choose",
    "force",
]
