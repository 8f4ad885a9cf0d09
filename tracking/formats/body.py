"""What is in a request's body, whatever its headers call it?

Official clients send gzip labelled as a form, JSON labelled as plain text (so that a beacon needs no preflight), with and without a byte order mark.
"""

import zlib

GZIP = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def unpack(body: bytes, limit: int) -> bytes | None:
    """The plain body, or None where it is larger than `limit` bytes (a gzip bomb is unpacked no further) or no whole gzip stream."""
    if body[:2] == GZIP:
        unpacked = _gunzip(body, limit)
        if unpacked is None:
            return None
        body = unpacked
    if len(body) > limit:
        return None
    return body.removeprefix(BYTE_ORDER_MARK)


def _gunzip(body: bytes, limit: int) -> bytes | None:
    stream = zlib.decompressobj(wbits=31)
    try:
        unpacked = stream.decompress(body, limit + 1)
    except zlib.error:
        return b""
    return unpacked if stream.eof or len(unpacked) > limit else b""
