"""Which attributes does a condition speak of?"""

from collections.abc import Mapping
from typing import Any

from segments.conditions import groups as saved
from segments.conditions.validate import MAX_DEPTH


def paths_of(condition: Any, groups: Mapping = saved.NO_GROUPS) -> frozenset[str]:
    """Names of attributes, as written; those inside `$elemMatch` belong to its elements and are not among them."""
    return frozenset(_paths(condition, groups, 0))


def _paths(condition: Any, groups: Mapping, depth: int) -> set[str]:
    found: set[str] = set()
    if not isinstance(condition, dict) or depth > MAX_DEPTH:
        return found
    for key, value in condition.items():
        if key in ("$and", "$or", "$nor"):
            found |= (
                {path for part in value for path in _paths(part, groups, depth + 1)}
                if isinstance(value, (list, tuple))
                else set()
            )
        elif key == "$not":
            found |= _paths(value, groups, depth + 1)
        elif key == "$savedGroup":
            found |= _paths(saved.condition_of(groups, value), groups, depth + 1)
        elif key == "$savedGroups":
            references = value if isinstance(value, (list, tuple)) else ()
            found |= {
                path
                for reference in references
                for path in _paths(saved.condition_of(groups, reference), groups, depth + 1)
            }
        else:
            found.add(str(key))
    return found
