"""What can whoever publishes choose, and what would each choice do? Every thing of the draft that visitors do not see
as it is."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import msgspec

from campaigns.changes import changes
from campaigns.composing import (
    CAMPAIGN,
    CATALOGUE,
    MODEL,
    PLACEMENT,
    SEGMENT,
    SETTINGS,
    Composed,
    Thing,
    campaigns_in,
    compose,
    differing,
    shared_things,
    thing,
)
from campaigns.drafts import Draft, freeze
from campaigns.looks import PLAIN
from campaigns.models import Campaign
from campaigns.narrowing import frozen_parts, narrow
from campaigns.parts import Parts, apart, together
from campaigns.problems import Problem, problem_of
from campaigns.release import version_of
from campaigns.validation import validate

Dates = Mapping[int, int]  # rule id -> milliseconds
NO_DATES: Dates = MappingProxyType({})


@dataclass(frozen=True)
class Offer:
    """A thing that may be chosen, and what publishing it alone would change."""

    thing: Thing
    name: str
    changes: list[str]
    errors: list[str]  # which keep it from being published
    digest: str  # of how it is drafted: another one once somebody changes that
    is_held: bool = False
    is_new: bool = False  # a campaign that was never launched


@dataclass(frozen=True)
class Tried:
    """What came of composing a release of a choice. `composed` is None where a problem is an error."""

    problems: list[Problem]
    composed: Composed | None


def usual_choice(live: Parts, draft: Draft, held: Collection[Thing]) -> set[Thing]:
    """What goes out where nobody chooses: everything that is launched, and whatever is gone, but nothing that is
    held."""
    launched = {pk for pk, row in draft.campaigns.items() if row.status == Campaign.Status.LIVE}
    never = draft.campaigns.keys() - launched
    seen = {part.rule.campaign_id for part in live.rules.values()}
    return ({thing(CAMPAIGN, pk) for pk in launched | (seen - never)} | _shared(draft) | shared_things(live)) - set(
        held
    )


def _shared(draft: Draft) -> set[Thing]:
    return {
        *(thing(SEGMENT, row.key) for row in draft.segments.values()),
        *(thing(PLACEMENT, row.key) for row in draft.placements.values()),
        *(thing(MODEL, family) for family in draft.models),
        CATALOGUE,
        SETTINGS,
    }


def with_first_things(live: Parts, draft: Draft, chosen: Collection[Thing]) -> set[Thing]:
    """The first release of a site takes along all that no campaign owns."""
    return set(chosen) if live.placements or live.rules else set(chosen) | _shared(draft)


def try_choice(
    live: Parts, draft: Draft, chosen: Collection[Thing], held: Collection[Thing], now: int, dates: Dates = NO_DATES
) -> Tried:
    """Looks at nothing that is not chosen, nor used by what is."""
    narrowed = narrow(draft, chosen)
    problems = validate(narrowed, now)
    if any(problem.is_error for problem in problems):
        return Tried(problems, None)
    composed = compose(live, apart(freeze(narrowed, now, dates)), chosen, held)
    if lacking := list(_lacking(composed, draft)):
        return Tried([*lacking, *problems], None)
    return Tried(problems, composed)


def offers(live: Parts, draft: Draft, held: Collection[Thing], now: int) -> list[Offer]:
    """Campaigns first, then what no campaign owns, each by its name. `draft` holds those that were never launched
    too."""
    drafted, broken = frozen_parts(draft, now)
    found = differing(live, drafted) | {thing(CAMPAIGN, pk) for pk in broken}
    before = together(live)
    made = [_offer(name, live, draft, held, now, changes_from=before) for name in found]
    return sorted(made, key=lambda offer: (not offer.thing.startswith(CAMPAIGN), offer.name.casefold(), offer.thing))


def _offer(name: Thing, live: Parts, draft: Draft, held: Collection[Thing], now: int, changes_from: object) -> Offer:
    tried = try_choice(live, draft, {name}, held, now)
    told: list[str] = []
    if tried.composed:
        told = changes(changes_from if live.rules or live.placements else None, together(tried.composed.parts))  # type: ignore[arg-type]
    owner = next((draft.campaigns[pk] for pk in campaigns_in({name}) if pk in draft.campaigns), None)
    return Offer(
        name,
        _name(name, live, draft),
        told,
        [f"{problem.name}: {problem.message}" for problem in tried.problems if problem.is_error],
        digest_of(draft, name, now),
        is_held=name in held,
        is_new=owner is not None and owner.status == Campaign.Status.DRAFT,
    )


def digest_of(draft: Draft, name: Thing, now: int) -> str:
    """Of a thing as it is drafted, with what it uses: 32 hex digits, empty where it cannot be frozen."""
    parts, broken = frozen_parts(narrow(draft, {name}), now)
    if broken:
        return ""
    if name.startswith((CAMPAIGN, SEGMENT, PLACEMENT)):
        # Another thing each.
        own = {pk: one for pk, one in parts.holdouts.items() if one.campaign_id}
        nothing = {"items": [], "models": {}, "currency": "", "time_zone": "UTC", "look": PLAIN, "tunings": []}
        parts = msgspec.structs.replace(parts, holdouts=own, **nothing)
    undated = {
        pk: part._replace(rule=msgspec.structs.replace(part.rule, first_published_at=0))
        for pk, part in parts.rules.items()
    }
    return version_of(together(msgspec.structs.replace(parts, rules=undated)))


def _name(name: Thing, live: Parts, draft: Draft) -> str:
    kind, _, key = name.partition(":")
    if kind == CAMPAIGN:
        gone = next((part.rule.campaign_name for part in live.rules.values() if part.rule.campaign_id == int(key)), "")
        return str(draft.campaigns[int(key)]) if int(key) in draft.campaigns else gone or key
    if kind == SEGMENT:
        rows = [row.name for row in draft.segments.values() if row.key == key]
        return next(iter(rows), live.segments[key].name if key in live.segments else key)
    if kind == PLACEMENT:
        return next((row.name for row in draft.placements.values() if row.key == key), key)
    return {CATALOGUE: "Catalogue", SETTINGS: "Settings of the site"}.get(name, f"{key.capitalize()}s")


def _lacking(composed: Composed, draft: Draft) -> Iterator[Problem]:
    for campaign, name in sorted(set(composed.missing)):
        kind, _, key = name.partition(":")
        used = f"its {kind} {_called(kind, key, draft)} was taken back by a roll back, and visitors have no other"
        row = draft.campaigns.get(campaign, draft.site)
        yield problem_of(row, kind, f"{used[0].upper()}{used[1:]}: publish that as well.")


def _called(kind: str, key: str, draft: Draft) -> str:
    rows = {"variant": draft.variants, "treatment": draft.treatments}.get(kind, {})
    found = rows.get(int(key)) if rows and key.isdecimal() else None  # type: ignore[attr-defined]  # of two kinds
    return f"“{found or key}”"
