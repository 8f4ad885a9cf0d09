"""How do values of conditions and attributes compare? JSON's types; whatever JSON does not know equals nothing.

Where GrowthBook's SDKs differ from each other we are strict: equality never converts (`5` is not `"5"`, `true` is not
`1`). Order converts numeric text to numbers and takes a missing value as 0.
"""

import re
from typing import Any

KINDS = ("string", "number", "boolean", "array", "object", "null")
_NUMERIC = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)
_MAX_NUMERIC = 64
_MAX_VERSION = 100
_MAX_NUMERIC_VERSION = 10**15


def kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return "string"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, (list, tuple)):
        return "array"
    return "object" if isinstance(value, dict) else "unknown"


def equal(left: Any, right: Any) -> bool:
    """Deep equality of JSON values. Descends no deeper than the shallower of both."""
    kind = kind_of(left)
    if kind != kind_of(right) or kind == "unknown":
        return False
    if kind == "array":
        return len(left) == len(right) and all(map(equal, left, right))
    if kind == "object":
        return left.keys() == right.keys() and all(equal(value, right[key]) for key, value in left.items())
    return bool(left == right)


def is_in(actual: Any, expected: list[Any]) -> bool:
    """A list among the attributes is in `expected` when they share an element."""
    if isinstance(actual, (list, tuple)):
        return any(equal(element, member) for element in actual for member in expected)
    return any(equal(actual, member) for member in expected)


def lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def lower_each(value: Any) -> Any:
    return [lower(element) for element in value] if isinstance(value, (list, tuple)) else lower(value)


def number_of(value: Any) -> float | None:
    """The number that a value stands for in a comparison, or None: it cannot be ordered among numbers."""
    if value is None:
        return 0
    if isinstance(value, str):
        return float(value) if len(value) <= _MAX_NUMERIC and _NUMERIC.fullmatch(value) else None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def pair_of(actual: Any, expected: Any) -> tuple[Any, Any] | None:
    """Both as text or both as numbers, ready for `<`; None when they cannot be ordered."""
    if isinstance(actual, str) and isinstance(expected, str):
        return actual, expected
    left, right = number_of(actual), number_of(expected)
    return None if left is None or right is None else (left, right)


def version_of(value: Any) -> tuple[Any, ...]:
    """A sortable key for a semantic version: a release follows its pre-releases, build numbers do not count, a missing
    version is 0, and zeros in front of a number mean nothing."""
    if kind_of(value) == "number" and abs(value) < _MAX_NUMERIC_VERSION:
        value = f"{value:.15g}"
    text = value[:_MAX_VERSION] if isinstance(value, str) and value else "0"
    parts = re.split(r"[-.]", text.removeprefix("v").split("+")[0])
    key = tuple((0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in parts)
    return (*key, (1, 0, "~")) if len(parts) == 3 else key


def look_up(attributes: Any, path: str) -> Any:
    """The whole path as one key first, then step by step along its dots. Indexing, not `.get`: a dict may compute
    missing keys."""
    try:
        return attributes[path]
    except (KeyError, TypeError, IndexError, AttributeError):
        return walk(attributes, path) if "." in path else None


def walk(attributes: Any, path: str) -> Any:
    """Each step is a key of an object or the place in a list, from 0: `items.0.sku`."""
    current = attributes
    for step in path.split("."):
        try:
            current = current[_place(step) if isinstance(current, (list, tuple)) else step]
        except (KeyError, TypeError, IndexError, AttributeError):
            return None
    return current


def _place(step: str) -> int | None:
    """None indexes no list. Nor does what is no plain number: -1 would count from the end."""
    return int(step) if step.isascii() and step.isdigit() and len(step) < 10 else None
