"""Does this request count? Robots, HEAD and what a browser fetches ahead are answered like any other, and leave no
trace in the figures."""

from collections.abc import Mapping

from personalization.edge.http import Request
from sites.config import SiteConfig
from tracking.addresses import in_data_centre
from tracking.bots import LONGEST, is_declared_bot, is_sender

PURPOSES = frozenset(("sec-purpose", "purpose", "x-purpose", "x-moz"))
AHEAD = ("prefetch", "prerender", "preview")  # fetched for a page that somebody may look at, or not


def counts(request: Request, site: SiteConfig, trusted_proxies: int, stated_agent: str = "") -> bool:
    """Whether a person asked, for a page that they see. `stated_agent` is the visitor's where a server asks on their
    behalf."""
    headers = request.headers
    if request.method == "HEAD" or (not PURPOSES.isdisjoint(headers) and _is_ahead(headers)):
        return False
    agent = headers.get("user-agent", "")
    # A sender's name says nothing about the visitor: so it is for events, too.
    own = agent if "origin" in headers or not is_sender(agent) else ""
    if own and site.drop_data_centres and in_data_centre(request.address(trusted_proxies)):
        return False
    return not is_declared_bot((stated_agent or own)[:LONGEST])


def _is_ahead(headers: Mapping[str, str]) -> bool:
    return any(word in headers.get(name, "").lower() for name in PURPOSES for word in AHEAD)
