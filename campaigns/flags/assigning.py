"""Which variation of an experiment does somebody get, and why? Pure."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET

from campaigns.bucketing import Range, bucket_ranges, choose_variation, hash_value, in_namespace
from campaigns.flags.documents import Division, Experiment, ExperimentResult, FeatureRule, Filter, VariationMeta
from campaigns.flags.overriding import override_in
from campaigns.flags.sticking import NOTHING_HELD, Assignments, Held, held_by, name_of, noted
from campaigns.flags.subjects import Subject, text_of

NO_META = VariationMeta()


def assign(
    experiment: Experiment, subject: Subject, is_admitted: Callable[[], bool], feature: str | None = None
) -> ExperimentResult:
    """`is_admitted` says whether the subject may join; who has a sticky bucket is in already, and it is not asked.

    In this order: what somebody asks to see, who may take part, the bucket from before, and the draw.
    """
    n_variations = len(experiment.variations)
    outside = _Outcome(experiment, subject, feature)
    if n_variations < 2 or not subject.enabled:
        return outside.result(-1)
    asked = override_in(subject.url, experiment.key, n_variations)
    if asked is None:
        asked = subject.forced_variations.get(experiment.key)
    if asked is not None:
        return outside.result(asked)
    if not experiment.active or not outside.value:
        return outside.result(-1)
    held = _held(experiment, subject)
    if held.position < 0 and not is_admitted():
        return outside.result(-1)
    drawn = hash_value(experiment.seed or experiment.key, text_of(outside.value), experiment.hash_version or 1)
    if drawn is None or held.is_blocked:
        return outside.result(-1)
    position = held.position if held.position >= 0 else choose_variation(drawn, ranges_of(experiment))
    if position < 0:
        return outside.result(-1)
    if experiment.force is not UNSET:
        return outside.result(experiment.force)
    if subject.qa_mode:
        return outside.result(-1)
    result = outside.result(position, drawn, is_held=held.position >= 0)
    if subject.sticky is not None and subject.sticks(experiment):
        noted(subject.sticky, outside.attribute, text_of(outside.value), experiment.key, experiment, result.key)
    return result


def ranges_of(experiment: Experiment) -> list[Range]:
    if experiment.ranges is not None:
        return experiment.ranges
    coverage = 1.0 if experiment.coverage is None else experiment.coverage
    return bucket_ranges(len(experiment.variations), coverage, experiment.weights)


def is_filtered_out(filters: list[Filter] | None, subject: Subject) -> bool:
    return bool(filters) and not all(_lies_within(one, subject) for one in filters or ())


def is_in_namespace(division: Division, subject: Subject) -> bool:
    """Filters speak in place of a namespace where there are some."""
    if division.namespace is None or division.filters:
        return True
    return in_namespace(text_of(subject.unit(division)[1]), division.namespace)


def is_rolled_out(rule: FeatureRule, feature: str, subject: Subject) -> bool:
    """Whether a forced value is for this share of the subjects."""
    if rule.range is None and rule.coverage is None:
        return True
    value = subject.unit(rule)[1]
    drawn = hash_value(rule.seed or feature, text_of(value), rule.hash_version or 1) if value else None
    if drawn is None:
        return False
    if rule.range is not None:
        return rule.range[0] <= drawn < rule.range[1]
    return bool(rule.coverage) and drawn <= (rule.coverage or 0.0)


def _lies_within(one: Filter, subject: Subject) -> bool:
    value = subject.attributes.get(one.attribute)
    drawn = hash_value(one.seed, text_of(value), one.hash_version) if value else None
    return drawn is not None and choose_variation(drawn, one.ranges) >= 0


def _held(experiment: Experiment, subject: Subject) -> Held:
    """What the documents of both attributes say; the first attribute's goes before the fallback's."""
    if subject.sticky is None or not subject.sticks(experiment):
        return NOTHING_HELD
    assignments: Assignments = {}
    for attribute in (experiment.fallback_attribute, experiment.hash_attribute or "id"):
        value = subject.attributes.get(attribute) if attribute else None
        document = subject.sticky.get(name_of(attribute, text_of(value))) if attribute and value else None
        if document:
            assignments |= document.assignments
    return held_by(assignments, experiment.key, experiment)


class _Outcome:
    """One experiment for one subject, before it is known what comes of it."""

    __slots__ = ("attribute", "experiment", "feature", "value")

    def __init__(self, experiment: Experiment, subject: Subject, feature: str | None) -> None:
        self.experiment, self.feature = experiment, feature
        self.attribute, self.value = subject.unit(experiment)

    def result(self, position: int, drawn: float | None = None, *, is_held: bool = False) -> ExperimentResult:
        """`drawn` is the hash that chose; without one the variation was asked for, or there is none (-1)."""
        experiment, used = self.experiment, drawn is not None
        is_inside = 0 <= position < len(experiment.variations)
        position = position if is_inside else 0
        told = experiment.meta[position] if experiment.meta and position < len(experiment.meta) else NO_META
        result = ExperimentResult(
            key=told.key or str(position),
            in_experiment=is_inside,
            hash_used=used,
            variation_id=position,
            value=_at(experiment.variations, position),
            hash_attribute=self.attribute,
            hash_value=self.value,
            sticky_bucket_used=is_held,
            feature_id=self.feature,
            name=told.name,
            bucket=drawn,
            passthrough=told.passthrough,
        )
        bandit = experiment.contextual_bandit if used else None
        if bandit is None:
            return result
        return msgspec.structs.replace(
            result,
            leaf_id=bandit.leaf_id,
            variation_weights=bandit.variation_weights,
            bandit_version=bandit.bandit_version,
        )


def _at(variations: list[Any], position: int) -> Any:
    return variations[position] if position < len(variations) else None
