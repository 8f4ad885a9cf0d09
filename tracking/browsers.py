"""What must a browser hear before and after it sends: may this page, with these headers, to which address?"""

from collections.abc import Mapping

import msgspec

from tracking.site_config import SiteConfig

# What the official clients and the tracker send beyond what a browser allows by itself.
ALLOWED_HEADERS = "authorization, content-type, content-encoding, x-retry-count, x-write-key, x-request-id, anonymousid, sec-gpc, dnt"
PREFLIGHT_SECONDS = 86_400


def origin_allowed(site: SiteConfig, origin: str) -> bool:
    """Whether a page of this origin may use the site's key. Without an origin no browser asks; a site that lists none allows any."""
    return not origin or not site.allowed_origins or origin.lower() in site.allowed_origins


def preflight(headers: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    """Answer to `OPTIONS`. Any origin: which site it may send for is known only with the key, and checked with the request itself."""
    return (
        (b"access-control-allow-origin", headers.get("origin", "*").encode("latin-1")),
        (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
        (b"access-control-allow-headers", ALLOWED_HEADERS.encode()),
        (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS),
        (b"vary", b"origin"),
    )


def settings_answer(site: SiteConfig, host: str, scheme: str) -> bytes:
    """What @segment/analytics-next asks for at `/v1/projects/{writeKey}/settings`: where to send, and that no other destination is loaded."""
    destination = {"apiKey": site.write_key, "apiHost": f"{host}/v1", "protocol": scheme, "type": "browser", "versionSettings": {"componentTypes": []}}
    return msgspec.json.encode({"integrations": {"Segment.io": destination}, "plan": {}, "edgeFunction": {}, "metrics": {"sampleRate": 0}})
