"""What may a decision look at? The request's part of the context: device, language, page, local hour and weekday."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sites.config import SiteConfig
from tracking import user_agents
from tracking.addresses import country_of
from tracking.languages import language_of
from tracking.personal import hide_in_text, kept_path

QUARTER = 900_000  # milliseconds; every offset of a time zone is a multiple of a quarter of an hour
DAY = 86_400_000
LONGEST_URL = 2048  # characters: it is remembered, and the client's to choose


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


class Told(NamedTuple):
    """What a client says of itself, where it says so; headers speak for the rest."""

    url: str = ""
    locale: str = ""
    user_agent: str = ""


def gather(
    site: SiteConfig, headers: Mapping[str, str], told: Told, trusted_proxies: int, now: int, ids: Collection[str] = ()
) -> tuple[dict[str, Any], int]:
    """The `context.*` attributes, by their names without the prefix; and the local day number. `ids` are the visitor's
    own: addresses hold them.

    The one way to them: an answer, the stream that watches it and the drawer that explains it would else decide
    differently. All of it is in the decision's record, so it can be repeated.
    """
    agent = user_agents.parse((told.user_agent or headers.get("user-agent", ""))[: user_agents.LONGEST])
    path, host = _place(told.url[:LONGEST_URL], site.salt) if told.url else ("", "")
    day, hour, weekday = local(site.time_zone, now)
    context = {
        "device": agent.device,
        "browser": agent.browser,
        "os": agent.os,
        "country": country_of(headers, trusted_proxies),
        "language": language_of(told.locale or headers.get("accept-language", "")),
        "path": hide_in_text(path, ids, site.salt) if ids else path,
        "host": host,
        "hour": hour,
        "weekday": weekday,
    }
    return context, day


@lru_cache(maxsize=8192)
def _place(url: str, salt: str) -> tuple[str, str]:
    """Path and host of a page's address as events have them, so that a condition on the one holds for the other."""
    try:
        parts = urlsplit(url)
        return kept_path(parts.path, (), salt) or "/", (parts.hostname or "")[:255]
    except ValueError:
        return "", ""
