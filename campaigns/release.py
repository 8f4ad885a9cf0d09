"""What does a decision read? An immutable snapshot, as plain data, loaded by every edge process.

`campaigns.drafts` freezes drafts into a `Source`; `dump` compiles it, in a worker; `load` turns the compiled bytes
into a `FrozenRelease`, in each edge process. Loading rebuilds nothing: the index travels in the blob, and the
conditions of the rules stay packed until somebody asks for one.
"""

import hashlib
from collections.abc import Callable, Container, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from campaigns import escaping
from campaigns.goals import FrozenGoal
from campaigns.index import Index
from campaigns.looks import PLAIN, Look
from campaigns.rules import FrozenRule, PackedRule, Schedule, find_contextual
from campaigns.treatments import FrozenTreatment
from segments.clustering.frozen import Clusters, FrozenClusters
from segments.conditions import compile_condition, event_rows
from segments.conditions.event_rows import Row
from segments.conditions.saved import saved_groups
from segments.conditions.shapes import Condition, SavedGroups, Values
from segments.merging import NO_ROWS
from segments.spelling import respell
from segments.tallies import Rows

TIME_LEFT = "countdown.left"  # the hole of a clock: seconds
MOST_SECONDS_LEFT = 30 * 86_400
FORMAT = 8  # of the blob; a process that meets another one keeps the release it has
# 5 has neither hours nor a time zone, 6 no caps of a session or a campaign, 7 no holdouts: there were none then.
READABLE = {5, 6, 7, FORMAT}


class FrozenItem(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A catalogue entry as decisions need it."""

    key: str
    name: str
    category: str
    category_url: str
    price_minor: int
    currency: str
    url: str
    image_url: str
    near: dict[str, list[str]] = {}  # kind of neighbours -> their keys, the nearest first (recommendations.neighbors)
    old_price_minor: int | None = None  # before a reduction


class FrozenVariant(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A compiled creative. `pieces` with the values of `holes` between them are the JSON text of the answer's
    `variant`."""

    id: int
    key: str
    slot: str  # key of campaigns.slots.SLOTS: what fills the holes, "" when there are none to fill
    link: list[str]  # where a click leads: text and names of holes in turn ("/p/", "item.name", ""); empty for no link
    pieces: list[bytes]  # n + 1 pieces of JSON text around n holes
    holes: list[str]  # names: "item.name" and so on
    forms: list[str]  # per hole, how its value is made harmless where it stands: a key of campaigns.escaping.FORMS
    shows: int = 1  # items of its slot; with fewer it cannot be shown
    discount: int = 0  # per cent, for the reduced prices of items
    until: int = 0  # ms since 1970 UTC, the moment that it counts down to; 0 for none
    languages: "dict[str, FrozenVariant]" = {}  # the same in other languages; nothing else differs
    opens: int = 0  # ms since 1970 UTC, between which its coupon can be redeemed; 0 for no bound
    closes: int = 0
    coupon: int = 0  # its id, 0 for none

    def spoken(self, language: str) -> "FrozenVariant":
        """In this language where there are words in it, else as it is."""
        return self.languages.get(language, self)

    def is_out(self, now: int, used_up: Container[int] = ()) -> bool:
        """Whether nobody is to be shown it now: its countdown or its coupon is over, or has not begun, or the coupon is
        among those used up."""
        if self.coupon and self.coupon in used_up:
            return True
        return self.opens > now or 0 < self.closes <= now or (self.until > 0 and not self.seconds_left(now))

    def seconds_left(self, now: int) -> int:
        """Of a countdown; 0 where it is over, or still further away than a clock can say."""
        left = (self.until - now) // 1000
        return left if 0 < left <= MOST_SECONDS_LEFT else 0

    def answer(self, values: Mapping[str, str] | None = None) -> bytes:
        """The JSON text of the variant. A hole without a value is left empty: whoever chose this variant has filled its
        slot."""
        if not self.holes:
            return self.pieces[0]
        values = values or {}
        parts = [self.pieces[0]]
        for hole, form, piece in zip(self.holes, self.forms, self.pieces[1:], strict=True):
            parts.append(escaping.FORMS[form](values.get(hole, "")))
            parts.append(piece)
        return b"".join(parts)

    def target(self, values: Mapping[str, str] | None = None) -> str:
        """The address that a click leads to, "" for none."""
        if len(self.link) < 2:
            return self.link[0] if self.link else ""
        values = values or {}
        return "".join(escaping.url_part(part, values) if i % 2 else part for i, part in enumerate(self.link))


class FrozenSegment(msgspec.Struct, array_like=True, frozen=True, gc=False):
    key: str
    name: str
    condition: Condition


class FrozenPlacement(msgspec.Struct, array_like=True, frozen=True, gc=False):
    key: str
    default: int  # index into variants, -1 for none
    min_height: int
    enabled: bool = True


class FrozenCampaign(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a key stood for when the release was frozen, and what it pursued: results are kept by id, so a key may
    change (`campaigns.published`)."""

    id: int
    key: str
    goal: int  # id of one of `Source.goals`, 0 for none


class FrozenHoldout(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Whose visitors do without a campaign, or without all of them."""

    treatment: FrozenTreatment
    campaign_id: int = 0  # 0: all campaigns


class FrozenSetting(msgspec.Struct, array_like=True, frozen=True):
    """How Segue works for the visitors of one arm, where that is not as for everybody."""

    models: dict[str, FrozenClusters] = {}  # by family, in place of those in force
    slots: dict[str, str] = {}  # what fills a slot instead of what it names, by keys of campaigns.slots.SLOTS


class FrozenTuning(msgspec.Struct, array_like=True, frozen=True):
    """An experiment on how Segue itself works, for all visitors of a site."""

    treatment: FrozenTreatment  # its arms show nothing
    settings: list[FrozenSetting]  # by arm


class Source(msgspec.Struct, frozen=True):
    """The plain content of a release, before compiling; its hash is the release's version."""

    site: int
    segments: list[FrozenSegment]
    models: dict[str, FrozenClusters]  # by family
    placements: list[FrozenPlacement]
    rules: list[FrozenRule]
    variants: list[FrozenVariant]
    items: list[FrozenItem]
    currency: str  # the site's: of all amounts but the prices of items, which name theirs
    campaigns: list[FrozenCampaign] = []  # of the rules; not compiled, for no decision reads them
    treatments: list[FrozenTreatment] = []  # what rules show: a variant alone, or a lot among several
    goals: list[FrozenGoal] = []  # of the campaigns; not compiled either
    time_zone: str = "UTC"  # the site's: by its clocks the hours of rules count
    look: Look = PLAIN  # of the creatives, which are rendered in it already
    holdouts: list[FrozenHoldout] = []
    tunings: list[FrozenTuning] = []


# The time zone, the holdouts and the tunings stand at the end of the blob.
NOT_COMPILED = {"campaigns", "goals", "time_zone", "look", "holdouts", "tunings"}


class _Blob(msgspec.Struct, array_like=True, frozen=True):
    format: int
    version: str
    site: int
    segments: list[FrozenSegment]
    models: dict[str, FrozenClusters]
    placements: list[FrozenPlacement]
    rules: list[PackedRule]
    variants: list[FrozenVariant]
    items: list[FrozenItem]
    currency: str
    treatments: list[FrozenTreatment]
    index: bytes
    time_zone: str = "UTC"
    rows: list[str] = []  # attributes of the event rows that its conditions ask for
    holdouts: list[FrozenHoldout] = []
    tunings: list[FrozenTuning] = []


_DECODER = msgspec.msgpack.Decoder(_Blob)
Judging = TypeVar("Judging", FrozenSegment, FrozenRule)


class UnknownFormat(ValueError):
    """The blob was written by another version of Segue; publishing again writes one that can be read."""


@dataclass(frozen=True)
class FrozenRelease:
    """What an edge process decides from. Never changed after `load`; a new release replaces it whole."""

    version: str
    site: int
    segments: tuple[FrozenSegment, ...]
    frozen_models: Mapping[str, FrozenClusters]  # by family
    placements: Mapping[str, FrozenPlacement]  # by key
    rules: tuple[PackedRule, ...]  # bit i of a match is rule i; the lowest bit wins
    variants: tuple[FrozenVariant, ...]
    items: Mapping[str, FrozenItem]  # by key
    currency: str  # the site's
    treatments: tuple[FrozenTreatment, ...]
    index: Index
    masks: Mapping[str, int]  # placement -> the bits of its rules
    time_zone: str  # the site's
    rows: Rows = NO_ROWS  # the event rows that its conditions ask for
    holdouts: tuple[FrozenHoldout, ...] = ()
    tunings: tuple[FrozenTuning, ...] = ()

    @cached_property
    def segment_tests(self) -> tuple[tuple[str, Callable[[Values], bool]], ...]:
        """(key, test on attributes) of each segment, in the order of their names."""
        return tuple((segment.key, compile_condition(segment.condition, self.groups)) for segment in self.segments)

    @cached_property
    def groups(self) -> SavedGroups:
        """What `$savedGroup` means in a condition of this release."""
        return saved_groups(self.segments)

    @cached_property
    def outcomes(self) -> dict[Hashable, Any]:
        """What an edge process has worked out once about the results of this release
        (`personalization.edge.answer`)."""
        return {}

    @cached_property
    def outranked(self) -> dict[int, Any]:
        """The same of the rules behind a winner, by the set of them as bits (`personalization.decide`)."""
        return {}

    @cached_property
    def models(self) -> Mapping[str, Clusters]:
        """By family, the group of attributes that they give: ready to be asked about a visitor."""
        return {family: Clusters(frozen) for family, frozen in self.frozen_models.items()}

    @cached_property
    def tuned_models(self) -> tuple[dict[str, Mapping[str, Clusters]], ...]:
        """Of each tuning, by arm: what is ready to be asked in place of `models`."""
        return tuple(
            {
                arm.key: {family: Clusters(frozen) for family, frozen in setting.models.items()}
                for arm, setting in zip(tuning.treatment.arms, tuning.settings, strict=True)
            }
            for tuning in self.tunings
        )

    @cached_property
    def schedule(self) -> Schedule:
        return Schedule(self.rules, self.time_zone)

    @cached_property
    def contextual(self) -> int:
        """The rules that may be decided without consent."""
        personal = {i for i, treatment in enumerate(self.treatments) if self._is_personal(treatment)}
        return find_contextual(self.rules, personal, self.index)

    def _is_personal(self, treatment: FrozenTreatment) -> bool:
        """Whether it needs to know the visitor: to draw a lot, or to fill a slot."""
        return treatment.id > 0 or any(self.variants[arm.variant].slot for arm in treatment.arms)

    @cached_property
    def keeping(self) -> Mapping[int, FrozenTreatment]:
        """By id, the treatments whose visitors keep what they drew."""
        return {treatment.id: treatment for treatment in self.treatments if treatment.keeps}

    @cached_property
    def variant_positions(self) -> Mapping[str, int]:
        """Key of a variant -> position in `variants`."""
        return {variant.key: position for position, variant in enumerate(self.variants)}

    @cached_property
    def arm_positions(self) -> Mapping[str, tuple[int, int]]:
        """ "treatment:arm" -> positions of the treatment, and of what the arm shows or WITHOUT."""
        return {
            f"{treatment.key}:{arm.key}": (position, arm.variant)
            for position, treatment in enumerate(self.treatments)
            if treatment.id
            for arm in treatment.arms
        }

    def can_preview(self, key: str) -> bool:
        return key in self.variant_positions or key in self.arm_positions

    def holdouts_of(self, campaign_id: int) -> tuple[int, ...]:
        """Positions of the holdouts that speak for the rules of a campaign."""
        return self._holdouts.get(campaign_id, self._holdouts[0])

    @cached_property
    def _holdouts(self) -> dict[int, tuple[int, ...]]:
        """By campaign; under 0 those of campaigns that have none of their own."""
        named = {0} | {holdout.campaign_id for holdout in self.holdouts}
        return {
            pk: tuple(place for place, one in enumerate(self.holdouts) if one.campaign_id in (0, pk)) for pk in named
        }

    @cached_property
    def category_urls(self) -> Mapping[str, str]:
        return {item.category: item.category_url for item in self.items.values()}

    @cached_property
    def category_pictures(self) -> Mapping[str, str]:
        """Of the first item of each category that has one."""
        return {item.category: item.image_url for item in reversed(list(self.items.values())) if item.image_url}

    @cached_property
    def segment_names(self) -> Mapping[str, str]:
        return {segment.key: segment.name for segment in self.segments}

    @cached_property
    def rule_positions(self) -> Mapping[int, int]:
        """Rule id -> position in `rules`."""
        return {rule.id: i for i, rule in enumerate(self.rules)}


def version_of(source: Source) -> str:
    """Equal content, equal version: 32 hex digits."""
    return hashlib.blake2b(msgspec.json.encode(source, order="deterministic"), digest_size=16).hexdigest()


def rows_in(source: Source) -> list[Row]:
    """The event rows of all its conditions, each once, by name."""
    conditions = [segment.condition for segment in source.segments] + [rule.condition for rule in source.rules]
    rows = {
        question.attribute: question.row for condition in conditions for question in event_rows.questions_in(condition)
    }
    return [rows[name] for name in sorted(rows)]


def dump(source: Source, version: str = "") -> bytes:
    """Compiles: builds the index and packs everything. `source.rules` must be sorted by their `place`. A release that
    was frozen before sources had one name each says what it meant all the same."""
    version = version or version_of(source)
    source = msgspec.structs.replace(source, segments=_spelled(source.segments), rules=_spelled(source.rules))
    index = Index.build([rule.condition for rule in source.rules], saved_groups(source.segments))
    content = [getattr(source, field) for field in Source.__struct_fields__ if field not in NOT_COMPILED]
    rows = [row.name for row in rows_in(source)]
    return msgspec.msgpack.encode(
        [FORMAT, version, *content, index.to_bytes(), source.time_zone, rows, source.holdouts, source.tunings]
    )


def _spelled(rows: list[Judging]) -> list[Judging]:
    return [msgspec.structs.replace(row, condition=respell(row.condition)) for row in rows]


def load(blob: bytes) -> FrozenRelease:
    """Raises `UnknownFormat` for a blob of another version of Segue."""
    try:
        content = _DECODER.decode(blob)
    except msgspec.DecodeError as error:
        raise UnknownFormat(str(error)) from error
    if content.format not in READABLE:
        raise UnknownFormat(f"release {content.version} has format {content.format}, this process reads {FORMAT}")
    tuned = [model for tuning in content.tunings for setting in tuning.settings for model in setting.models.values()]
    if unknown := sorted(model.kind for model in (*content.models.values(), *tuned) if not model.is_readable):
        raise UnknownFormat(f"release {content.version} has models of an unknown kind: {', '.join(unknown)}")
    return FrozenRelease(
        version=content.version,
        site=content.site,
        segments=tuple(content.segments),
        frozen_models=content.models,
        placements={placement.key: placement for placement in content.placements},
        rules=tuple(content.rules),
        variants=tuple(content.variants),
        items={item.key: item for item in content.items},
        currency=content.currency,
        treatments=tuple(content.treatments),
        index=Index.from_bytes(content.index),
        masks=_masks(content.placements, content.rules),
        time_zone=content.time_zone,
        rows=Rows.named(content.rows),
        holdouts=tuple(content.holdouts),
        tunings=tuple(content.tunings),
    )


def _masks(placements: list[FrozenPlacement], rules: list[PackedRule]) -> dict[str, int]:
    """Set as bytes, then read as one number: 10,000 shifts of a growing number would cost the square."""
    bits = {placement.key: bytearray(len(rules) // 8 + 1) for placement in placements}
    for i, rule in enumerate(rules):
        bits[rule.placement][i >> 3] |= 1 << (i & 7)
    return {key: int.from_bytes(value, "little") for key, value in bits.items()}
