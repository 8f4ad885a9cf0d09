"""What may a page of ours run, load and lead to, and who may keep it?"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# No script stands within a page, so none needs a nonce: what somebody smuggles into one does not run. Two things are
# more open than we should like: unfold's menus (Alpine) make functions of their attributes, which is `unsafe-eval`;
# styles stand within pages and in the creatives that previews show, which inherit this policy. Pictures of a catalogue
# and of creatives come from anywhere.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: http: https:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)


def guard(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Tells browsers what a page may do, and caches to keep nothing unless a view says otherwise: most answers tell of
    somebody."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return handle
