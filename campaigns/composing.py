"""What would visitors see if this were published and nothing else? What they see now, with what is chosen of the draft.
Pure.

A choice names things: `campaign:7` (its rules and its holdout, and so what it shows and pursues), `segment:buyers`,
`placement:hero` (with its default), `model:cluster`, `catalogue:` and `settings:` (currency, time zone, the holdout of
all campaigns, tests of settings, and the look of creatives, in which each is rendered when it goes out itself). Nothing
else goes out, with one exception: what a chosen thing uses comes along.

- Creatives, treatments, goals and segments come along as they are drafted, for whoever else uses them too: a release
  holds one version of each.
- Placements come along where visitors' release has none; else they stay as they are until they are chosen.
- Models and the catalogue come along where visitors' release has none at all.
- What a roll back took back is held: it does not come along, whoever uses it gets what visitors have. Who chooses a
  held campaign or placement releases what it uses.
- What is gone from the draft goes once it is chosen, and stays as long as a rule that stays needs it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

import msgspec

from campaigns.parts import NO_DEFAULT, Part, Parts
from campaigns.release import FrozenHoldout

CAMPAIGN, SEGMENT, PLACEMENT, MODEL = "campaign", "segment", "placement", "model"
VARIANT, TREATMENT, GOAL = "variant", "treatment", "goal"
CATALOGUE, SETTINGS = "catalogue:", "settings:"  # of the site: currency, time zone, look
KINDS = (CAMPAIGN, SEGMENT, PLACEMENT, MODEL, CATALOGUE[:-1], SETTINGS[:-1])  # what may be chosen
Thing = str  # kind, colon, and id or key


def thing(kind: str, key: int | str) -> Thing:
    return f"{kind}:{key}"


def campaigns_in(things: Iterable[Thing]) -> set[int]:
    """Their ids."""
    return {int(pk) for pk in keys_in(things, CAMPAIGN) if pk.isdecimal()}


def keys_in(things: Iterable[Thing], kind: str) -> set[str]:
    return {key for of, _, key in (name.partition(":") for name in things) if of == kind}


class Composed(NamedTuple):
    parts: Parts
    along: frozenset[Thing]  # what was not chosen and goes out all the same
    missing: tuple[tuple[int, Thing], ...]  # (campaign, or 0, and what it uses): in no release, and held


def shared_things(parts: Parts) -> set[Thing]:
    """All that no campaign owns."""
    return {
        *(thing(SEGMENT, key) for key in parts.segments),
        *(thing(PLACEMENT, key) for key in parts.placements),
        *(thing(MODEL, family) for family in parts.models),
        CATALOGUE,
        SETTINGS,
    }


def everything(live: Parts, draft: Parts) -> set[Thing]:
    """What a choice may name."""
    campaigns = {part.rule.campaign_id for parts in (live, draft) for part in parts.rules.values()}
    return {thing(CAMPAIGN, pk) for pk in campaigns} | shared_things(live) | shared_things(draft)


def compose(live: Parts, draft: Parts, chosen: Collection[Thing], held: Collection[Thing] = ()) -> Composed:
    """`draft` need not hold more than what is chosen and what that uses."""
    campaigns = campaigns_in(chosen)
    ours = {pk: part for pk, part in draft.rules.items() if part.rule.campaign_id in campaigns}
    fresh = list(ours.values())
    rules = without(live, campaigns).rules | ours  # a rule that moved between campaigns is there once
    wanted = _wanted(live, draft, fresh, chosen)
    refused = set(held) - released(draft, chosen, held)
    taken = {name for name in wanted if name in chosen or _comes_along(name, live, refused)}
    parts = Parts(
        site=live.site,
        currency=draft.currency if SETTINGS in chosen else live.currency,
        time_zone=draft.time_zone if SETTINGS in chosen else live.time_zone,
        look=draft.look if SETTINGS in chosen else live.look,
        rules=rules,
        campaigns=live.campaigns | {pk: row for pk, row in draft.campaigns.items() if pk in campaigns},
        goals=_merged(live.goals, draft.goals, GOAL, taken),
        treatments=_merged(live.treatments, draft.treatments, TREATMENT, taken),
        variants=_merged(live.variants, draft.variants, VARIANT, taken),
        segments=_merged(live.segments, draft.segments, SEGMENT, taken),
        placements=_merged(live.placements, draft.placements, PLACEMENT, taken),
        models=_merged(live.models, draft.models, MODEL, taken),
        items=draft.items if CATALOGUE in taken else live.items,
        tunings=draft.tunings if SETTINGS in chosen else live.tunings,
        holdouts=_joined_holdouts(live, draft, {*campaigns, *([0] if SETTINGS in chosen else [])}),
    )
    _drop_gone(parts, draft, chosen)
    along = {name for name in taken if name not in chosen and _differs(name, live, draft)}
    return Composed(parts, frozenset(along), _missing(parts, draft, fresh))


def without(live: Parts, campaigns: Collection[int] = (), rules: Collection[int] = ()) -> Parts:
    """What visitors see, but for these. Everything else stays as it is."""
    kept = {pk: part for pk, part in live.rules.items() if part.rule.campaign_id not in campaigns and pk not in rules}
    return msgspec.structs.replace(live, rules=kept)


def differing(live: Parts, draft: Parts) -> set[Thing]:
    """What a choice may name and is not as visitors have it: own rows of campaigns, what they show and pursue, but not
    the segments and placements that they use, which are named themselves."""
    shared = shared_things(live) | shared_things(draft)
    before, after = _by_campaign(live), _by_campaign(draft)
    changed = {pk for pk in {*before, *after} if _owned(live, before.get(pk, [])) != _owned(draft, after.get(pk, []))}
    return {name for name in shared if _differs(name, live, draft)} | {thing(CAMPAIGN, pk) for pk in changed}


def rules_differing(live: Parts, draft: Parts) -> set[int]:
    """By id, those that visitors see otherwise than they are drafted, or that one of both has not."""

    def own(parts: Parts, pk: int) -> object:
        return _owned(parts, [parts.rules[pk]] if pk in parts.rules else [])

    return {pk for pk in {*live.rules, *draft.rules} if own(live, pk) != own(draft, pk)}


def _by_campaign(parts: Parts) -> dict[int, list[Part]]:
    rules: dict[int, list[Part]] = defaultdict(list)
    for part in parts.rules.values():
        rules[part.rule.campaign_id].append(part)
    return rules


def all_differing(live: Parts, draft: Parts) -> set[Thing]:
    """These, and each creative, treatment and goal: what a roll back takes back, one by one."""
    tables = ((VARIANT, live.variants, draft.variants), (TREATMENT, live.treatments, draft.treatments))
    inner = {thing(kind, pk) for kind, a, b in tables for pk in {*a, *b} if a.get(pk) != b.get(pk)}
    inner |= {thing(GOAL, pk) for pk in {*live.goals, *draft.goals} if live.goals.get(pk) != draft.goals.get(pk)}
    return differing(live, draft) | inner


# --- what belongs to what -------------------------------------------------------------------------


def uses(parts: Parts, rules: Collection[Part]) -> set[Thing]:
    """What these rules and their campaigns need in a release."""
    goals = {parts.campaigns[part.rule.campaign_id].goal for part in rules} - {0}
    return {
        *(thing(VARIANT, pk) for pk in parts.variants_shown(rules)),
        *(thing(TREATMENT, part.shows.treatment) for part in rules if part.shows.treatment),
        *(thing(GOAL, pk) for pk in goals),
        *(thing(SEGMENT, key) for key in parts.segments_used(rules)),
        *(thing(PLACEMENT, part.rule.placement) for part in rules),
    }


def _wanted(live: Parts, draft: Parts, fresh: list[Part], chosen: Collection[Thing]) -> set[Thing]:
    wanted = {name for name in chosen if not name.startswith(CAMPAIGN + ":")} | uses(draft, fresh)
    wanted |= {thing(SEGMENT, key) for key in draft.with_named(keys_in(wanted, SEGMENT))}
    wanted |= {CATALOGUE, *(thing(MODEL, family) for family in draft.models)} if chosen else set()
    changing = keys_in(chosen, PLACEMENT) | (keys_in(wanted, PLACEMENT) - live.placements.keys())
    return wanted | _defaults(draft, changing)


def _defaults(parts: Parts, placements: Collection[str]) -> set[Thing]:
    found = {parts.placements[key].default for key in placements if key in parts.placements}
    return {thing(VARIANT, pk) for pk in found - {NO_DEFAULT}}


def released(draft: Parts, chosen: Collection[Thing], held: Collection[Thing]) -> set[Thing]:
    """What is held no more, because somebody chose on purpose what holds it."""
    on_purpose = {name for name in chosen if name in held}
    rules = [part for part in draft.rules.values() if part.rule.campaign_id in campaigns_in(on_purpose)]
    free = on_purpose | uses(draft, rules)
    return free | _defaults(draft, keys_in(free, PLACEMENT))


def _comes_along(name: Thing, live: Parts, refused: Collection[Thing]) -> bool:
    if name in refused:
        return False
    if name == CATALOGUE:
        return not live.items
    return name.partition(":")[0] not in (PLACEMENT, MODEL) or _find(live, name) is None


def _merged(live: dict, draft: dict, kind: str, taken: Collection[Thing]) -> dict:  # type: ignore[type-arg]  # any rows
    return live | {key: row for key, row in draft.items() if thing(kind, key) in taken}


def _drop_gone(parts: Parts, draft: Parts, chosen: Collection[Thing]) -> None:
    rules = list(parts.rules.values())
    for family in keys_in(chosen, MODEL) - draft.models.keys():
        parts.models.pop(family, None)
    for key in keys_in(chosen, PLACEMENT) - draft.placements.keys() - {part.rule.placement for part in rules}:
        parts.placements.pop(key, None)
    gone = keys_in(chosen, SEGMENT) - draft.segments.keys()
    kept = {key for key in parts.segments if key not in gone}
    needed = parts.segments_used(rules) | parts.with_named(kept)
    for key in gone - needed:
        parts.segments.pop(key, None)


def _joined_holdouts(live: Parts, draft: Parts, owners: Collection[int]) -> dict[int, FrozenHoldout]:
    """Those of these campaigns, 0 being all, as they are drafted."""
    kept = {pk: one for pk, one in live.holdouts.items() if one.campaign_id not in owners}
    return kept | {pk: one for pk, one in draft.holdouts.items() if one.campaign_id in owners}


def _holdouts_of(parts: Parts, campaign: int) -> list[FrozenHoldout]:
    return [one for _, one in sorted(parts.holdouts.items()) if one.campaign_id == campaign]


def _missing(parts: Parts, draft: Parts, fresh: list[Part]) -> tuple[tuple[int, Thing], ...]:
    """Also segments that a rule names and that are nowhere any more; of no campaign, the defaults of placements."""
    used = [(part.rule.campaign_id, name) for part in fresh for name in sorted(uses(draft, [part]))]
    used += [(0, thing(VARIANT, row.default)) for row in parts.placements.values() if row.default != NO_DEFAULT]
    return tuple((campaign, name) for campaign, name in used if _find(parts, name) is None)


def _find(parts: Parts, name: Thing) -> object | None:
    kind, _, key = name.partition(":")
    if kind in (SEGMENT, PLACEMENT, MODEL):
        rows = {SEGMENT: parts.segments, PLACEMENT: parts.placements, MODEL: parts.models}[kind]
        return rows.get(key)  # type: ignore[attr-defined]  # of one of three kinds
    tables = {VARIANT: parts.variants, TREATMENT: parts.treatments, GOAL: parts.goals}
    return tables[kind].get(int(key)) if kind in tables else None  # type: ignore[attr-defined]  # the same


def _differs(name: Thing, live: Parts, draft: Parts) -> bool:
    kind, _, key = name.partition(":")
    if name == CATALOGUE:
        return live.items != draft.items
    if name == SETTINGS:
        return _settings(live) != _settings(draft)
    if kind == PLACEMENT:
        return _with_default(live, key) != _with_default(draft, key)
    return _find(live, name) != _find(draft, name)


def _settings(parts: Parts) -> object:
    return parts.currency, parts.time_zone, parts.look, _holdouts_of(parts, 0), parts.tunings


def _owned(parts: Parts, rules: list[Part]) -> object:
    """What is a campaign's own, in a form that can be compared. When a rule was first published is none of it."""
    if not rules:
        return None
    row = parts.campaigns[rules[0].rule.campaign_id]
    treatments = {part.shows.treatment for part in rules} - {0}
    return (
        {part.rule.id: (msgspec.structs.replace(part.rule, first_published_at=0), part.shows) for part in rules},
        row,
        parts.goals.get(row.goal),
        {pk: parts.treatments[pk] for pk in treatments},
        {pk: parts.variants[pk] for pk in parts.variants_shown(rules)},
        _holdouts_of(parts, row.id),
    )


def _with_default(parts: Parts, key: str) -> object:
    row = parts.placements.get(key)
    return row and (row, parts.variants.get(row.default))
