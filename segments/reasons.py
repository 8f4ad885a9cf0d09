"""Why is somebody in a segment, or not? Each part of the condition, whether it holds, and the value that decided.
Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from segments.conditions import matches
from segments.money import in_major
from segments.wording import describe
from sites.money import written


@dataclass(frozen=True)
class Part:
    words: str
    holds: bool
    actual: Any  # None where the part speaks of more than one attribute


def parts_of(
    condition: Mapping,
    attributes: Mapping,
    currency: str,
    title_of: Callable[[str], str] = str,
    is_money: Callable[[str], bool] = lambda attribute: False,
    groups: Mapping | None = None,
) -> list[Part]:
    """The parts that must all hold, in the order in which they are written; amounts as they are written in the
    currency."""
    write, parts = partial(written, currency=currency), []
    for key, value in condition.items():
        actual = None if key.startswith("$") else attributes.get(key)
        if actual is not None and is_money(key):
            actual = write(actual)
        parts.append(
            Part(
                describe(in_major({key: value}, is_money, write), title_of),
                matches({key: value}, attributes, groups or {}),
                actual,
            )
        )
    return parts
