"""docs/events.md promises: its examples are accepted, its reasons are all there are."""

import json
import re
from pathlib import Path

from tracking.formats.segment import Decoded, decode
from tracking.reasons import Reason

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "events.md").read_text()


def examples() -> list[dict]:
    found, decoder = [], json.JSONDecoder()
    for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL):
        while block := block.strip():
            message, end = decoder.raw_decode(block)
            found.append(message)
            block = block[end:]
    return found


def test_every_example_is_accepted():
    messages = [{"anonymousId": "a", "messageId": str(number)} | message for number, message in enumerate(examples())]

    decoded = decode("batch", json.dumps({"batch": messages}).encode())

    assert isinstance(decoded, Decoded)
    assert decoded.faults == [] and len(decoded.messages) >= 13


def test_every_reason_is_listed():
    assert [reason for reason in Reason if f"`{reason}`" not in PAGE] == []
