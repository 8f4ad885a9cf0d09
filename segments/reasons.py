"""Why is somebody in a segment, or not? Each part of the condition, whether it holds, and the value that decided. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from segments.conditions import matches
from segments.wording import describe


@dataclass(frozen=True)
class Part:
    words: str
    holds: bool
    actual: Any  # None where the part speaks of more than one attribute


def parts_of(condition: Mapping, attributes: Mapping, title_of: Callable[[str], str] = str, groups: Mapping | None = None) -> list[Part]:
    """The parts that must all hold, in the order in which they are written."""
    return [
        Part(describe({key: value}, title_of), matches({key: value}, attributes, groups or {}), None if key.startswith("$") else attributes.get(key))
        for key, value in condition.items()
    ]
