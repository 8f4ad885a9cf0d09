"""What is a treatment when it is frozen, and what does one choose? Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

from campaigns.bucketing import Range
from campaigns.treatments.weights import Weights
from segments.profile import Profile

WITHOUT = -1  # in place of a variant: what the visitor would see if there were no such rule
HELD = "held"  # key of a holdout's arm that does without


class FrozenArm(msgspec.Struct, array_like=True, frozen=True, gc=False):
    key: str
    variant: int  # index into the release's variants, or WITHOUT
    weight: float = 1.0  # its share of those who take part; those of a treatment sum to 1
    range: Range = (0.0, 1.0)  # the hashes that fall to it


class FrozenTreatment(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One for each treatment that rules name, one for each variant that a rule shows alone, one for each holdout."""

    kind: str  # a key of campaigns.treatments.KINDS
    arms: list[FrozenArm]
    id: int = 0  # 0: a variant alone
    key: str = ""
    seed: str = ""  # of the hash that draws
    phase: int = 0  # number of the shares among those that it has had; 0 where nobody counts them
    generation: int = 0  # of seeds: what was kept under another one counts no more
    group: tuple[str, float, float] | None = None  # exclusion group, and the part of its visitors who may take part
    keeps: bool = False  # whoever drew an arm keeps it, whatever becomes of the shares (`segments.state.Kept`)
    coverage: float = 1.0  # share of those who come that takes part: what the ranges cover together


class Situation(Protocol):
    """What a treatment may look at beside the visitor's id."""

    @property
    def now(self) -> int: ...
    @property
    def attributes(self) -> Mapping[str, Any]: ...
    @property
    def profile(self) -> Profile: ...
    @property
    def forced(self) -> Mapping[int, str]: ...
    @property
    def weights(self) -> Mapping[int, Weights]: ...


class Choice(NamedTuple):
    """What a treatment gives to one visitor."""

    variant: int  # index into the release's variants, or WITHOUT
    arm: str = ""  # its key, "" for a variant alone and for who does not take part
    propensity: float = 1.0  # the chance that this arm had; those of all arms sum to 1
    weights: int = 0  # which weights were drawn by: the phase of a split, the version of a bandit's
    draw: float | None = None  # the hash that fell to it; None where nothing was drawn
    is_forced: bool = False  # somebody set it for this visitor by hand
    is_random: bool = False  # of a bandit: the visitor is in the slice that gets all arms alike

    @property
    def is_outside(self) -> bool:
        """Whether the visitor takes no part: their treatment is as if it were not there."""
        return self.variant == WITHOUT and not self.arm


OUTSIDE = Choice(WITHOUT)
