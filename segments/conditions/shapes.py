"""What is a condition, and what is it asked of, to the types? JSON objects: what is wrong in one, `validate` says."""

from collections.abc import Mapping
from typing import Any

Condition = dict[str, Any]  # attributes and operators to what they are compared with; {} holds for everybody
SavedGroups = Mapping[str, Any]  # what `$inGroup` and `$savedGroup` name
Values = Mapping[str, Any]  # attributes by name, flat or nested
