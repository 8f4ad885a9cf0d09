"""What does a client hear of the messages that it sent? HTTP's side of the pipeline: status, body, headers."""

from functools import lru_cache
from typing import Any, NamedTuple, TypedDict

import msgspec

from tracking.formats.segment import Fault
from tracking.pipeline import Received
from tracking.reasons import KEPT, STATUS, Reason

JSON = (b"content-type", b"application/json")
FAULTS_TOLD = 100  # rejected messages that an answer lists; all are counted


class Rejected(TypedDict):
    """A message at fault."""

    index: int
    code: Reason
    field: str
    message: str


class LeftOut(TypedDict, total=False):
    rejected: list[Rejected]
    dropped: dict[Reason, int]  # quietly, by reason
    mended: dict[Reason, int]  # kept without some part, by reason


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = (JSON,)


def answer_of(received: Received) -> Answer:
    """200 while anything of it was in order."""
    refusal = received.refusal
    if refusal is None and not received.drops:
        return Answer(200, _all_accepted(received.accepted))
    told: dict[str, Any] = (
        {} if refusal and not received.faults else {"accepted": received.accepted, **_left_out(received)}
    )
    if refusal is None:
        return Answer(200, msgspec.json.encode({"success": True, **told}))
    told |= {"success": False, "code": refusal.reason, "message": refusal.message, "field": refusal.place("batch")}
    headers = (JSON, (b"retry-after", b"%d" % received.retry_after)) if received.retry_after else (JSON,)
    return Answer(STATUS[refusal.reason], msgspec.json.encode(told), headers)


def list_rejected(faults: list[Fault], among: str = "batch") -> list[Rejected]:
    """Messages at fault, as answers list them; `among` is the field in which the client sent them."""
    return [
        {"index": one.index, "code": one.reason, "field": one.place(among), "message": one.message}
        for one in faults[:FAULTS_TOLD]
    ]


def _left_out(received: Received) -> LeftOut:
    """What was rejected for its faults, dropped quietly, or kept without some part of it."""
    told: LeftOut = {}
    if received.faults:
        told["rejected"] = list_rejected(received.faults)
    for reason, number in received.drops.items():
        if reason in KEPT:
            told.setdefault("mended", {})[reason] = number
        elif reason not in STATUS:
            told.setdefault("dropped", {})[reason] = number
    return told


@lru_cache(maxsize=4096)
def _all_accepted(number: int) -> bytes:
    return b'{"success":true,"accepted":%d}' % number
