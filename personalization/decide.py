"""What does this visitor get in these placements? Release, profile and context in, choices with reasons out; nothing
else is read."""

from collections.abc import Mapping, Sequence

import msgspec

from campaigns.caps import is_capped
from campaigns.holes import HOLES
from campaigns.index.bits import positions_of
from campaigns.release import FrozenRelease
from campaigns.rules import PackedRule
from personalization.slots import slot_values
from personalization.trace import Step, trace_of
from segments.attributes import Attributes
from segments.profile import Profile

TARGETING_MATCH, STATIC, DEFAULT, DISABLED, ERROR = "TARGETING_MATCH", "STATIC", "DEFAULT", "DISABLED", "ERROR"
CAPPED, NO_CONSENT, PREVIEW, REPEATED, UNFILLED, UNKNOWN_PLACEMENT = (
    "CAPPED",
    "NO_CONSENT",
    "PREVIEW",
    "REPEATED",
    "UNFILLED",
    "UNKNOWN_PLACEMENT",
)
UNKNOWN = "(unknown)"  # stands in the figures for all placements that nobody made; keys have no brackets

NOTHING: Mapping[str, str] = {}
_REFUSED = ("denied", "stored")  # what a profile remembers of a visitor who does not want to be personalised


class Decision(msgspec.Struct, gc=False):
    """What one placement shows. Reasons are OpenFeature's, details ours; "" when there is nothing to add."""

    placement: str
    rule: PackedRule | None
    variant: int  # position in the release's variants, -1 for nothing
    values: dict[str, str] | None  # by hole
    reason: str
    detail: str = ""
    propensity: float = 1.0  # chance of this outcome; below 1 once treatments draw lots
    trace: tuple[Step, ...] = ()  # when asked for


class _ContextOnly(dict):
    """Attributes of which only `context.*` can be read, whatever a condition asks for."""

    def __init__(self, attributes: Mapping):
        super().__init__()
        self._attributes = attributes

    def __missing__(self, name: str) -> object:
        if name != "context" and not name.startswith("context."):
            raise KeyError(name)
        return self._attributes[name]


def _without_visitor(attributes: Mapping) -> _ContextOnly:
    """`context.country` and others fall back to what the profile remembers, so that is taken away too."""
    if isinstance(attributes, Attributes):
        attributes = Attributes(Profile(), attributes.now, attributes.context)
    return _ContextOnly(attributes)


class _Page(msgspec.Struct, gc=False):
    """What is the same for all placements of one question."""

    release: FrozenRelease
    profile: Profile
    now: int
    day: int
    consent: bool
    found: int  # rules whose condition holds and that may win
    used: set[int]  # creatives that stand on the page already
    shown: dict[
        str, int
    ]  # creatives by placement that the visitor is looking at: their caps count from the next view on


def decide(
    release: FrozenRelease,
    profile: Profile,
    attributes: Mapping,
    placements: Sequence[str],
    now: int,
    seed: int,
    *,
    day: int,
    trace: bool = False,
    preview: str | None = None,
    consent: bool = True,
    shown: Mapping[str, str] = NOTHING,
) -> list[Decision]:
    """One decision for each distinct placement, in the order asked; earlier ones choose first, because no creative
    stands on a page twice.

    `day` is the local day number in the site's time zone, for caps. Without `consent`, or for a profile that remembers
    a refusal, only rules on `context.*` take part, nothing of the profile is used, and the detail says NO_CONSENT.
    `preview` is the key of a variant to show everywhere, to whoever asks. `shown` are keys of variants by placement
    that stand there in this view: what the view itself uses up takes nothing away from under the visitor's eyes. `seed`
    is for treatments that draw lots; none do yet.
    """
    consent = consent and profile.consent not in _REFUSED
    if not consent:
        attributes = _without_visitor(attributes)
    page = _Page(release, profile, now, day, consent, _found(release, attributes, placements, now, consent), set(), {})
    if shown:
        positions = {variant.key: position for position, variant in enumerate(release.variants)}
        page.shown = {key: positions.get(variant, -1) for key, variant in shown.items()}
    previewed = _position(release, preview) if preview else -1
    decisions = []
    for key in dict.fromkeys(placements):
        used = frozenset(page.used) if trace else frozenset()
        decision = _preview(page, key, previewed) if previewed >= 0 and key in release.placements else _place(page, key)
        if trace:
            winner = decision.rule.id if decision.rule else None
            standing = page.shown.get(key, -1)
            decision.trace = trace_of(
                release, profile, attributes, key, winner, now, day=day, consent=consent, used=used, standing=standing
            )
        decisions.append(decision)
    return decisions


def _found(release: FrozenRelease, attributes: Mapping, placements: Sequence[str], now: int, consent: bool) -> int:
    """The rules of all these placements that are live and whose condition holds."""
    wanted = 0
    for key in placements:
        wanted |= release.masks.get(key, 0)
    wanted &= release.schedule.live(now)
    if not consent:
        wanted &= release.contextual
    return release.index.match(attributes, wanted) if wanted else 0


def _position(release: FrozenRelease, key: str) -> int:
    return next((i for i, variant in enumerate(release.variants) if variant.key == key), -1)


def _preview(page: _Page, key: str, position: int) -> Decision:
    """Shown even where the slot has nothing for this visitor: then with examples."""
    values = _values(page, position)
    return Decision(
        key,
        None,
        position,
        {name: hole.example for name, hole in HOLES.items()} if values is None else values,
        STATIC,
        PREVIEW,
    )


def _place(page: _Page, key: str) -> Decision:
    placement = page.release.placements.get(key)
    if placement is None:
        return Decision(key, None, -1, None, ERROR, UNKNOWN_PLACEMENT)
    if not placement.enabled:
        return Decision(key, None, -1, None, DISABLED)
    return _winner(page, key) or _default(page, key, placement.default)


def _winner(page: _Page, key: str) -> Decision | None:
    """The lowest bit that nothing speaks against: bits are in the order of precedence."""
    rules = page.release.rules
    candidates = page.found & page.release.masks[key]
    while candidates:
        lowest = candidates & -candidates
        rule = rules[lowest.bit_length() - 1]
        if rule.variant not in page.used and (
            page.shown.get(key) == rule.variant or not is_capped(rule, page.profile.shown, page.day)
        ):
            values = _values(page, rule.variant)
            if values is not None:
                page.used.add(rule.variant)
                return Decision(
                    key,
                    rule,
                    rule.variant,
                    values,
                    TARGETING_MATCH if rule.targeted else STATIC,
                    "" if page.consent else NO_CONSENT,
                )
        candidates ^= lowest
    return None


def _values(page: _Page, position: int) -> dict[str, str] | None:
    slot = page.release.variants[position].slot
    if not slot:
        return {}
    return slot_values(slot, page.profile, page.release, page.now) if page.consent else None


def _default(page: _Page, key: str, position: int) -> Decision:
    values = _values(page, position) if position >= 0 else None
    if position in page.used:
        return Decision(key, None, -1, None, DEFAULT, REPEATED)
    if values is None:
        return Decision(key, None, -1, None, DEFAULT, _why_no_rule(page, key) or (UNFILLED if position >= 0 else ""))
    page.used.add(position)
    return Decision(key, None, position, values, DEFAULT, _why_no_rule(page, key))


def _why_no_rule(page: _Page, key: str) -> str:
    if not page.consent:
        return NO_CONSENT
    candidates = page.found & page.release.masks[key]
    is_barred = candidates and any(
        is_capped(page.release.rules[i], page.profile.shown, page.day) for i in positions_of(candidates)
    )
    return CAPPED if is_barred else ""
