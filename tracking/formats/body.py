"""What is in a request's body, whatever its headers call it?

Official clients send gzip labelled as a form, JSON labelled as plain text (so that a beacon needs no preflight), with and without a byte order mark.
"""

import zlib

GZIP = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def unpack(body: bytes, limit: int) -> bytes | None:
    """The plain body, or None where it is larger than `limit` bytes (a bomb is unpacked no further); empty where it is no whole stream."""
    if body[:2] == GZIP or _is_zlib(body):
        unpacked = _inflate(body, limit)
        if unpacked is None:
            return None
        body = unpacked
    if len(body) > limit:
        return None
    return body.removeprefix(BYTE_ORDER_MARK)


def _is_zlib(body: bytes) -> bool:
    """The two bytes with which "deflate" begins (RFC 1950, 2.2), whatever its window; no object or list of JSON begins so."""
    return len(body) > 1 and body[0] & 0x8F == 8 and (body[0] * 256 + body[1]) % 31 == 0


def _inflate(body: bytes, limit: int) -> bytes | None:
    stream = zlib.decompressobj(wbits=47)  # gzip or zlib, as its first bytes say
    try:
        unpacked = stream.decompress(body, limit + 1)
    except zlib.error:
        return b""
    return unpacked if stream.eof or len(unpacked) > limit else b""
