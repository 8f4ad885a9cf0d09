"""One variant for everybody. Pure."""

from functools import cache

from campaigns.treatments.base import Choice, FrozenArm, FrozenTreatment, Situation


def freeze(variant: int) -> FrozenTreatment:
    """`variant` is an index into the release's variants."""
    return FrozenTreatment("single", [FrozenArm("", variant)])


def choose(treatment: FrozenTreatment, unit: str, situation: Situation) -> Choice:
    return _only(treatment.arms[0].variant)


@cache  # nothing in it is of a visitor: made once for each variant of a release, of which there are some thousands
def _only(variant: int) -> Choice:
    return Choice(variant)
