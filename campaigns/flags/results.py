"""What came of a feature for one visitor? Pure."""

from enum import StrEnum
from typing import Any

import msgspec

from campaigns.flags.documents import Experiment, ExperimentResult


class Source(StrEnum):
    """Why a feature has its value."""

    UNKNOWN_FEATURE = "unknownFeature"
    DEFAULT_VALUE = "defaultValue"
    FORCE = "force"
    EXPERIMENT = "experiment"
    PREREQUISITE = "prerequisite"
    CYCLIC_PREREQUISITE = "cyclicPrerequisite"


class FeatureResult(msgspec.Struct, frozen=True, gc=False):
    value: Any
    source: Source
    rule_id: str = ""
    experiment: Experiment | None = None
    experiment_result: ExperimentResult | None = None

    @property
    def is_on(self) -> bool:
        """Whether JavaScript takes the value as true: also an empty list or object."""
        return isinstance(self.value, (list, dict)) or bool(self.value and self.value == self.value)
