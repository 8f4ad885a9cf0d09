"""What is a treatment when it is frozen, and what does one choose? Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

from campaigns.bucketing import Range


class FrozenArm(msgspec.Struct, array_like=True, frozen=True, gc=False):
    key: str
    variant: int  # index into the release's variants
    weight: float = 1.0  # its share; those of a treatment sum to 1
    range: Range = (0.0, 1.0)  # the hashes that fall to it


class FrozenTreatment(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One for each treatment that rules name, and one for each variant that a rule shows alone."""

    kind: str  # a key of campaigns.treatments.KINDS
    arms: list[FrozenArm]
    id: int = 0  # 0: a variant alone
    key: str = ""
    seed: str = ""  # of the hash that draws


class Situation(Protocol):
    """What a treatment may look at beside the visitor's id."""

    @property
    def now(self) -> int: ...
    @property
    def attributes(self) -> Mapping[str, Any]: ...


class Choice(NamedTuple):
    """What a treatment gives to one visitor."""

    variant: int  # index into the release's variants
    arm: str = ""  # its key, "" for a variant alone
    propensity: float = 1.0  # the chance that this arm had; those of all arms sum to 1
    weights: int = 0  # version of the weights that were drawn by; 0: those of the release
    draw: float | None = None  # the hash that fell to it; None where nothing was drawn
