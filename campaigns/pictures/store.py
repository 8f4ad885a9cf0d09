"""Where do the files of pictures lie, and how does a browser get one? In a folder or in S3 (`SEGUE_PICTURES`), under a
name that says what is in them, so that whoever has one never asks again."""

import re
from collections.abc import Callable

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseNotModified
from django.views.decorators.http import require_safe

from campaigns.pictures.decoding import Decoded

ADDRESS = re.compile(r"/pictures/([0-9a-f]{32})/(\d{1,5})\.webp")
HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",  # pages of sites show it
    "Access-Control-Allow-Origin": "*",
}


def _store() -> Storage:
    return storages["pictures"]


def name_of(digest: str, width: int) -> str:
    return f"{digest}/{width}.webp"


def keep(decoded: Decoded) -> None:
    """Harmless where they are kept already. Raises OSError, or what the storage raises, where it cannot be written."""
    store = _store()
    for width, data in decoded.files.items():
        name = name_of(decoded.digest, width)
        if not store.exists(name):
            store.save(name, ContentFile(data))


def forget(digest: str, widths: list[int]) -> None:
    store = _store()
    for width in widths:
        store.delete(name_of(digest, width))


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answers GET /pictures/{digest}/{width}.webp ahead of sessions: anybody may have it, and whoever keeps it for all
    need not look at cookies."""

    def handle(request: HttpRequest) -> HttpResponse:
        asked = ADDRESS.fullmatch(request.path_info)
        return serve(request, asked[1], int(asked[2])) if asked else get_response(request)

    return handle


@require_safe
def serve(request: HttpRequest, digest: str, width: int) -> HttpResponse:
    etag = f'"{digest}-{width}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={**HEADERS, "ETag": etag})
    try:
        with _store().open(name_of(digest, width)) as file:
            data = file.read()
    except FileNotFoundError:
        return HttpResponseNotFound("no such picture\n", content_type="text/plain")
    return HttpResponse(data, content_type="image/webp", headers={**HEADERS, "ETag": etag})
