"""Does a condition speak only of what exists? Names of attributes in it, and those that nobody knows."""

from collections.abc import Container, Iterator
from difflib import get_close_matches
from typing import Any

from segments.attributes import ATTRIBUTES, attribute_of
from segments.conditions import Fault, validate
from segments.conditions.shapes import Condition
from segments.conditions.tree import comparisons, read
from segments.references import segments_in


def faults_of(
    condition: Any,
    groups: dict[str, dict[str, Any]] | None = None,
    *,
    of_segment: bool = False,
    segments: Container[str] | None = None,
) -> list[Fault]:
    """All faults of form and of vocabulary; [] for a good condition. A segment's own condition may not ask for
    membership of segments.

    With `segments`, the keys that may be named, another one is a fault.
    """
    faults = validate(condition, groups) or [
        fault for path, name in names_in(condition) if (fault := _name_fault(path, name, of_segment))
    ]
    if faults or segments is None:
        return faults
    return [
        Fault(path, f"there is no segment {key!r}, or it is archived")
        for path, key in segments_in(condition)
        if key not in segments
    ]


def names_in(condition: Condition) -> Iterator[tuple[str, str]]:
    """(path, name) of each attribute in a well-formed condition, the numbers of event rows not among them."""
    yield from dict.fromkeys(
        (node.place, node.attribute) for node in comparisons(read(condition)) if node.question is None
    )


def _name_fault(path: str, name: str, of_segment: bool) -> Fault | None:
    if of_segment and name == "segment":
        return Fault(path, "a segment cannot depend on segments; use $savedGroup to build on another one")
    if attribute_of(name) is not None:
        return None
    near = get_close_matches(name, ATTRIBUTES, 1)
    return Fault(path, "unknown attribute" + (f"; did you mean {near[0]}?" if near else ""))
