"""What does a site get as t.js? The source in `static/tracker`, without comments and long names
(docs/decisions/0008)."""

import gzip
import hashlib
from pathlib import Path
from typing import NamedTuple, Self

import minify
from django.conf import settings

from personalization.edge.http import Request, Response
from personalization.edge.state import State

SOURCE = settings.BASE_DIR / "static" / "tracker" / "t.js"


class Served(NamedTuple):
    """One version of the file as browsers get it. Its etag is that of the content, so every process and machine gives
    the same one, and weak, because plain and compressed share it."""

    plain: bytes
    compressed: bytes
    etag: bytes

    @classmethod
    def of(cls, source: str) -> Self:
        """Raises `minify.MinifyError` where the source is no JavaScript."""
        plain = minify.string("text/javascript", source).encode()
        etag = b'W/"%b"' % hashlib.sha256(plain).hexdigest()[:20].encode()
        return cls(plain, gzip.compress(plain, 9, mtime=0), etag)


class Tracker:
    """GET /t.js: minified and compressed at the start; again when the file changes, so that development needs no
    restart."""

    def __init__(self, path: Path = SOURCE) -> None:
        self.path = path
        self.changed_at = -1.0
        self._read()

    def _read(self) -> None:
        changed_at = self.path.stat().st_mtime
        if changed_at != self.changed_at:
            self.served = Served.of(self.path.read_text("utf-8"))
            self.changed_at = changed_at

    async def __call__(self, state: State, request: Request) -> Response:
        self._read()
        headers = (
            (b"content-type", b"text/javascript; charset=utf-8"),
            (b"cache-control", b"public, max-age=300"),
            (b"etag", self.served.etag),
            (b"vary", b"accept-encoding"),
            (b"access-control-allow-origin", b"*"),
            (b"cross-origin-resource-policy", b"cross-origin"),
        )
        if request.headers.get("if-none-match", "").encode() == self.served.etag:
            return Response(304, b"", headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(200, self.served.compressed, (*headers, (b"content-encoding", b"gzip")))
        return Response(200, self.served.plain, headers)
