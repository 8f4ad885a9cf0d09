"""What is in a request's body, whatever its headers call it?

Official clients send gzip labelled as a form, JSON labelled as plain text (so that a beacon needs no preflight), with
and without a byte order mark.
"""

import zlib

GZIP = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"


class Packed(ValueError):
    """The body is packed in a way that we do not know; its name is the message."""


def unpack(body: bytes, limit: int, encoding: str = "") -> bytes | None:
    """The plain body, or None where it is larger than `limit` bytes (a bomb is unpacked no further); empty where it is
    no whole stream.

    `encoding` is the Content-Encoding header; it counts only where the body itself does not show what it is. Raises
    Packed.
    """
    if body[:2] == GZIP or _is_zlib(body):
        unpacked = _inflate(body, limit, 47)  # gzip or zlib, as its first bytes say
    elif encoding in ("", "identity") or body.lstrip(_SPACE + BYTE_ORDER_MARK)[:1] in (b"{", b"["):
        unpacked = body
    elif encoding == "deflate":  # without its frame, as some clients understand the name (RFC 9110, 8.4.1.2)
        unpacked = _inflate(body, limit, -15)
    elif encoding in ("br", "zstd", "compress", "x-compress"):
        raise Packed(encoding)
    else:
        unpacked = body
    return None if unpacked is None or len(unpacked) > limit else unpacked.removeprefix(BYTE_ORDER_MARK)


def _is_zlib(body: bytes) -> bool:
    """The two bytes with which "deflate" begins (RFC 1950, 2.2), whatever its window; no object or list of JSON begins
    so."""
    return len(body) > 1 and body[0] & 0x8F == 8 and (body[0] * 256 + body[1]) % 31 == 0


def _inflate(body: bytes, limit: int, wbits: int) -> bytes | None:
    stream = zlib.decompressobj(wbits=wbits)
    try:
        unpacked = stream.decompress(body, limit + 1)
    except zlib.error:
        return b""
    return unpacked if stream.eof or len(unpacked) > limit else b""
