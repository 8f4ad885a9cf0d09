"""What does an edge hear of beside a release: weights of bandits, and arms that somebody set for a visitor? As one
value for each site, written whole. Pure."""

from collections.abc import Mapping

import msgspec

from campaigns.treatments.weights import FrozenWeights


class Allotted(msgspec.Struct, array_like=True, frozen=True):
    weights: dict[int, FrozenWeights] = {}  # by treatment
    overrides: dict[str, dict[int, str]] = {}  # arm by treatment, by visitor


_decode = msgspec.msgpack.Decoder(Allotted).decode
_encode = msgspec.msgpack.Encoder().encode


def read_allotted(blob: bytes) -> Allotted:
    """Nothing where nothing was written. Raises msgspec.DecodeError for what `write_allotted` did not write."""
    return _decode(blob) if blob else Allotted()


def write_allotted(weights: Mapping[int, FrozenWeights], overrides: Mapping[str, Mapping[int, str]]) -> bytes:
    """In one order, so that what is the same has the same bytes."""
    arms = {visitor: dict(sorted(drawn.items())) for visitor, drawn in sorted(overrides.items())}
    return _encode(Allotted(dict(sorted(weights.items())), arms))
