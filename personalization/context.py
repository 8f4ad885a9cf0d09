"""What may a decision look at? The request's part of the context: device, language, page, local hour and weekday."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from tracking import user_agents

QUARTER = 900_000  # milliseconds; every offset of a time zone is a multiple of a quarter of an hour
DAY = 86_400_000
LONGEST_URL, LONGEST_PATH = 2048, 1024  # characters: both are remembered or logged, and both are the client's to choose


@lru_cache(maxsize=4096)
def _offset(time_zone: str, quarter: int) -> int:
    moment = datetime.fromtimestamp(quarter * QUARTER / 1000, UTC).astimezone(ZoneInfo(time_zone))
    offset = moment.utcoffset()
    return int(offset.total_seconds() * 1000) if offset else 0


def local(time_zone: str, now: int) -> tuple[int, int, int]:
    """Local day number since 1970, hour (0-23) and weekday (1 Monday - 7 Sunday) of a moment in a time zone."""
    moment = now + _offset(time_zone, now // QUARTER)
    day = moment // DAY
    return day, moment % DAY // 3_600_000, (day + 3) % 7 + 1


@lru_cache(maxsize=8192)
def _path_and_host(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        return parts.path[:LONGEST_PATH] or "/", (parts.hostname or "")[:255]
    except ValueError:
        return "", ""


def gather(headers: Mapping[str, str], url: str, locale: str, user_agent: str, country: str, hour: int, weekday: int) -> dict:
    """The `context.*` attributes, by their names without the prefix. All of it is in the decision's record, so it can be repeated."""
    agent = user_agents.parse((user_agent or headers.get("user-agent", ""))[: user_agents.LONGEST])
    language = (locale or headers.get("accept-language", ""))[:2].lower()
    path, host = _path_and_host(url[:LONGEST_URL]) if url else ("", "")
    return {
        "device": agent.device,
        "browser": agent.browser,
        "os": agent.os,
        "country": country,
        "language": language if language.isalpha() else "",
        "path": path,
        "host": host,
        "hour": hour,
        "weekday": weekday,
    }
