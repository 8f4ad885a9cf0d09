"""What have marketers drafted for a site? Everything that a release holds, read once, and frozen into plain data."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
from typing import Any, TypedDict

from django.db.models import Model, Q

from campaigns.caps import wider_caps
from campaigns.content import Picture, Theme, look_of
from campaigns.coupons.tables import Coupon
from campaigns.looks import PLAIN, Look
from campaigns.media import WEB
from campaigns.models import AdVariant, Arm, Campaign, ExclusionGroup, Goal, Hold, Placement, Rule, Treatment
from campaigns.release import (
    FrozenCampaign,
    FrozenHoldout,
    FrozenItem,
    FrozenPlacement,
    FrozenSegment,
    FrozenSetting,
    FrozenTuning,
    Source,
)
from campaigns.rules import FrozenRule
from campaigns.treatments import HELD, WITHOUT, FrozenTreatment, bandit, holdout, single, split
from campaigns.variants import compile_variant
from segments.artifacts import BadArtifact, load
from segments.clustering.base import CLUSTER
from segments.clustering.frozen import FrozenClusters
from segments.models import ModelVersion, Segment
from segments.models_in_force import frozen_in_force
from sites.models import Site
from sites.times import ms_of

# Every table that a draft is read from, and how its rows lead to the id of their site: whoever writes one of these rows
# changes the draft (`campaigns.kept_review`).
TABLES: dict[type[Model], str] = {
    AdVariant: "site_id",
    Arm: "treatment__site_id",
    Campaign: "site_id",
    Coupon: "site_id",
    ExclusionGroup: "site_id",
    Goal: "site_id",
    Hold: "site_id",
    ModelVersion: "site_id",
    Picture: "site_id",
    Placement: "site_id",
    Rule: "campaign__site_id",
    Segment: "site_id",
    Site: "id",
    Theme: "site_id",
    Treatment: "site_id",
}

# Who provides the items; the catalogue is another room, which this one may not import.
_ITEMS: list[Callable[[Site], Iterable[Mapping[str, Any]]]] = []
_ITEM_TABLES: list[type[Model]] = []


def register_items(table: type[Model], provider: Callable[[Site], Iterable[Mapping[str, Any]]]) -> None:
    """Names who provides the items of a site, as dicts with the fields of `release.FrozenItem` (further keys are
    ignored), and the table that they come from. Called once, when the apps are ready."""
    _ITEMS[:] = [provider]
    _ITEM_TABLES[:] = [table]
    TABLES[table] = "site_id"


def item_table() -> Any:
    """The table of the catalogue; None where nobody named it."""
    return _ITEM_TABLES[0] if _ITEM_TABLES else None


def _items(site: Site) -> list[FrozenItem]:
    return [_struct(FrozenItem, row) for provider in _ITEMS for row in provider(site)]


def _struct(kind: Any, row: Mapping[str, Any]) -> Any:
    return kind(**{name: row[name] for name in kind.__struct_fields__ if name in row})


@dataclass(frozen=True)
class Draft:
    """The rows of one site, each table read once. `rules` and `variants` are those that would be published."""

    site: Site
    segments: dict[int, Segment]
    placements: dict[int, Placement]
    campaigns: dict[int, Campaign]  # those that are launched, with their goals
    rules: list[Rule]  # enabled ones of these campaigns
    variants: dict[int, AdVariant]  # those that the rules and placements show
    treatments: dict[int, Treatment]  # those of the rules, with their arms
    holdouts: dict[int, Treatment] = field(default_factory=dict)  # of all campaigns, and of these
    tunings: dict[int, Treatment] = field(default_factory=dict)  # that run
    tuned: dict[int, FrozenClusters] = field(default_factory=dict)  # the models that they try, by the id of the version
    items: list[FrozenItem] = field(default_factory=list)
    models: dict[str, FrozenClusters] = field(default_factory=dict)  # in force, by family
    look: Look = PLAIN

    def next_end(self, now: datetime) -> datetime | None:
        """When the next of its rules, campaigns or coupons ends, which makes a problem of it, or a coupon begins; None
        where none will."""
        coupons = [variant.coupon for variant in self.variants.values() if variant.coupon]
        ends = [rule.ends_at for rule in self.rules] + [campaign.ends_at for campaign in self.campaigns.values()]
        ends += [moment for coupon in coupons for moment in (coupon.starts_at, coupon.ends_at)]
        return min((end for end in ends if end and end > now), default=None)


LAUNCHED = Q(status=Campaign.Status.LIVE)


def read_draft(site: Site, launching: Q = LAUNCHED, *, with_items: bool = True) -> Draft:
    """As if the campaigns of `launching` were those that are launched. Costs one query per table; goals come with their
    campaigns."""
    launched = Campaign.objects.filter(launching, site=site).select_related("goal")
    campaigns = {row.pk: row for row in launched}
    placements = {row.pk: row for row in Placement.objects.filter(site=site).order_by("key")}
    rules = list(
        Rule.objects.filter(campaign__in=campaigns, enabled=True).select_related("campaign", "segment").order_by("id")
    )
    treatments = {
        row.pk: row
        for row in Treatment.objects.filter(rules__in=rules)
        .distinct()
        .order_by("id")
        .select_related("group")
        .prefetch_related("arms")
    }
    beside = (
        Treatment.objects.filter(Q(campaign=None) | Q(campaign__in=campaigns), site=site)
        .filter(Q(kind=Treatment.Kind.HOLDOUT) | Q(kind=Treatment.Kind.TUNING, running=True))
        .order_by("id")
        .select_related("group")
        .prefetch_related("arms")
    )
    holdouts = {row.pk: row for row in beside if row.kind == Treatment.Kind.HOLDOUT}
    tunings = {row.pk: row for row in beside if row.kind == Treatment.Kind.TUNING}
    shown = {arm.variant_id for row in treatments.values() for arm in row.arms.all() if arm.variant_id}
    shown |= {rule.variant_id for rule in rules if rule.variant_id}
    shown |= {row.default_variant_id for row in placements.values() if row.default_variant_id}
    variants = {
        row.pk: row for row in AdVariant.objects.filter(pk__in=shown).select_related("picture", "coupon").order_by("id")
    }
    for arm in (arm for row in treatments.values() for arm in row.arms.all()):
        arm.variant = variants[arm.variant_id] if arm.variant_id else None
    named = {rule.segment_id for rule in rules}
    return Draft(
        site=site,
        segments={
            row.pk: row
            for row in Segment.objects.filter(site=site).order_by("key")
            if not row.archived or row.pk in named
        },
        placements=placements,
        campaigns=campaigns,
        rules=rules,
        variants=variants,
        treatments=treatments,
        holdouts=holdouts,
        tunings=tunings,
        tuned=_tuned_models(tunings.values()),
        items=_items(site) if with_items else [],
        models=frozen_in_force(site),
        look=look_of(site),
    )


def freeze(draft: Draft, now: int, pending: Mapping[int, int] = MappingProxyType({})) -> Source:
    """Plain data, independent of later edits. Rules that were never published get their date from `pending` (rule id ->
    ms), else `now`.

    Expects a draft that passed `validation`: a colour that is none raises ValueError here.
    """
    positions = {pk: i for i, pk in enumerate(draft.variants)}
    treatments = _freeze_treatments(draft, positions)
    places = {key: i for i, key in enumerate(treatments)}
    pursuing = [draft.campaigns[pk] for pk in sorted({rule.campaign_id for rule in draft.rules})]
    goals = {row.goal.pk: row.goal for row in pursuing if row.goal}
    return Source(
        site=draft.site.pk,
        # Sorted here, as `campaigns.parts` sorts them: Postgres may have another order of keys.
        segments=[
            FrozenSegment(row.key, row.name, row.condition)
            for row in sorted(draft.segments.values(), key=attrgetter("key"))
        ],
        models=draft.models,
        placements=[
            FrozenPlacement(row.key, positions.get(row.default_variant_id or 0, -1), row.min_height, row.enabled)
            for row in sorted(draft.placements.values(), key=attrgetter("key"))
        ],
        rules=sorted(
            (_freeze_rule(rule, draft, places[_shown_by(rule)], pending.get(rule.pk, now)) for rule in draft.rules),
            key=attrgetter("place"),
        ),
        variants=[compile_variant(row, WEB, draft.look) for row in draft.variants.values()],
        items=sorted(draft.items, key=lambda item: item.key),
        campaigns=[FrozenCampaign(row.pk, row.key, row.goal_id or 0) for row in pursuing],
        currency=draft.site.currency,
        treatments=list(treatments.values()),
        goals=[goals[pk].freeze(draft.site) for pk in sorted(goals)],
        time_zone=draft.site.time_zone,
        look=draft.look,
        holdouts=[_freeze_holdout(row) for row in sorted(draft.holdouts.values(), key=_holdout_order)],
        tunings=[_freeze_tuning(row, draft) for row in draft.tunings.values()],
    )


def _tuned_models(tunings: Iterable[Treatment]) -> dict[int, FrozenClusters]:
    """Those that cannot be read are left out, as of models in force. A query where there is a test of them."""
    named = {arm.setting.get("model", 0) for row in tunings for arm in row.arms.all() if isinstance(arm.setting, dict)}
    wanted = [pk for pk in named if isinstance(pk, int) and pk]
    found = {}
    for version in ModelVersion.objects.filter(pk__in=wanted).order_by("id") if wanted else ():
        with suppress(BadArtifact):
            found[version.pk] = load(version.artifact, version.digest).clusters
    return found


def _freeze_tuning(row: Treatment, draft: Draft) -> FrozenTuning:
    arms = list(row.arms.all())
    parts = [(arm.key, WITHOUT, arm.weight) for arm in arms]
    drawn = split.freeze(row.pk, row.key, row.seed, parts, **_drawn_as(row))
    return FrozenTuning(drawn, [_freeze_setting(arm, draft) for arm in arms])


def _freeze_setting(arm: Arm, draft: Draft) -> FrozenSetting:
    """Raises LookupError for a model that cannot be read."""
    model = arm.setting.get("model")
    return FrozenSetting({CLUSTER: draft.tuned[model]} if model else {}, dict(arm.setting.get("slots", {})))


def _holdout_order(row: Treatment) -> tuple[int, int]:
    return row.campaign_id or 0, row.pk


def _freeze_holdout(row: Treatment) -> FrozenHoldout:
    held = next((arm.weight for arm in row.arms.all() if arm.key == HELD), 0)
    drawn = holdout.freeze(row.pk, row.key, row.seed, held, phase=row.phase, generation=row.generation)
    return FrozenHoldout(drawn, row.campaign_id or 0)


def _shown_by(rule: Rule) -> tuple[str, int]:
    """What tells one treatment from another: a row of its own, or a variant that is shown alone."""
    return ("variant", rule.variant_id) if rule.variant_id else ("treatment", rule.treatment_id or 0)


def _freeze_treatments(draft: Draft, positions: dict[int, int]) -> dict[tuple[str, int], FrozenTreatment]:
    """By `_shown_by`, in an order that does not depend on the rules'."""
    alone = sorted({rule.variant_id for rule in draft.rules if rule.variant_id})
    frozen = {("variant", pk): single.freeze(positions[pk]) for pk in alone}
    for pk, row in draft.treatments.items():
        frozen["treatment", pk] = _freeze_treatment(row, positions)
    return frozen


def _freeze_treatment(row: Treatment, positions: dict[int, int]) -> FrozenTreatment:
    parts = [(arm.key, positions[arm.variant_id] if arm.variant_id else WITHOUT, arm.weight) for arm in row.arms.all()]
    if row.kind == Treatment.Kind.BANDIT:
        drawn = _drawn_as(row)
        return bandit.freeze(
            row.pk,
            row.key,
            row.seed,
            parts,
            coverage=drawn["coverage"],
            generation=drawn["generation"],
            group=drawn["group"],
        )
    return split.freeze(row.pk, row.key, row.seed, parts, **_drawn_as(row))


class _Drawn(TypedDict):
    coverage: float
    phase: int
    generation: int
    group: split.Group | None
    keeps: bool


def _drawn_as(row: Treatment) -> _Drawn:
    """How lots are drawn for it, beside its arms."""
    group = (row.group.key, row.group_from / 100, row.group_to / 100) if row.group else None
    return {
        "coverage": row.coverage / 100,
        "phase": row.phase,
        "generation": row.generation,
        "group": group,
        "keeps": row.keeps,
    }


def _freeze_rule(rule: Rule, draft: Draft, treatment: int, first_published_at: int) -> FrozenRule:
    campaign, window, condition = rule.campaign, rule.window(), rule.full_condition()
    return FrozenRule(
        id=rule.pk,
        name=rule.name,
        campaign=campaign.key,
        campaign_name=campaign.name,
        placement=draft.placements[rule.placement_id].key,
        priority=rule.priority,
        segment=rule.segment.key if rule.segment else "",
        treatment=treatment,
        starts_at=_ms(window.starts_at),
        ends_at=_ms(window.ends_at),
        cap_per_day=rule.cap_per_day or 0,
        cap_total=rule.cap_total or 0,
        first_published_at=_ms(rule.first_published_at) or first_published_at,
        targeted=rule.targeted,
        campaign_id=campaign.pk,
        condition=condition,
        hours=rule.open_hours(),
        caps=wider_caps(rule, campaign),
    )


def _ms(moment: datetime | None) -> int:
    return ms_of(moment) if moment else 0
