"""How does a compiled index travel to the edge? As msgpack, bitmaps as bytes, so that loading is reading."""

from collections.abc import Mapping
from typing import Any

import msgspec

from campaigns.index.columns import Bits, Column, key_of, literal_of
from segments.conditions.shapes import Condition


class Packed(msgspec.Struct, gc=False):
    """A compiled index.

    start: slots that can match at all.  owners: whose alternative each slot from `count` on is.
    unsure: slots to confirm at every match.  conditions: those that may have to be confirmed, by position.  groups: for
    those.
    """

    count: int
    start: int
    owners: list[int]
    unsure: int
    columns: list[Column]
    conditions: Mapping[int, Condition]
    groups: Mapping[str, Any]


class _Column(msgspec.Struct, array_like=True):
    path: str
    cares: bytes
    other: bytes
    scalars: list[tuple[Any, bytes | list[int]]]
    is_sparse: bool
    gains: list[tuple[Any, bytes | list[int]]]
    losses: list[tuple[Any, bytes | list[int]]]
    cuts: list[float | int]
    ranges: list[bytes]
    unsure: list[bytes]
    unranged: bytes


class _Wire(msgspec.Struct, array_like=True):
    count: int
    start: bytes
    owners: list[int]
    unsure: bytes
    columns: list[_Column]
    conditions: dict[int, Condition]
    groups: Condition


_DECODER = msgspec.msgpack.Decoder(_Wire)


def pack(packed: Packed) -> bytes:
    columns = [_pack_column(column) for column in packed.columns]
    start, unsure = _to_bytes(packed.start), _to_bytes(packed.unsure)
    wire = _Wire(packed.count, start, packed.owners, unsure, columns, dict(packed.conditions), dict(packed.groups))
    return msgspec.msgpack.encode(wire)


def unpack(data: bytes) -> Packed:
    """Raises `msgspec.ValidationError` for what `pack` did not write."""
    wire = _DECODER.decode(data)
    columns = [_unpack_column(column) for column in wire.columns]
    return Packed(
        wire.count, _to_int(wire.start), wire.owners, _to_int(wire.unsure), columns, wire.conditions, wire.groups
    )


def _pack_column(column: Column) -> _Column:
    return _Column(
        path=column.path,
        cares=_to_bytes(column.cares),
        other=_to_bytes(column.other),
        scalars=_pack_bits(column.scalars),
        is_sparse=column.is_sparse,
        gains=_pack_bits(column.gains),
        losses=_pack_bits(column.losses),
        cuts=column.cuts,
        ranges=[_to_bytes(bits) for bits in column.ranges],
        unsure=[_to_bytes(bits) for bits in column.unsure],
        unranged=_to_bytes(column.unranged),
    )


def _unpack_column(column: _Column) -> Column:
    return Column(
        path=column.path,
        cares=_to_int(column.cares),
        other=_to_int(column.other),
        scalars=_unpack_bits(column.scalars),
        is_sparse=column.is_sparse,
        gains=_unpack_bits(column.gains),
        losses=_unpack_bits(column.losses),
        cuts=column.cuts,
        ranges=[_to_int(bits) for bits in column.ranges],
        unsure=[_to_int(bits) for bits in column.unsure],
        unranged=_to_int(column.unranged),
    )


def _pack_bits(bits_by_key: Mapping[Any, Bits]) -> list[tuple[Any, bytes | list[int]]]:
    return [
        (literal_of(key), _to_bytes(bits) if isinstance(bits, int) else list(bits)) for key, bits in bits_by_key.items()
    ]


def _unpack_bits(pairs: list[tuple[Any, bytes | list[int]]]) -> dict[Any, Bits]:
    return {key_of(literal): _to_int(bits) if isinstance(bits, bytes) else tuple(bits) for literal, bits in pairs}


def _to_bytes(bits: int) -> bytes:
    return bits.to_bytes(bits.bit_length() // 8 + 1, "little")


def _to_int(data: bytes) -> int:
    return int.from_bytes(data, "little")
