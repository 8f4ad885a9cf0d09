"""What does a saved group stand for? Either a list of values (`$inGroup`) or, in the newer form, a list or condition
with a type (`$savedGroup`)."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from segments.conditions.shapes import Condition

NO_GROUPS: Mapping[str, Any] = MappingProxyType({})


def saved_groups(segments: Iterable[Any]) -> dict[str, Condition]:
    """What `$savedGroup` in a condition stands for: our segments, drafts or frozen ones, each with a `key` and a
    `condition`."""
    return {segment.key: {"type": "condition", "condition": segment.condition} for segment in segments}


def values_of(groups: Mapping[str, Any], key: str) -> list[Any]:
    """Members of a plain group; an unknown group is empty."""
    return groups.get(key, [])


def condition_of(groups: Mapping[str, Any], reference: Any) -> Condition | None:
    """The condition that `$savedGroup` stands for: `reference` is its id, or `{"id", "attributeKey"}`. None: there is
    no such group."""
    reference = {"id": reference} if isinstance(reference, str) else reference
    if not isinstance(reference, dict) or not isinstance(reference.get("id"), str):
        return None
    group = groups.get(reference["id"])
    if not isinstance(group, dict):
        return None
    if group.get("type") == "condition":
        return group.get("condition")
    attribute = reference.get("attributeKey", group.get("attributeKey"))
    if group.get("type") == "list" and isinstance(attribute, str) and not attribute.startswith("$"):
        return {attribute: {"$in": group.get("values")}}
    return None


def id_of(reference: Any) -> Any:
    return reference.get("id") if isinstance(reference, dict) else reference
