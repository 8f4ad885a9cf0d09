"""May this request come in: which site is it for, and does that site admit the page that it comes from?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from personalization.edge.http import Request, Response, refuse
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
