"""What does a recorded clickstream hold, told as the requests that its visitors would have sent? One reader per format.

A reader yields `Recorded` in the order of the file, whose times and ids it keeps: read again, it yields the same.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from tracking.replay import access_log, rees46, segment_jsonl
from tracking.replay.base import Recorded

Reader = Callable[[Path, str], Iterator[Recorded]]  # file, host of the site -> what was recorded
READERS: dict[str, Reader] = {"rees46": rees46.read, "access-log": access_log.read, "segment-jsonl": segment_jsonl.read}
