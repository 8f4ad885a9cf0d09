"""What may a decision look at? The request's part of the context: device, language, page, local hour and weekday."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from sites.config import SiteConfig
from sites.local_time import local
from tracking import user_agents
from tracking.addresses import country_of
from tracking.formats.segment import Context
from tracking.languages import language_of
from tracking.personal import hide_in_text, kept_path

LONGEST_URL = 2048  # characters: it is remembered, and the client's to choose


def gather(
    site: SiteConfig,
    headers: Mapping[str, str],
    told: Context,
    trusted_proxies: int,
    now: int,
    ids: Collection[str] = (),
) -> tuple[dict[str, Any], int]:
    """The `context.*` attributes, by their names without the prefix; and the local day number. `told` is what
    a client says of itself, headers speak for the rest; `ids` are the visitor's own: addresses hold them.

    The one way to them: an answer, the stream that watches it and the drawer that explains it would else decide
    differently. All of it is in the decision's record, so it can be repeated.
    """
    agent = user_agents.parse((told.user_agent or headers.get("user-agent", ""))[: user_agents.LONGEST])
    url = told.page.url if told.page else None
    path, host = place(url[:LONGEST_URL], site.salt) if url else ("", "")
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
def place(url: str, salt: str) -> tuple[str, str]:
    """Path and host of a page's address as events have them, so that a condition on the one holds for the other."""
    try:
        parts = urlsplit(url)
        return kept_path(parts.path, (), salt) or "/", (parts.hostname or "")[:255]
    except ValueError:
        return "", ""
