"""What was shown? One answer to it, wherever it travels: in a decision's row, in a token, in the events that follow."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

Id = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Exposure(msgspec.Struct, array_like=True, frozen=True, order=True, gc=False):
    """What one placement showed, and by whose doing. Results belong to the ids; the keys are those of the release that
    decided, for marketers may rename things. The order of the fields is the wire form of rows and tokens: new ones go
    to the end."""

    placement: str  # key
    campaign_id: Id = 0  # 0: no rule won
    campaign: str = ""  # key
    rule: Id = 0  # 0: no rule won
    treatment: Id = 0  # 0: the rule shows one variant alone, or no rule won
    arm: str = ""  # of the treatment
    variant_id: Id = 0  # 0: nothing was shown
    variant: str = ""  # key

    def as_properties(self) -> dict[str, Any]:
        """For an event: by name, so that people can read it."""
        return msgspec.structs.asdict(self)


# By field, what a value must be; what stands there otherwise.
_FIELDS = dict(zip(Exposure.__struct_fields__, ("", *Exposure.__struct_defaults__), strict=True))


def of_properties(properties: Mapping[str, Any]) -> Exposure:
    """What an event says of it; where it says nothing, or nothing that can be read, it is as if nothing was shown."""
    told: list[Any] = []
    for name, nothing in _FIELDS.items():
        value = properties.get(name)
        told.append(value if value.__class__ is nothing.__class__ else nothing)
    return Exposure(*told)
