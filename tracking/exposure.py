"""What was shown? One answer to it, wherever it travels: in a decision's row, in a token, in the events that follow."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

# Far below 10**16, from where on a decimal comes back from Postgres' jsonb as a whole number: a rebuild would take for
# an id what was none when it arrived.
LARGEST_ID = 2**53 - 1
LONGEST_KEY = 64  # characters
Id = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_ID)]


class Exposure(msgspec.Struct, array_like=True, frozen=True, order=True, gc=False):
    """What one placement showed, and by whose doing. Results belong to the ids; the keys are those of the release that
    decided, for marketers may rename things. The order of the fields is the wire form of rows and tokens: new ones go
    to the end."""

    placement: str  # key
    campaign_id: Id = 0  # 0: no rule won
    campaign: str = ""  # key
    rule_id: Id = 0  # 0: no rule won
    treatment_id: Id = 0  # 0: the rule shows one variant alone, or no rule won
    arm: str = ""  # of the treatment
    variant_id: Id = 0  # 0: nothing was shown
    variant: str = ""  # key
    segment: str = ""  # key of the segment that the rule names, as its release meant it; "" for none

    def as_properties(self) -> dict[str, Any]:
        """For an event: by name, so that people can read it."""
        return msgspec.structs.asdict(self)


# By field, what a value must be; what stands there otherwise.
_FIELDS = dict(zip(Exposure.__struct_fields__, ("", *Exposure.__struct_defaults__), strict=True))
# Each table that keeps an exposure has these columns: name -> type in Postgres.
COLUMNS = {name: "text" if nothing == "" else "bigint" for name, nothing in _FIELDS.items()}


def of_properties(properties: Mapping[str, Any]) -> Exposure:
    """What an event says of it; where it says nothing, or nothing that can be read, it is as if nothing was shown."""
    return Exposure(*[_fit(properties.get(name), nothing) for name, nothing in _FIELDS.items()])


def _fit(value: Any, nothing: Any) -> Any:
    """What is kept must be readable again: a profile with an id out of bounds could not be decoded any more."""
    if value.__class__ is not nothing.__class__:
        return nothing
    fits = len(value) <= LONGEST_KEY if value.__class__ is str else 0 <= value <= LARGEST_ID
    return value if fits else nothing
