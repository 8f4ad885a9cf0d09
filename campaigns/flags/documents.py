"""What may a document say to GrowthBook's SDKs? Its parts, as they stand in JSON. Pure.

What is None, empty or unset is not there. Fields that we do not know are passed over, as the SDKs do.
"""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from campaigns.bucketing import Range
from segments.conditions.shapes import Condition


class _Part(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True, kw_only=True):
    pass


class VariationMeta(_Part, frozen=True, gc=False, kw_only=True):
    """What is told of a variation beside its value."""

    key: str | None = None  # for results; its position where there is none
    name: str | None = None
    passthrough: bool = False  # who falls to it goes on to the next rule


class Filter(_Part, frozen=True, gc=False, kw_only=True):
    """Who is not in one of the ranges is left out."""

    seed: str
    ranges: list[Range]
    hash_version: int = 2
    attribute: str = "id"


class Parent(_Part, frozen=True, gc=False, kw_only=True):
    """A prerequisite: what another feature must say; `condition` speaks of its `value`."""

    id: str
    condition: Condition
    gate: bool = False  # whether the whole feature is off where it does not, and not only this rule


class Assignment(_Part, frozen=True, gc=False, kw_only=True):
    """By which weights a contextual bandit drew."""

    leaf_id: int
    variation_weights: list[float]
    bandit_version: int | None = None


class Division(_Part, frozen=True, gc=False, kw_only=True):
    """How visitors are shared out: what an experiment and the rule that holds it have in common."""

    coverage: float | None = None  # share of those who fit that takes part, 0 to 1
    weights: list[float] | None = None
    ranges: list[Range] | None = None  # in place of coverage and weights
    hash_attribute: str | None = None  # "id" where none is named
    fallback_attribute: str | None = None  # where the first is missing; for sticky buckets only
    hash_version: int | None = None  # 1 where none is named
    seed: str | None = None  # the experiment's key where none is named
    name: str | None = None
    phase: str | None = None
    meta: list[VariationMeta] | None = None
    filters: list[Filter] | None = None
    namespace: tuple[str, float, float] | None = None  # passed over where there are filters
    condition: Condition | None = None
    parent_conditions: list[Parent] | None = None
    bucket_version: int = 0
    min_bucket_version: int = 0  # whoever has a bucket of an older version takes part no more
    disable_sticky_bucketing: bool = False


class Experiment(Division, frozen=True, gc=False, kw_only=True):
    key: str
    variations: list[Any]
    active: bool = True
    force: int | UnsetType = UNSET  # the position of a variation for all who take part
    contextual_bandit: Assignment | None = None


class ExperimentResult(_Part, frozen=True, gc=False, kw_only=True):
    """What came of an experiment for one visitor."""

    key: str  # the variation's
    in_experiment: bool
    hash_used: bool  # False where the variation was forced
    variation_id: int  # its position; 0 outside
    value: Any
    hash_attribute: str
    hash_value: Any  # as it stands among the attributes
    sticky_bucket_used: bool
    feature_id: str | None = None
    name: str | None = None
    bucket: float | None = None  # the hash that chose
    passthrough: bool = False
    leaf_id: int | None = None
    variation_weights: list[float] | None = None
    bandit_version: int | None = None


class Track(_Part, frozen=True, gc=False, kw_only=True):
    """An experiment that was decided elsewhere, for the SDK to report."""

    experiment: Experiment
    result: ExperimentResult


class FeatureRule(Division, frozen=True, gc=False, kw_only=True):
    """One of three: a value to `force`, `variations` to draw from, or `contextual_variations`, which are drawn from by
    the weights of the bandit that `contextual_bandit_ref` names. A rule that is none of them is passed over."""

    id: str = ""
    force: Any = UNSET
    range: Range | None = None  # of a forced value, in place of coverage
    tracks: list[Track] | None = None
    key: str | None = None  # the experiment's; the feature's where none is named
    variations: list[Any] | None = None
    contextual_variations: list[Any] | None = None
    contextual_bandit_ref: str | None = None


class Feature(_Part, frozen=True, gc=False, kw_only=True):
    default_value: Any = None
    rules: list[FeatureRule] = []


class Leaf(_Part, frozen=True, gc=False, kw_only=True):
    """The weights for those of whom a condition holds."""

    leaf_id: int
    condition: Condition
    weights: list[float]


class Bandit(_Part, frozen=True, gc=False, kw_only=True):
    """The first of `contexts` that fits says by which weights is drawn."""

    contexts: list[Leaf] = []
    bandit_version: int | None = None


class Document(_Part, frozen=True, gc=False, kw_only=True):
    features: dict[str, Feature] = {}
    saved_groups: dict[str, Any] = {}
    contextual_bandits: dict[str, Bandit] = {}
