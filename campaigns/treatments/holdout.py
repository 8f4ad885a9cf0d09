"""Who is shown no campaign, or not a certain one, so that what campaigns do can be measured? Pure.

A treatment beside those of the rules: it chooses nothing to show, but whether the rules it speaks for may show
anything.
"""

from campaigns.treatments import split
from campaigns.treatments.base import HELD, WITHOUT, FrozenTreatment

OPEN = "open"  # key of the arm whose visitors see everything
WHOLE = 1_000  # shares are told in thousandths


def freeze(pk: int, key: str, seed: str, held: int, *, phase: int = 0, generation: int = 0) -> FrozenTreatment:
    """`held` of a thousand visitors do without."""
    parts = [(HELD, WITHOUT, held), (OPEN, WITHOUT, WHOLE - held)]
    return split.freeze(pk, key, seed, parts, phase=phase, generation=generation)
