"""Bitmaps: Python integers whose set bits are positions, of conditions or of rules."""

from collections.abc import Iterable, Iterator


def bitmap(positions: Iterable[int], size: int) -> int:
    """Set as bytes and read as one number: shifting and joining a growing number for each bit costs its square."""
    found = bytearray(size // 8 + 1)
    for position in positions:
        found[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(found, "little")


def positions_of(bits: int) -> Iterator[int]:
    """The positions of the set bits, lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
