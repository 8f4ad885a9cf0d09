"""Which variation did this visitor have before, and may it be kept? Pure."""

from typing import NamedTuple

import msgspec

from campaigns.flags.documents import Division, VariationMeta

Assignments = dict[str, str]  # experiment and version of its buckets -> key of the variation


class StickyDocument(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What one value of an attribute was assigned to."""

    attribute_name: str
    attribute_value: str
    assignments: Assignments


class Held(NamedTuple):
    """A variation from before, -1 for none; blocked where it is of buckets that are not to be used any more."""

    position: int = -1
    is_blocked: bool = False


NOTHING_HELD = Held()


def name_of(attribute: str, value: str) -> str:
    return f"{attribute}||{value}"


def held_by(assignments: Assignments, key: str, division: Division) -> Held:
    for version in range(division.min_bucket_version):
        if _bucket(key, version) in assignments:
            return Held(is_blocked=True)
    variation = assignments.get(_bucket(key, division.bucket_version))
    return NOTHING_HELD if variation is None else Held(_position_of(variation, division.meta or []))


def noted(
    documents: dict[str, StickyDocument], attribute: str, value: str, key: str, division: Division, variation: str
) -> None:
    """Writes down what was assigned now, beside what there was."""
    name = name_of(attribute, value)
    before = documents[name].assignments if name in documents else {}
    after = {**before, _bucket(key, division.bucket_version): variation}
    documents[name] = StickyDocument(attribute, value, after)


def _bucket(key: str, version: int) -> str:
    return f"{key}__{version}"


def _position_of(variation: str, meta: list[VariationMeta]) -> int:
    return next((position for position, one in enumerate(meta) if one.key == variation), -1)
