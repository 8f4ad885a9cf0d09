"""Which rows of a draft are concerned where only a part of it is published? What is chosen, and what that uses."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from campaigns.composing import CAMPAIGN, PLACEMENT, SEGMENT, Thing, campaigns_in, keys_in, thing
from campaigns.drafts import Draft, freeze
from campaigns.models import Rule
from campaigns.parts import Parts, apart
from segments.references import segments_in


def narrow(draft: Draft, chosen: Collection[Thing]) -> Draft:
    """A draft that holds nothing else, so that what is wrong elsewhere is in nobody's way."""
    pks = campaigns_in(chosen)
    rules = [rule for rule in draft.rules if rule.campaign_id in pks]
    used = {rule.placement_id for rule in rules}
    placements = {pk: row for pk, row in draft.placements.items() if pk in used or thing(PLACEMENT, row.key) in chosen}
    treatments = {pk: draft.treatments[pk] for pk in draft.treatments if pk in {rule.treatment_id for rule in rules}}
    shown = {rule.variant_id for rule in rules} | {row.default_variant_id for row in placements.values()}
    shown |= {arm.variant_id for row in treatments.values() for arm in row.arms.all()}
    holdouts = {pk: row for pk, row in draft.holdouts.items() if row.campaign_id is None or row.campaign_id in pks}
    keys = _segments_used(draft, rules, keys_in(chosen, SEGMENT))
    return replace(
        draft,
        campaigns={pk: row for pk, row in draft.campaigns.items() if pk in pks},
        rules=rules,
        placements=placements,
        treatments=treatments,
        holdouts=holdouts,
        variants={pk: row for pk, row in draft.variants.items() if pk in shown},
        segments={pk: row for pk, row in draft.segments.items() if row.key in keys},
    )


def frozen_parts(draft: Draft, now: int) -> tuple[Parts, set[int]]:
    """And the campaigns that cannot be frozen, because something in them is wrong (`campaigns.validation` says what):
    they are left out."""
    try:
        return apart(freeze(draft, now)), set()
    except (ValueError, LookupError, ArithmeticError):
        pass
    broken = {pk for pk in draft.campaigns if not _may_freeze(draft, pk, now)}
    good = narrow(draft, {thing(CAMPAIGN, pk) for pk in draft.campaigns.keys() - broken})
    return apart(freeze(good, now)), broken


def _segments_used(draft: Draft, rules: Iterable[Rule], chosen: Iterable[str]) -> set[str]:
    """Their keys, with those that they name, however deep."""
    by_key = {row.key: row for row in draft.segments.values()}
    waiting = [*chosen, *(rule.segment.key for rule in rules if rule.segment)]
    waiting += [key for rule in rules for _, key in segments_in(rule.condition)]
    found: set[str] = set()
    while waiting:
        key = waiting.pop()
        if key in by_key and key not in found:
            found.add(key)
            waiting += [named for _, named in segments_in(by_key[key].condition)]
    return found


def _may_freeze(draft: Draft, campaign: int, now: int) -> bool:
    try:
        freeze(narrow(draft, {thing(CAMPAIGN, campaign)}), now)
    except (ValueError, LookupError, ArithmeticError):
        return False
    return True
