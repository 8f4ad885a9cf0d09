"""What must a browser hear before and after it sends: may this page, with these headers, to which address?"""

import re
from collections.abc import Mapping

import msgspec

from sites.config import SiteConfig

PREFLIGHT_SECONDS = 86_400
# What a preflight may ask for; an SDK and a page's tracing together ask for some twenty names.
MAX_HEADER_NAMES, MAX_HEADER_NAME = 64, 64
HEADER_NAME = re.compile(rf"[\w!#$%&'*+.^`|~-]{{1,{MAX_HEADER_NAME}}}", re.ASCII)  # a token of RFC 9110, 5.6.2


def origin_allowed(site: SiteConfig, origin: str) -> bool:
    """Whether a page of this origin may use the site's key. Without an origin no browser asks; a site that lists none
    allows any."""
    return not origin or not site.allowed_origins or origin.lower() in site.allowed_origins


def preflight(headers: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    """Answer to `OPTIONS`. Any origin: which site it may send for is known only with the key, and checked with the
    request itself.

    Any header: a page's own tracing adds its to whatever an SDK sends, and a list would take those pages' events and
    decisions away. It opens nothing, since no call goes by cookies and none may be sent here (no
    `access-control-allow-credentials`).
    """
    return (
        (b"access-control-allow-origin", headers.get("origin", "*").encode("latin-1")),
        (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
        (b"access-control-allow-headers", _header_names(headers.get("access-control-request-headers", "")).encode()),
        (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS),
        (b"vary", b"origin, access-control-request-headers"),
    )


def _header_names(asked: str) -> str:
    """Those of the names asked for that can be names, no more than an answer may hold."""
    names = (name.strip() for name in asked.split(",", MAX_HEADER_NAMES)[:MAX_HEADER_NAMES])
    return ", ".join(name for name in names if HEADER_NAME.fullmatch(name))


def settings_answer(site: SiteConfig, host: str, scheme: str) -> bytes:
    """What @segment/analytics-next asks for at `/v1/projects/{writeKey}/settings`: where to send, and that no other
    destination is loaded."""
    destination = {
        "apiKey": site.write_key,
        "apiHost": f"{host}/v1",
        "protocol": scheme,
        "type": "browser",
        "versionSettings": {"componentTypes": []},
    }
    return msgspec.json.encode(
        {"integrations": {"Segment.io": destination}, "plan": {}, "edgeFunction": {}, "metrics": {"sampleRate": 0}}
    )
