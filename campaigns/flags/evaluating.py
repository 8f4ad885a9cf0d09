"""What does a document say of a feature to one subject? Pure."""

from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from campaigns.bucketing import equal_weights
from campaigns.flags.assigning import assign, is_filtered_out, is_in_namespace, is_rolled_out
from campaigns.flags.documents import Assignment, Division, Document, Experiment, ExperimentResult, FeatureRule, Parent
from campaigns.flags.results import FeatureResult, Source
from campaigns.flags.subjects import Subject
from segments.conditions import compile_condition
from segments.conditions.shapes import Condition, Values

NO_LEAF = -1  # what a bandit's result says where no context fits
Test = Callable[[Values], bool]
Asked = frozenset[str]  # features whose answer waits for this one


class _Step(NamedTuple):
    """A rule, ready to be asked."""

    rule: FeatureRule
    holds: Test
    experiment: Experiment | None  # None: it draws nothing


class _Prerequisites(Enum):
    MET = auto()
    UNMET = auto()
    GATE = auto()
    CYCLIC = auto()


class Flags:
    """One document, ready to be asked again and again: conditions are compiled when a feature is first asked for."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._steps: dict[str, tuple[_Step, ...]] = {}
        self._leaves: dict[str, tuple[Test, ...]] = {}

    def evaluate(self, key: str, subject: Subject, asked: Asked = frozenset()) -> FeatureResult:
        """The first rule that fits says what the feature is."""
        feature = self.document.features.get(key)
        if feature is None:
            return FeatureResult(None, Source.UNKNOWN_FEATURE)
        if key in asked:
            return FeatureResult(None, Source.CYCLIC_PREREQUISITE)
        asked |= {key}
        for rule, holds, experiment in self._steps_of(key):
            prerequisites = self._prerequisites(rule.parent_conditions, subject, asked)
            if prerequisites is _Prerequisites.CYCLIC:
                return FeatureResult(None, Source.CYCLIC_PREREQUISITE)
            if prerequisites is _Prerequisites.GATE:
                return FeatureResult(None, Source.PREREQUISITE)
            fits = prerequisites is _Prerequisites.MET and holds(subject.attributes)
            if not fits or is_filtered_out(rule.filters, subject):
                continue
            result = self._result_of(key, rule, experiment, subject)
            if result is not None:
                return result
        return FeatureResult(feature.default_value, Source.DEFAULT_VALUE)

    def run(self, experiment: Experiment, subject: Subject) -> ExperimentResult:
        """An experiment that stands in no feature."""

        def is_admitted() -> bool:
            return (
                not is_filtered_out(experiment.filters, subject)
                and is_in_namespace(experiment, subject)
                and self._compiled(experiment.condition)(subject.attributes)
                and self._prerequisites(experiment.parent_conditions, subject, frozenset()) is _Prerequisites.MET
            )

        return assign(experiment, subject, is_admitted)

    def _result_of(
        self, key: str, rule: FeatureRule, experiment: Experiment | None, subject: Subject
    ) -> FeatureResult | None:
        """None: the next rule is asked."""
        if rule.force is not UNSET:
            return FeatureResult(rule.force, Source.FORCE, rule.id) if is_rolled_out(rule, key, subject) else None
        if experiment is None:
            return None
        if rule.contextual_bandit_ref:
            experiment = self._in_context(experiment, rule.contextual_bandit_ref, subject)
        result = assign(experiment, subject, partial(is_in_namespace, rule, subject), key)
        if not result.in_experiment or result.passthrough:
            return None
        if experiment.contextual_bandit and not result.hash_used:
            experiment = msgspec.structs.replace(experiment, contextual_bandit=None)
        return FeatureResult(result.value, Source.EXPERIMENT, rule.id, experiment, result)

    def _prerequisites(self, parents: list[Parent] | None, subject: Subject, asked: Asked) -> _Prerequisites:
        for parent in parents or ():
            result = self.evaluate(parent.id, subject, asked)
            if result.source is Source.CYCLIC_PREREQUISITE:
                return _Prerequisites.CYCLIC
            if not self._compiled(parent.condition)({"value": result.value}):
                return _Prerequisites.GATE if parent.gate else _Prerequisites.UNMET
        return _Prerequisites.MET

    def _in_context(self, experiment: Experiment, reference: str, subject: Subject) -> Experiment:
        """With the weights of the first context that fits; of a bandit that the document lacks, as it is."""
        bandit = self.document.contextual_bandits.get(reference)
        if bandit is None:
            return experiment
        if reference not in self._leaves:
            self._leaves[reference] = tuple(self._compiled(leaf.condition) for leaf in bandit.contexts)
        n, leaf_id, weights = len(experiment.variations), NO_LEAF, experiment.weights
        for leaf, holds in zip(bandit.contexts, self._leaves[reference], strict=True):
            if holds(subject.attributes):
                leaf_id, weights = leaf.leaf_id, leaf.weights
                break
        weights = weights if weights is not None and len(weights) == n else equal_weights(n)
        drawn_by = Assignment(leaf_id=leaf_id, variation_weights=weights, bandit_version=bandit.bandit_version)
        return msgspec.structs.replace(experiment, weights=weights, contextual_bandit=drawn_by)

    def _steps_of(self, key: str) -> tuple[_Step, ...]:
        steps = self._steps.get(key)
        if steps is None:
            rules = self.document.features[key].rules
            steps = tuple(_Step(rule, self._compiled(rule.condition), _experiment_of(rule, key)) for rule in rules)
            self._steps[key] = steps
        return steps

    def _compiled(self, condition: Condition | None) -> Test:
        return compile_condition(condition or {}, self.document.saved_groups)


def _experiment_of(rule: FeatureRule, feature: str) -> Experiment | None:
    variations = rule.variations if rule.contextual_variations is None else rule.contextual_variations
    if variations is None:
        return None
    shared: dict[str, Any] = {name: getattr(rule, name) for name in Division.__struct_fields__}
    return Experiment(key=rule.key or feature, variations=variations, **shared)
