"""What is one line of a recording?"""

import gzip
import hashlib
import uuid
from pathlib import Path
from typing import IO, Any, NamedTuple

PROBED_LINES = 100  # of a text file, before it is said not to be in its format
NAMESPACE = uuid.UUID("5e9ce000-0000-5000-8000-000000000001")


class Recorded(NamedTuple):
    """One message of the Segment HTTP API as it was or would have been sent; or, with `skipped`, the reason why there
    is none.

    `part` is the part of the site that was asked for, where the reader decides by it what is a page.
    """

    at: int = 0  # milliseconds
    message: dict[str, Any] | None = None
    headers: dict[str, str] = {}
    address: str = ""
    skipped: str = ""
    part: str = ""


class MessageIds:
    """Ids that derive from a file's content and a row's number: a second replay of the file sends the same ones."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self.digest = hashlib.file_digest(file, "sha256").hexdigest()

    def of(self, row: int) -> str:
        return str(uuid.uuid5(NAMESPACE, f"{self.digest}:{row}"))


class UnreadableFile(Exception):
    """The file is not what its format says; the message tells what is missing."""


def open_text(path: Path) -> IO[str]:
    """A text file, unpacked if it is gzip by its first bytes; what is no UTF-8 becomes a replacement character."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    if packed:
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    return path.open(encoding="utf-8", errors="replace")
