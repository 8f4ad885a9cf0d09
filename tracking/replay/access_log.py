"""Which pages does a web server's log say were read? Apache's combined format, plain or gzip.

A visitor is an address with a user agent, the best that a log without cookies knows.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from tracking.replay.base import PROBED_LINES, MessageIds, Recorded, UnreadableFile, open_text

LINE = re.compile(
    r'^(?P<address>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] "(?P<method>[A-Z]+) (?P<target>\S+)[^"]*" (?P<status>\d{3}) \S+'
    r' "(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)"'
)
ASSETS = re.compile(r"\.(?:png|jpe?g|gif|svg|ico|webp|css|js|map|woff2?|ttf|eot|mp[34]|webm|pdf|zip|gz|tgz|bz2|xml|rss|atom|json|txt)$", re.IGNORECASE)


def read(path: Path, host: str) -> Iterator[Recorded]:
    """Raises UnreadableFile when none of the first lines is in combined format."""
    with open_text(path) as file:
        if not any(LINE.match(line) for line in islice(file, PROBED_LINES)):
            raise UnreadableFile(f"{path} is not in Apache's combined log format")
    ids = MessageIds(path)
    with open_text(path) as file:
        for number, line in enumerate(file):
            yield _recorded(ids, number, line, host)


def _recorded(ids: MessageIds, number: int, line: str, host: str) -> Recorded:
    match = LINE.match(line)
    if match is None:
        return Recorded(skipped="malformed line")
    found = match.groupdict()
    path = found["target"].partition("?")[0]
    if reason := _reason_to_skip(found, path):
        return Recorded(skipped=reason)
    try:
        at = int(datetime.strptime(found["time"], "%d/%b/%Y:%H:%M:%S %z").timestamp() * 1000)
    except ValueError:
        return Recorded(skipped="malformed time")
    agent = "" if found["agent"] == "-" else found["agent"]
    page = {"url": f"https://{host}{found['target']}", "path": path, "referrer": "" if found["referrer"] == "-" else found["referrer"]}
    message = {
        "type": "page",
        "messageId": ids.of(number),
        "anonymousId": f"{found['address']} {agent}"[:256],
        "timestamp": at,
        "context": {"page": page, "library": {"name": "segue-replay"}, "userAgent": agent},
    }
    return Recorded(at, message, {"user-agent": agent}, found["address"])


def _reason_to_skip(found: dict[str, str], path: str) -> str:
    if found["method"] != "GET":
        return f"method {found['method']}"
    if found["status"] not in ("200", "304"):
        return f"status {found['status'][0]}xx" if found["status"][0] != "2" else "partial answer"
    return "asset" if ASSETS.search(path) else "" if path.startswith("/") else "malformed line"
