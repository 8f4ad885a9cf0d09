"""What came of a decision? Impressions, clicks, dismissals and conversions, by signed token: pixel, redirect or
POST."""

import base64
from typing import Annotated
from urllib.parse import quote, urlsplit

import msgspec
import structlog
from django.conf import settings

from personalization.edge.collect import NOT_STORED, UNAVAILABLE
from personalization.edge.counting import counts
from personalization.edge.http import JSON, Request, Response, refuse
from personalization.edge.question import UNREADABLE, field_of
from personalization.edge.state import State
from personalization.engagement import NAMES, BadToken, Shown, arrival_of
from personalization.situation import NO_VISITOR
from privacy import consent
from sites.config import SiteConfig
from sites.local_time import local
from sites.money import scale
from sites.origins import ascii_host
from sites.times import now_ms
from tracking.reasons import Reason

log = structlog.get_logger(__name__)

PIXEL = Response(
    200,
    base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"),
    ((b"content-type", b"image/gif"), (b"cache-control", b"no-store")),
)
NO_CONTENT = Response(200, b'{"success":true}', (JSON,))
MAX_TOKENS = 100
MAX_VALUE = 10**10  # in major units


class Engagement(msgspec.Struct):
    """One line of POST /v1/engagement. `value` is a decimal number in major units, for conversions."""

    token: str
    type: str
    value: Annotated[float, msgspec.Meta(ge=0, le=MAX_VALUE)] = 0.0


class Engagements(msgspec.Struct):
    engagements: list[Engagement]


_read = msgspec.json.Decoder(Engagement).decode
_read_many = msgspec.json.Decoder(Engagements).decode


async def pixel(state: State, request: Request) -> Response:
    """GET /v1/i/{token}: always a picture, so that no page shows a broken one."""
    try:
        await _record(state, request, state.tokens.read(request.part), "impression")
    except (BadToken, *NOT_STORED) as error:
        state.metrics.problem("pixel", error)
    return PIXEL


async def redirect(state: State, request: Request) -> Response:
    """GET /v1/c/{token}: the click is recorded if it can be; the visitor is sent on in any case."""
    try:
        shown = state.tokens.read(request.part)
    except BadToken:
        return refuse(404, "invalid_token", "this link was not made here, or was changed", "token")
    try:
        await _record(state, request, shown, "click")
    except NOT_STORED as error:
        state.metrics.problem("click", error)
    site = state.snapshots.sites.by_id.get(shown.offer.site)
    if not shown.offer.link or site is None:
        return refuse(404, "no_link", "what was shown leads nowhere", "token")
    target = absolute(shown.offer.link, site, request.headers.get("host", ""))
    return Response(302, b"", ((b"location", as_uri(target).encode()), (b"cache-control", b"no-store")))


async def engage(state: State, request: Request) -> Response:
    """POST /v1/engagement: one `{token, type}` or `{engagements: [...]}`; 200 once they are in the log."""
    is_list = b'"engagements"' in request.body
    try:
        lines = _read_many(request.body).engagements if is_list else [_read(request.body)]
    except UNREADABLE as error:
        return refuse(400, "invalid_body", str(error), field_of(str(error)))
    if not 0 < len(lines) <= MAX_TOKENS:
        return refuse(400, "invalid_engagements", f"send 1 to {MAX_TOKENS}", "engagements")
    checked = []
    for number, line in enumerate(lines):
        place = f"engagements[{number}]." if is_list else ""
        if line.type not in NAMES:
            return refuse(400, "invalid_type", f"one of {', '.join(NAMES)}", f"{place}type")
        try:
            checked.append((state.tokens.read(line.token), line))
        except BadToken:
            return refuse(400, "invalid_token", "this token was not made here, or was changed", f"{place}token")
    try:
        for shown, line in checked:
            await _record(state, request, shown, line.type, line.value)
    except NOT_STORED as error:
        log.warning("engagement_not_stored", error=type(error).__name__)
        return UNAVAILABLE
    return NO_CONTENT


async def _record(state: State, request: Request, shown: Shown, kind: str, value: float = 0.0) -> None:
    """Without consent, when it was decided or now, there is nobody to credit: it is counted, and forgotten.

    A token credits something as long as its repetition would be recognised; a page left open for longer credits
    nothing.
    """
    site, now = state.snapshots.sites.by_id.get(shown.offer.site), now_ms()
    if site is None or now - shown.at > settings.DEDUPE_MS:
        state.metrics.count("engagement_too_late")
        return
    # Only browsers speak here: what was agreed to is in the token.
    objects = not consent.resolve("opt_out", site.honour_dnt, request.headers, None).may_store
    if objects or shown.visitor.hex() == NO_VISITOR:
        state.metrics.count(f"anonymous_{kind}")
        return
    if shown.offer.is_preview or not counts(request, site, state.trusted_proxies):
        state.metrics.count(f"uncounted_{kind}")
        return
    day, _, _ = local(site.time_zone, now)
    recorded = await state.store.record(arrival_of(shown, kind, now, day, round(value * scale(site.currency))))
    if recorded.duplicates:
        state.drops.count(site, Reason.DUPLICATE, recorded.duplicates)


def absolute(link: str, site: SiteConfig, own_host: str) -> str:
    """A link within the site, as an address; a link that has a host already is as the marketer wrote it."""
    if "//" in link[:8] or link.startswith(("mailto:", "tel:")) or not site.domain or site.domain == own_host:
        return link
    scheme = "http" if site.domain.partition(":")[0] in ("localhost", "127.0.0.1") else "https"
    return f"{scheme}://{site.domain}/{link.lstrip('/')}"


def as_uri(address: str) -> str:
    """In ASCII, and leading where the same address in an `href` leads: the host by IDNA, all else percent-encoded as
    UTF-8."""
    if address.isascii():
        return address
    try:
        host = urlsplit(address).netloc.rpartition("@")[2]
    except ValueError:  # no host that anybody could have: encoded below, and it leads nowhere
        host = ""
    if not host.isascii():
        address = address.replace(host, ascii_host(host), 1)
    return quote(address, safe="!#$%&'()*+,/:;=?@[]~")
