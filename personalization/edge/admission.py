"""May this request come in: which site is it for, does that site admit the page that it comes from, and may it ask
why?"""

import hiredis

from personalization.edge.http import Request, Response, refuse
from personalization.redis import Redis, RedisUnavailable
from sites import keys
from sites.config import Access, Sites
from tracking import browsers
from tracking.steps.reading import KEY_IN_PAGE


def access_of(sites: Sites, request: Request, write_key: str) -> Access | Response:
    """What the request's key opens, for a page whose origin the site admits; else the refusal."""
    access = sites.find(request.headers, write_key)
    if access is None:
        return refuse(401, "invalid_write_key", "no site has this write key", "writeKey")
    if access.is_secret and "origin" in request.headers:
        return refuse(403, "secret_in_page", KEY_IN_PAGE, "writeKey")
    if not browsers.origin_allowed(access.site, request.headers.get("origin", "")):
        return refuse(403, "foreign_origin", "this site does not list the page's origin", "origin")
    return access


async def may_explain(redis: Redis, request: Request, site: int) -> bool:
    """Whether it bears a management token with the scope `explain`. Without Redis nobody may."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        return False
    try:
        allowed = await redis.call("HGET", keys.TOKENS, keys.token_digest(secret))
    except (RedisUnavailable, hiredis.ReplyError):
        return False
    return allowed is not None and int(allowed) in (0, site)
