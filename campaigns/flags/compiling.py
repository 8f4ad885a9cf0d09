"""Which document says to GrowthBook's SDKs what a release says to us? Pure.

A placement becomes a feature only where an SDK that evaluates the document finds what a decision would find. Where a
rule counts, draws or shows what only a decision can know, the placement is left to be asked for, and it is said why:
half of its rules would give wrong answers to some visitors, and nobody could tell to whom.

What a page may load, anybody may read: for a page's key, rules ask for nothing but the request (`context.*`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import msgspec

from campaigns.bandits.state import NO_CLUSTER
from campaigns.bandits.weights import STEPS, Dealing
from campaigns.flags.documents import Bandit, Document, Feature, FeatureRule, Filter, Leaf, VariationMeta
from campaigns.release import FrozenPlacement, FrozenRelease, FrozenVariant
from campaigns.rules import PackedRule, join_conditions
from campaigns.treatments import HELD, FrozenTreatment
from campaigns.treatments.bandit import beginning, seed_of_coverage
from campaigns.treatments.weights import CLUSTER, Weights
from segments.conditions import event_rows, validate
from segments.conditions.saved import id_of
from segments.conditions.shapes import Condition

VISITOR = "visitorId"  # the attribute that stands for whom lots are drawn
KNOWN: Condition = {VISITOR: {"$exists": True}}  # somebody is known, and may be personalised for
UNKNOWN: Condition = {VISITOR: {"$exists": False}}
LANGUAGE = "context.language"
NO_WEIGHTS: Mapping[int, Weights] = {}

COUNTS = "a rule counts what each visitor has seen"
FILLED = "a creative is filled for each visitor, or with the time that is left"
PERSONAL = "a rule asks for more than the page's key may know"
HISTORY = "a rule asks for what visitors did"
DRAWN_HERE = "a rule draws in a way that no SDK knows"
KEPT = "visitors keep the arm that they drew, and only their history knows it"


class Compiled(NamedTuple):
    document: Document
    remote: dict[str, str]  # placements that are not in it, and why
    paths: frozenset[str]  # attributes that its conditions ask for


def compile_flags(
    release: FrozenRelease,
    now: int,
    out: frozenset[int],
    value_of: Callable[[FrozenVariant], bytes],
    weights: Mapping[int, Weights] = NO_WEIGHTS,
    *,
    is_public: bool,
) -> Compiled:
    """Of the rules that are within their dates and hours now. `out` are positions of variants that nobody is shown now;
    `value_of` gives the JSON text of one; `weights` are those of bandits, by treatment."""
    return _Compiler(release, now, out, value_of, weights, is_public).compile()


class _Compiler:
    def __init__(
        self,
        release: FrozenRelease,
        now: int,
        out: frozenset[int],
        value_of: Callable[[FrozenVariant], bytes],
        weights: Mapping[int, Weights],
        is_public: bool,
    ) -> None:
        self.release, self.out, self.value_of, self.is_public = release, out, value_of, is_public
        self.weights = weights
        self.bandits: dict[str, Bandit] = {}
        self.live = release.schedule.live(now)
        self.personal = release.index.speaking_of(lambda path: not path.startswith("context."))
        self.groups: dict[str, Any] = {}
        self.paths: set[str] = set()

    def compile(self) -> Compiled:
        features, remote = {}, {}
        for key, placement in self.release.placements.items():
            feature = self._feature(placement)
            if isinstance(feature, str):
                remote[key] = feature
            else:
                features[key] = feature
        document = Document(features=features, saved_groups=self.groups, contextual_bandits=self.bandits)
        return Compiled(document, remote, frozenset(self.paths))

    def _feature(self, placement: FrozenPlacement) -> Feature | str:
        """Why it cannot be told, where it cannot."""
        if not placement.enabled:
            return Feature()
        rules: list[FeatureRule] = []
        for position, rule in self._rules_of(placement.key):
            condition = rule.condition
            if validate(condition, self.release.groups):
                continue  # one with a fault holds for nobody, whatever an SDK makes of it
            if why := self._obstacle(position, rule, condition):
                return why
            told = self._told(position, rule, condition)
            rules += told
            if told and _is_for_everybody(told[-1]):
                return Feature(rules=rules)
        return self._with_default(placement, rules)

    def _rules_of(self, placement: str) -> Iterator[tuple[int, PackedRule]]:
        bits = self.release.masks[placement] & self.live
        while bits:
            position = (bits & -bits).bit_length() - 1
            yield position, self.release.rules[position]
            bits &= bits - 1

    def _obstacle(self, position: int, rule: PackedRule, condition: Condition) -> str:
        treatment = self.release.treatments[rule.treatment]
        if rule.is_capped:
            return COUNTS
        if treatment.kind not in WAYS:
            return DRAWN_HERE
        if treatment.keeps:
            return KEPT
        if treatment.kind == "bandit" and (why := self._obstacle_of_bandit(treatment)):
            return why
        if any(map(_is_filled, self._variants_of(treatment))):
            return FILLED
        if self.is_public and self.personal >> position & 1:
            return PERSONAL
        return HISTORY if event_rows.questions_in(condition, self.release.groups) else ""

    def _obstacle_of_bandit(self, treatment: FrozenTreatment) -> str:
        weights = self._weights_of(treatment)
        if weights.looks_at_features:
            return DRAWN_HERE
        return PERSONAL if self.is_public and weights.looks_at_clusters else ""

    def _weights_of(self, treatment: FrozenTreatment) -> Weights:
        return self.weights.get(treatment.id) or beginning(tuple([arm.key for arm in treatment.arms]))

    def _told(self, position: int, rule: PackedRule, condition: Condition) -> list[FeatureRule]:
        """One for each language in which one of its creatives speaks, and one for all others."""
        treatment = self.release.treatments[rule.treatment]
        variants = self._variants_of(treatment)
        is_out = [arm.variant < 0 or arm.variant in self.out for arm in treatment.arms]
        told, portable = [], self._portable(condition)
        leaves = self._leaves(treatment) if treatment.kind == "bandit" else []
        for known, filters in self._audiences(position, rule, treatment):
            for language in self._languages(variants):
                where = join_conditions([portable, known, _in_language(language)]) or None
                values = [self._value(variant, language) for variant in variants]
                told += WAYS[treatment.kind](rule, treatment, _Parts(where, filters or None, values, is_out, leaves))
        return told

    def _leaves(self, treatment: FrozenTreatment) -> list[Leaf]:
        """Of a bandit: the weights of each cluster, after those of everybody else."""
        weights = self._weights_of(treatment)
        leaves = [
            Leaf(
                leaf_id=cluster, condition={CLUSTER: cluster} if cluster != NO_CLUSTER else {}, weights=_shares(dealing)
            )
            for cluster, dealing in sorted(weights.contexts.items())
        ]
        if len(leaves) > 1:
            self.paths.add(CLUSTER)
        self.bandits[treatment.key] = Bandit(contexts=leaves[1:], bandit_version=weights.version)
        return leaves

    def _audiences(
        self, position: int, rule: PackedRule, treatment: FrozenTreatment
    ) -> list[tuple[Condition, list[Filter]]]:
        """Whom the rule is for beside its condition: holdouts and exclusion groups know those who are known. Nobody
        else is held out, where the rule is for them too."""
        filters = [_open(self.release.holdouts[one].treatment) for one in self.release.holdouts_of(rule.campaign_id)]
        if treatment.group:
            filters.append(_within(treatment.group))
        if treatment.kind == "bandit" and treatment.coverage < 1:
            covered = [(0.0, treatment.coverage)]
            filters.append(Filter(seed=seed_of_coverage(treatment), ranges=covered, hash_version=2, attribute=VISITOR))
        if not self.release.contextual >> position & 1:
            return [(KNOWN, filters)]
        return [(KNOWN, filters), (UNKNOWN, [])] if filters else [({}, [])]

    def _variants_of(self, treatment: FrozenTreatment) -> list[FrozenVariant | None]:
        """By arm; None for one that shows nothing of its own."""
        return [self.release.variants[arm.variant] if arm.variant >= 0 else None for arm in treatment.arms]

    def _with_default(self, placement: FrozenPlacement, rules: list[FeatureRule]) -> Feature | str:
        if placement.default < 0 or placement.default in self.out:
            return Feature(rules=rules)
        variant = self.release.variants[placement.default]
        if _is_filled(variant):
            return FILLED
        *languages, _ = self._languages([variant])
        rules += [
            FeatureRule(id="default", condition=_in_language(one), force=self._value(variant, one)) for one in languages
        ]
        return Feature(default_value=self._value(variant, ""), rules=rules)

    def _languages(self, variants: Sequence[FrozenVariant | None]) -> list[str]:
        """Those in which one of them speaks, then "" for all others."""
        languages = sorted({language for variant in variants if variant for language in variant.languages})
        if languages:
            self.paths.add(LANGUAGE)
        return [*languages, ""]

    def _value(self, variant: FrozenVariant | None, language: str) -> msgspec.Raw:
        return msgspec.Raw(self.value_of(variant.spoken(language)) if variant else b"null")

    def _portable(self, condition: Condition) -> Condition:
        """As every SDK reads it: saved groups by their newest form, one in each place. Notes what it asks for."""
        portable: Condition = {}
        groups: list[Condition] = []
        for key, value in condition.items():
            if key == "$savedGroup":
                groups.append(self._group(value))
            elif key == "$savedGroups":
                groups += [self._group(reference) for reference in value]
            elif key == "$not":
                portable[key] = self._portable(value)
            elif key in ("$and", "$or", "$nor"):
                portable[key] = [self._portable(part) for part in value]
            else:
                self.paths.add(key)
                portable[key] = value
        return join_conditions([portable, *groups]) if groups else portable

    def _group(self, reference: Any) -> Condition:
        key = id_of(reference)
        if key not in self.groups:
            self.groups[key] = {}  # before what it stands for, which may name others
            group = self.release.groups.get(key, {})
            self.groups[key] = {**group, "condition": self._portable(group.get("condition", {}))}
        return {"$savedGroup": {"id": key}}


def _is_filled(variant: FrozenVariant | None) -> bool:
    return variant is not None and bool(variant.slot or variant.until)


def _in_language(language: str) -> Condition:
    return {LANGUAGE: language} if language else {}


def _is_for_everybody(told: FeatureRule) -> bool:
    """So that nobody comes to what stands behind it."""
    return not told.condition and not told.filters and told.variations is told.contextual_variations is None


def _open(holdout: FrozenTreatment) -> Filter:
    """Passes those by who are held out."""
    ranges = [arm.range for arm in holdout.arms if arm.key != HELD]
    return Filter(seed=holdout.seed, ranges=ranges, hash_version=2, attribute=VISITOR)


def _within(group: tuple[str, float, float]) -> Filter:
    """A namespace, in the form that stands beside other filters."""
    name, low, high = group
    return Filter(seed=f"__{name}", ranges=[(low, high)], hash_version=1, attribute=VISITOR)


class _Parts(NamedTuple):
    condition: Condition | None
    filters: list[Filter] | None
    values: list[msgspec.Raw]  # by arm
    is_out: list[bool]  # by arm: nobody is shown it now
    leaves: list[Leaf]  # of a bandit; the first is of everybody for whom there is no other


Way = Callable[[PackedRule, FrozenTreatment, _Parts], list[FeatureRule]]


def _force(rule: PackedRule, treatment: FrozenTreatment, parts: _Parts) -> list[FeatureRule]:
    if parts.is_out[0]:
        return []
    return [FeatureRule(id=str(rule.id), condition=parts.condition, filters=parts.filters, force=parts.values[0])]


def _draw(rule: PackedRule, treatment: FrozenTreatment, parts: _Parts) -> list[FeatureRule]:
    """Who falls to an arm that nobody is shown goes on to the next rule, as in a decision."""
    arms = treatment.arms
    meta = [VariationMeta(key=arm.key, passthrough=skipped) for arm, skipped in zip(arms, parts.is_out, strict=True)]
    drawn = FeatureRule(
        id=str(rule.id),
        condition=parts.condition,
        filters=parts.filters,
        key=treatment.key,
        seed=treatment.seed,
        hash_attribute=VISITOR,
        hash_version=2,
        variations=parts.values,
        coverage=treatment.coverage if treatment.coverage < 1 else None,
        weights=[arm.weight for arm in arms],
        ranges=[arm.range for arm in arms],
        meta=meta,
        name=rule.name,
        phase=str(treatment.phase) if treatment.phase else None,
    )
    return [drawn]


def _learn(rule: PackedRule, treatment: FrozenTreatment, parts: _Parts) -> list[FeatureRule]:
    """Each arm stands twice where there is a slice that gets all arms alike: it is the lower part of the hash."""
    times = len(parts.leaves[0].weights) // len(treatment.arms)
    told = zip(treatment.arms, parts.is_out, strict=True)
    meta = [VariationMeta(key=arm.key, passthrough=skipped) for arm, skipped in told] * times
    drawn = FeatureRule(
        id=str(rule.id),
        condition=parts.condition,
        filters=parts.filters,
        key=treatment.key,
        seed=treatment.seed,
        hash_attribute=VISITOR,
        hash_version=2,
        contextual_variations=parts.values * times,
        contextual_bandit_ref=treatment.key,
        weights=parts.leaves[0].weights,
        meta=meta,
        name=rule.name,
    )
    return [drawn]


def _shares(dealing: Dealing) -> list[float]:
    """Of the slice by arm, where there is one, then of the others by arm. SDKs add shares up, and sums of
    floating-point numbers miss the hash that lies on a bound: so each bound lies half a step below, where no hash
    is."""
    steps = [*dealing.control, *dealing.policy] if sum(dealing.control) else list(dealing.policy)
    bounds = [max(bound - 0.5, 0.0) for bound in accumulate(steps[:-1])]
    return [(high - low) / STEPS for low, high in pairwise([0.0, *bounds, float(STEPS)])]


# By the kind of treatment (`campaigns.treatments.KINDS`); one that is not here only a decision can tell.
WAYS: dict[str, Way] = {"single": _force, "split": _draw, "bandit": _learn}
