"""One variant for everybody. Pure."""

from campaigns.treatments.base import Choice, FrozenArm, FrozenTreatment, Situation


def freeze(variant: int) -> FrozenTreatment:
    """`variant` is an index into the release's variants."""
    return FrozenTreatment("single", [FrozenArm("", variant)])


def choose(treatment: FrozenTreatment, unit: str, situation: Situation) -> Choice:
    return Choice(treatment.arms[0].variant)
