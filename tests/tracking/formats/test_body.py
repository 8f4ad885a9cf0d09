import gzip

from hypothesis import given
from hypothesis import strategies as st

from tracking.formats.body import unpack

LIMIT = 1000


@given(st.binary(max_size=LIMIT).filter(lambda body: not body.startswith((b"\x1f\x8b", b"\xef\xbb\xbf"))))
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
