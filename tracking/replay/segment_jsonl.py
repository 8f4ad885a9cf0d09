"""Which messages of the Segment specification were recorded? One JSON object a line, plain or gzip."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from tracking.clocks import parse
from tracking.replay.base import PROBED_LINES, MessageIds, Recorded, UnreadableFile, open_text


def read(path: Path, host: str) -> Iterator[Recorded]:
    """A message keeps its own `messageId`; one without gets an id from its place in the file. `host` is not used.

    Raises UnreadableFile when none of the first lines is a JSON object.
    """
    with open_text(path) as file:
        if all(_message(line) is None for line in islice(file, PROBED_LINES)):
            raise UnreadableFile(f"{path} does not hold a JSON object a line")
    ids = MessageIds(path)
    with open_text(path) as file:
        for number, line in enumerate(file):
            if line.strip():
                yield _read_line(ids, number, line)


def _read_line(ids: MessageIds, number: int, line: str) -> Recorded:
    message = _message(line)
    if message is None:
        return Recorded(skipped="malformed line")
    at = next((at for name in ("originalTimestamp", "timestamp") if (at := parse(message.get(name))) is not None), None)
    if at is None:
        return Recorded(skipped="without a time")
    message.setdefault("messageId", ids.of(number))
    message.pop("sentAt", None)  # the recorder's clock has no part in a replay
    context = message.get("context")
    agent = context.get("userAgent") if isinstance(context, dict) else None
    return Recorded(at, message, {"user-agent": agent} if isinstance(agent, str) else {})


def _message(line: str) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(line, type=dict)
    except msgspec.DecodeError:
        return None
