import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.formats.body import Packed, unpack

LIMIT = 1000
ZLIB = tuple(bytes([window * 16 + 8]) for window in range(8))  # how zlib streams begin


@given(st.binary(max_size=LIMIT).filter(lambda body: not body.startswith((b"\x1f\x8b", b"\xef\xbb\xbf", *ZLIB))))
def test_plain_and_packed_bodies_are_the_same(body):
    assert unpack(body, LIMIT) == unpack(gzip.compress(body), LIMIT) == body


def test_drops_a_byte_order_mark_packed_or_not():
    assert unpack(b"\xef\xbb\xbf{}", LIMIT) == unpack(gzip.compress(b"\xef\xbb\xbf{}"), LIMIT) == b"{}"


def test_refuses_what_is_larger_than_the_limit():
    assert unpack(b"x" * (LIMIT + 1), LIMIT) is None
    assert unpack(gzip.compress(b"x" * (LIMIT + 1)), LIMIT) is None


def test_a_gzip_bomb_is_unpacked_no_further_than_the_limit():
    import tracemalloc

    bomb = gzip.compress(b"\0" * 100_000_000, 9)
    tracemalloc.start()

    assert unpack(bomb, LIMIT) is None
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_a_broken_gzip_stream_is_an_empty_body():
    assert unpack(gzip.compress(b"hello")[:-6], LIMIT) == b""
    assert unpack(b"\x1f\x8bnonsense", LIMIT) == b""


@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize("window", [9, 12, 15])
def test_deflate_is_read_as_gzip_is(level, window):
    """ingest-packed-otherwise-1: 'malformed, do not repeat' made clients throw events away."""
    body = b'{"type":"track"}' * 20
    stream = zlib.compressobj(level, wbits=window)
    packed = stream.compress(body) + stream.flush()

    assert unpack(packed, 10_000) == body
    assert unpack(packed, 100) is None
    assert unpack(packed[:-3], 10_000) == b""


def test_deflate_without_its_frame_is_read_where_the_header_says_so():
    stream = zlib.compressobj(wbits=-15)
    packed = stream.compress(b'{"type":"track"}' * 20) + stream.flush()

    assert unpack(packed, 10_000, "deflate") == b'{"type":"track"}' * 20
    assert unpack(packed, 100, "deflate") is None
    assert unpack(b'{"plain": "after all"}', 100, "deflate") == b'{"plain": "after all"}'


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress"])
def test_what_is_packed_otherwise_is_no_malformed_body(encoding):
    with pytest.raises(Packed, match=encoding):
        unpack(b"\x28\xb5\x2f\xfd\x00", 100, encoding)

    assert unpack(b'{"plain": "after all"}', 100, encoding) == b'{"plain": "after all"}'
