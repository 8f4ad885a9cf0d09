"""May this request come in: which site is it for, does that site admit the page that it comes from, and may it ask
why?"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import hiredis

from personalization.edge.http import Request, Response, refuse
from personalization.redis import RedisUnavailable
from sites import keys
from sites.config import Access
from tracking import browsers
from tracking.steps.reading import KEY_IN_PAGE

if TYPE_CHECKING:
    from personalization.edge.state import State


def access_of(state: State, request: Request, write_key: str) -> Access | Response:
    """What the request's key opens, for a page whose origin the site admits; else the refusal."""
    access = state.snapshots.sites.find(request.headers, write_key)
    if access is None:
        return refuse(401, "invalid_write_key", "no site has this write key", "writeKey")
    if access.is_secret and "origin" in request.headers:
        return refuse(403, "secret_in_page", KEY_IN_PAGE, "writeKey")
    if not browsers.origin_allowed(access.site, request.headers.get("origin", "")):
        return refuse(403, "foreign_origin", "this site does not list the page's origin", "origin")
    return access


async def may_explain(state: State, request: Request, site: int) -> bool:
    """Whether it bears a management token with the scope `explain`. Without Redis nobody may."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        return False
    try:
        allowed = await state.redis.call("HGET", keys.TOKENS, hashlib.sha256(secret.encode()).hexdigest())
    except (RedisUnavailable, hiredis.ReplyError):
        return False
    return allowed is not None and int(allowed) in (0, site)
