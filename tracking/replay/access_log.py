"""Which pages does a web server's log say were read? Apache's combined format, plain or gzip; an Accept header may
stand in quotes behind it.

A visitor is an address with a user agent, the best that a log without cookies knows. The file is read twice: what is a
page shows only in the whole of it (`tracking.replay.pages`).
"""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from sites.times import ms_of
from tracking.bots import is_declared_bot
from tracking.referrers import split_address
from tracking.replay.base import PROBED_LINES, MessageIds, Recorded, UnreadableFile, open_text
from tracking.replay.pages import Paths, reason_against

LINE = re.compile(
    r'^(?P<address>\S+) \S+ \S+ \[(?P<time>[^\]]+)\] "(?P<method>[A-Z]+) (?P<target>\S+)[^"]*" (?P<status>\d{3})'
    r" (?P<size>\S+)"
    r' "(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)"(?P<more>.*)'
)
ACCEPT = re.compile(r'"((?:[a-z*]+)/[\w*.+-]+(?:[,;][^"]*)?)"')


def read(path: Path, host: str) -> Iterator[Recorded]:
    """Raises UnreadableFile when none of the first lines is in combined format."""
    with open_text(path) as file:
        if not any(LINE.match(line) for line in islice(file, PROBED_LINES)):
            raise UnreadableFile(f"{path} is not in Apache's combined log format")
    ids, paths = MessageIds(path), _survey(path)
    with open_text(path) as file:
        for number, line in enumerate(file):
            yield _read_line(ids, number, line, host, paths)


def _survey(file: Path) -> Paths:
    """What people asked for, and from where. Bots ask for pages without what these load."""
    paths = Paths()
    with open_text(file) as lines:
        for line in lines:
            match = LINE.match(line)
            if match and not _answered_nobody(match["method"], match["status"]) and not is_declared_bot(match["agent"]):
                paths.add(match["target"].partition("?")[0], match["referrer"])
    return paths


def _read_line(ids: MessageIds, number: int, line: str, host: str, paths: Paths) -> Recorded:
    match = LINE.match(line)
    if match is None:
        return Recorded(skipped="malformed line")
    found = match.groupdict()
    path, _, query = found["target"].partition("?")
    if not path.startswith("/"):
        return Recorded(skipped="malformed line")
    if reason := _answered_nobody(found["method"], found["status"]):
        return Recorded(skipped=reason)
    part = paths.part(path) or "elsewhere"
    size = int(found["size"]) if found["size"].isdecimal() and found["status"] == "200" else None
    accept = ACCEPT.search(found["more"])
    if reason := reason_against(paths, path, query, size, accept[1] if accept else ""):
        return Recorded(skipped=reason, part=part)
    try:
        at = ms_of(datetime.strptime(found["time"], "%d/%b/%Y:%H:%M:%S %z"))
    except ValueError:
        return Recorded(skipped="malformed time")
    agent = "" if found["agent"] == "-" else found["agent"]
    page = {
        "url": f"https://{host}{found['target']}",
        "path": path,
        "referrer": _referrer(found["referrer"], host, paths),
    }
    message = {
        "type": "page",
        "messageId": ids.of(number),
        "anonymousId": f"{found['address']} {agent}"[:256],
        "timestamp": at,
        "context": {"page": page, "library": {"name": "segue-replay"}, "userAgent": agent},
    }
    return Recorded(at, message, {"user-agent": agent}, found["address"], part=part)


def _referrer(referrer: str, host: str, paths: Paths) -> str:
    """The log does not say under which name the site was asked: its pages, and the referrers that are its own pages,
    stand under the site's."""
    origin = split_address(referrer)
    if origin.host and origin.host == paths.host:
        return f"https://{host}{origin.path}"
    return "" if referrer == "-" else referrer


def _answered_nobody(method: str, status: str) -> str:
    if method != "GET":
        return f"method {method}"
    if status not in ("200", "304"):
        return f"status {status[0]}xx" if status[0] != "2" else "partial answer"
    return ""
