"""Which attributes does a condition speak of?"""

from typing import Any

from segments.conditions import saved, tree
from segments.conditions.shapes import SavedGroups


def paths_of(condition: Any, groups: SavedGroups = saved.NO_GROUPS) -> frozenset[str]:
    """Names of attributes, as written; those inside `$elemMatch` belong to its elements and are not among them."""
    return frozenset(node.attribute for node in tree.comparisons(tree.read(condition, groups)))
