"""What does the log carry of a decision? One row for each placement that was decided, by the hundred in a record.

The edge appends them (`Appender.append_decisions`), the consumer decodes them; the app that decides owns the table.
"""

from typing import Annotated, Any

import msgspec

from tracking.event_table import Count, Time
from tracking.exposure import Exposure


class LoggedDecision(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """With all that making it again needs: the release, how much of the visitor's history it knew, and the request's
    part of the context. The bounds are those of the columns."""

    id: Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]  # a UUID of version 7
    at: Time
    site: Count
    visitor: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    seq: Count  # events that the profile held
    exposure: Exposure
    reason: str
    detail: str
    propensity: Annotated[float, msgspec.Meta(ge=0, le=1)]  # chance of this arm when it was drawn
    weights: Count  # version of the weights that were drawn by; 0: those of the release
    release: str
    context: Any  # a map: what the app that decides keeps of its situation


decode_decisions = msgspec.msgpack.Decoder(list[LoggedDecision]).decode
