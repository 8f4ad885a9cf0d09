"""What of a release belongs to which campaign, and what do all share? A `Source` taken apart by the ids of its rows,
and put together again. Pure.

A release refers by positions, and a rule carries its segment's condition joined with its own; parts refer by ids, and
each condition stands once. Whatever is shared has one version in a release: whoever uses it gets that.
"""

from collections.abc import Collection, Iterable, Mapping
from operator import attrgetter
from typing import NamedTuple

import msgspec

from campaigns.goals import FrozenGoal
from campaigns.looks import PLAIN, Look
from campaigns.release import (
    FrozenCampaign,
    FrozenHoldout,
    FrozenItem,
    FrozenPlacement,
    FrozenSegment,
    FrozenTuning,
    FrozenVariant,
    Source,
)
from campaigns.rules import FrozenRule, join_conditions
from campaigns.treatments import WITHOUT, FrozenTreatment, single
from segments.clustering.frozen import FrozenClusters
from segments.conditions.shapes import Condition
from segments.references import segments_in

NO_DEFAULT = 0  # no variant has this id


class Shows(NamedTuple):
    """What a rule shows: one of both is an id, the other 0."""

    variant: int
    treatment: int


class Part(NamedTuple):
    """A rule with its own condition only, and what it shows."""

    rule: FrozenRule
    shows: Shows


class Parts(msgspec.Struct):
    """Placements name their default, treatments their arms' variants, by the id of the variant."""

    site: int
    currency: str
    time_zone: str = "UTC"
    look: Look = PLAIN
    rules: dict[int, Part] = {}
    campaigns: dict[int, FrozenCampaign] = {}
    goals: dict[int, FrozenGoal] = {}
    treatments: dict[int, FrozenTreatment] = {}
    variants: dict[int, FrozenVariant] = {}
    segments: dict[str, FrozenSegment] = {}
    placements: dict[str, FrozenPlacement] = {}
    models: dict[str, FrozenClusters] = {}
    items: list[FrozenItem] = []
    holdouts: dict[int, FrozenHoldout] = {}  # by the id of the treatment that draws
    tunings: list[FrozenTuning] = []

    def variants_shown(self, parts: Iterable[Part]) -> set[int]:
        shown = {part.shows.variant for part in parts if part.shows.variant}
        for treatment in {part.shows.treatment for part in parts if part.shows.treatment}:
            shown.update(arm.variant for arm in self.treatments[treatment].arms if arm.variant != WITHOUT)
        return shown

    def segments_used(self, parts: Iterable[Part]) -> set[str]:
        """Those that the rules name, and those that these name in turn."""
        named = {part.rule.segment for part in parts if part.rule.segment}
        named.update(key for part in parts for _, key in segments_in(part.rule.condition))
        return self.with_named(named)

    def with_named(self, keys: Collection[str]) -> set[str]:
        """These segments, and those that they name, however deep."""
        found, waiting = set(keys), list(keys)
        while waiting:
            segment = self.segments.get(waiting.pop())
            fresh = {key for _, key in segments_in(segment.condition)} - found if segment else set()
            found |= fresh
            waiting += fresh
        return found


def apart(source: Source) -> Parts:
    ids = [variant.id for variant in source.variants]
    segments = {segment.key: segment for segment in source.segments}
    treatments = [_by_ids(treatment, ids) for treatment in source.treatments]
    return Parts(
        site=source.site,
        currency=source.currency,
        time_zone=source.time_zone,
        look=source.look,
        rules={rule.id: _part(rule, treatments[rule.treatment], segments) for rule in source.rules},
        campaigns={campaign.id: campaign for campaign in source.campaigns},
        goals={goal.id: goal for goal in source.goals},
        treatments={treatment.id: treatment for treatment in treatments if treatment.id},
        variants={variant.id: variant for variant in source.variants},
        segments=segments,
        placements={
            row.key: msgspec.structs.replace(row, default=ids[row.default] if row.default >= 0 else NO_DEFAULT)
            for row in source.placements
        },
        models=dict(source.models),
        items=source.items,
        holdouts={holdout.treatment.id: holdout for holdout in source.holdouts},
        tunings=source.tunings,
    )


def together(parts: Parts) -> Source:
    """What no rule and no placement shows, and no campaign with a rule pursues, is left out. The same parts make the
    same source, and that of a source taken apart is that source."""
    rules = list(parts.rules.values())
    defaults = {row.default for row in parts.placements.values()} - {NO_DEFAULT}
    shown = sorted(parts.variants_shown(rules) | defaults)
    positions = {pk: i for i, pk in enumerate(shown)}
    treatments = _treatments(parts, rules, positions)
    places = {shows: i for i, shows in enumerate(treatments)}
    pursuing = [parts.campaigns[pk] for pk in sorted({part.rule.campaign_id for part in rules})]
    pursued = sorted({campaign.goal for campaign in pursuing} - {0})
    return Source(
        site=parts.site,
        segments=[parts.segments[key] for key in sorted(parts.segments)],
        models=parts.models,
        placements=[
            msgspec.structs.replace(row, default=positions.get(row.default, -1))
            for row in (parts.placements[key] for key in sorted(parts.placements))
        ],
        rules=sorted((_join(part, places[part.shows], parts.segments) for part in rules), key=attrgetter("place")),
        variants=[parts.variants[pk] for pk in shown],
        items=parts.items,
        currency=parts.currency,
        time_zone=parts.time_zone,
        look=parts.look,
        campaigns=pursuing,
        treatments=list(treatments.values()),
        goals=[parts.goals[pk] for pk in pursued],
        holdouts=_holdouts(parts, {campaign.id for campaign in pursuing}),
        tunings=parts.tunings,
    )


def _holdouts(parts: Parts, campaigns: Collection[int]) -> list[FrozenHoldout]:
    """In the order in which drafts are frozen."""
    speaking = [one for one in parts.holdouts.values() if one.campaign_id in {0, *campaigns}]
    return sorted(speaking, key=lambda one: (one.campaign_id, one.treatment.id))


def _by_ids(treatment: FrozenTreatment, ids: list[int]) -> FrozenTreatment:
    return _with_variants(treatment, dict(enumerate(ids)))


def _with_variants(treatment: FrozenTreatment, others: Mapping[int, int]) -> FrozenTreatment:
    """The same with other names for its variants."""
    named = {WITHOUT: WITHOUT, **others}
    arms = [msgspec.structs.replace(arm, variant=named[arm.variant]) for arm in treatment.arms]
    return msgspec.structs.replace(treatment, arms=arms)


def _part(rule: FrozenRule, treatment: FrozenTreatment, segments: dict[str, FrozenSegment]) -> Part:
    shows = Shows(0, treatment.id) if treatment.id else Shows(treatment.arms[0].variant, 0)
    own = _own_condition(rule, segments)
    return Part(msgspec.structs.replace(rule, treatment=0, targeted=False, condition=own), shows)


def _own_condition(rule: FrozenRule, segments: dict[str, FrozenSegment]) -> Condition:
    """What `join_conditions` joined with the condition of its segment."""
    segment = segments[rule.segment].condition if rule.segment else {}
    if not segment:
        return rule.condition
    return {} if rule.condition == segment else rule.condition["$and"][1]


def _join(part: Part, treatment: int, segments: dict[str, FrozenSegment]) -> FrozenRule:
    rule = part.rule
    condition = join_conditions([segments[rule.segment].condition if rule.segment else {}, rule.condition])
    return msgspec.structs.replace(rule, treatment=treatment, targeted=bool(condition), condition=condition)


def _treatments(parts: Parts, rules: list[Part], positions: dict[int, int]) -> dict[Shows, FrozenTreatment]:
    """Variants that are shown alone first, in an order that does not depend on the rules'."""
    alone = sorted({part.shows for part in rules if part.shows.variant})
    drawing = sorted({part.shows for part in rules if part.shows.treatment})
    frozen = {shows: single.freeze(positions[shows.variant]) for shows in alone}
    for shows in drawing:
        frozen[shows] = _with_variants(parts.treatments[shows.treatment], positions)
    return frozen
