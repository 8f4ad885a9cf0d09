"""What differs between two releases? In sentences, for whoever is about to publish. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from campaigns.caps import NO_CAPS
from campaigns.creatives import SPOKEN_FIELDS
from campaigns.goals import FrozenGoal, credit_in_words, window_in_words, worth_in_words
from campaigns.hours import in_words
from campaigns.looks import Look
from campaigns.release import FrozenItem, FrozenVariant, Source
from campaigns.rules import FrozenRule
from campaigns.treatments import HELD, WITHOUT, FrozenArm, FrozenTreatment
from sites.times import moment_of
from sites.units import counted

MANY = 50  # sentences of one kind that somebody still reads


def changes(old: Source | None, new: Source) -> list[str]:
    """Empty when nothing differs. Against no release, everything is new."""
    old = old or Source(
        site=new.site,
        segments=[],
        models={},
        placements=[],
        rules=[],
        variants=[],
        items=[],
        currency=new.currency,
        time_zone=new.time_zone,
    )
    look = old.look != new.look
    found = [
        *_rules(old, new),
        *_pursuits(old, new),
        *_campaign_caps(old, new),
        *_holdouts(old, new),
        *_tunings(old, new),
        *_keyed("Goal", _by_key(old.goals), _by_key(new.goals), lambda a, b: _goal_changes(a, b, new), _key),
        *_look(old, new),
        *_keyed("Creative", _variants_by_key(old), _variants_by_key(new), partial(_variant_changes, look), _key),
        *_keyed(
            "Placement",
            _by_key(old.placements),
            _by_key(new.placements),
            lambda a, b: _placement_changes(a, b, old, new),
            _key,
        ),
        *_keyed(
            "Segment", _by_key(old.segments), _by_key(new.segments), _segment_changes, lambda segment: segment.name
        ),
        *_models(old, new),
        *_items(old, new),
        *_currency(old, new),
        *_clocks(old, new),
    ]
    return found or ([] if old == new else ["Only details changed that visitors do not see"])


def _currency(old: Source, new: Source) -> Iterator[str]:
    if old.currency != new.currency:
        yield f"Amounts are in {new.currency} (before: {old.currency})"


def _clocks(old: Source, new: Source) -> Iterator[str]:
    if old.time_zone != new.time_zone and any(rule.hours for rule in new.rules):
        yield f"Hours of rules follow the clocks of {new.time_zone} (before: {old.time_zone})"


def _by_key(rows: Iterable[Any]) -> dict[str, Any]:
    return {row.key: row for row in rows}


def _key(row: Any) -> str:
    return row.key


def _variants_by_key(source: Source) -> dict[str, FrozenVariant]:
    return _by_key(source.variants)


def _keyed(
    kind: str,
    old: Mapping[Any, Any],
    new: Mapping[Any, Any],
    differences: Callable[[Any, Any], Iterator[str]],
    name: Callable[[Any], str],
) -> Iterator[str]:
    yield from (f"{kind} '{name(new[key])}' is new" for key in new if key not in old)
    for key in (key for key in new if key in old):
        yield from (f"{kind} '{name(new[key])}': {difference}" for difference in differences(old[key], new[key]))
    yield from (f"{kind} '{name(old[key])}' is gone" for key in old if key not in new)


# --- rules ----------------------------------------------------------------------------------------


def _rules(old: Source, new: Source) -> Iterator[str]:
    before, after = {rule.id: rule for rule in old.rules}, {rule.id: rule for rule in new.rules}
    yield from _keyed("Rule", before, after, lambda a, b: _rule_changes(a, b, old, new), lambda rule: rule.name)
    yield from _drawing(old, new)
    yield from _outranked(before, after)


def _rule_changes(a: FrozenRule, b: FrozenRule, old: Source, new: Source) -> Iterator[str]:
    if a.name != b.name:
        yield f"was named '{a.name}'"
    if a.condition != b.condition:
        yield "its condition changed"
    if a.placement != b.placement:
        yield f"moves from {a.placement} to {b.placement}"
    if (shown := _shown(a, old)) != (shows := _shown(b, new)):
        yield f"shows {shows} instead of {shown}"
    if a.priority != b.priority:
        yield f"priority {a.priority} -> {b.priority}"
    if a.campaign != b.campaign:
        yield f"belongs to {b.campaign_name}"
    for field, words in (("starts_at", "starts"), ("ends_at", "ends")):
        if getattr(a, field) != getattr(b, field):
            after, before = (_moment(getattr(rule, field), new.time_zone) for rule in (b, a))
            yield f"{words} {after} instead of {before}"
    if a.hours != b.hours:
        yield f"hours {in_words(a.hours)} -> {in_words(b.hours)}"
    before_caps, caps = a.caps or NO_CAPS, b.caps or NO_CAPS
    yield from _caps(
        ("cap per session", before_caps.per_session, caps.per_session),
        ("cap per day", a.cap_per_day, b.cap_per_day),
        ("cap in all", a.cap_total, b.cap_total),
    )


def _caps(*told: tuple[str, int, int]) -> Iterator[str]:
    yield from (f"{words} {before or 'none'} -> {after or 'none'}" for words, before, after in told if before != after)


def _campaign_caps(old: Source, new: Source) -> Iterator[str]:
    """Told once for each campaign, though each of its rules carries them."""
    before = {rule.campaign_id: (rule.caps or NO_CAPS).of_campaign for rule in old.rules}
    for pk, rule in {rule.campaign_id: rule for rule in new.rules}.items():
        kinds = ("cap per session", "cap per day", "cap in all")
        told = zip(kinds, before.get(pk, NO_CAPS.of_campaign), (rule.caps or NO_CAPS).of_campaign, strict=True)
        yield from (f"Campaign '{rule.campaign_name}', all its rules together: {words}" for words in _caps(*told))


def _shown(rule: FrozenRule, source: Source) -> str:
    """A variant's key, or the treatment's with its arms: "headline (50 % a: offer, 50 % b: offer-short)"."""
    treatment = source.treatments[rule.treatment]
    if not treatment.id:
        return source.variants[treatment.arms[0].variant].key
    arms = [f"{arm.weight * 100:.3g} % {arm.key}: {_named(arm, source)}" for arm in treatment.arms]
    part = f", {treatment.coverage * 100:.3g} % of visitors take part" if treatment.coverage < 1 else ""
    return f"{treatment.key} ({', '.join(arms)}{part})"


def _named(arm: FrozenArm, source: Source) -> str:
    return "what there is without it" if arm.variant == WITHOUT else source.variants[arm.variant].key


def _drawing(old: Source, new: Source) -> Iterator[str]:
    """What changes of the lots themselves, beside the shares, of which each rule tells."""
    before = {treatment.id: treatment for treatment in old.treatments if treatment.id}
    for treatment in new.treatments:
        was = before.get(treatment.id)
        if was is None:
            continue
        name = f"Experiment '{treatment.key}'"
        if treatment.seed != was.seed:
            yield f"{name} deals all visitors anew: its seed changed"
        if treatment.phase != was.phase:
            yield f"{name} begins phase {treatment.phase}: results count from now on, those of before stay apart"
        if treatment.group != was.group:
            yield f"{name} takes {_part(treatment.group)} instead of {_part(was.group)}"
        if treatment.keeps != was.keeps:
            yield (
                f"{name}: visitors keep their arm" if treatment.keeps else f"{name}: visitors no longer keep their arm"
            )


def _part(group: tuple[str, float, float] | None) -> str:
    return f"{group[1] * 100:g} to {group[2] * 100:g} % of the group '{group[0]}'" if group else "all visitors"


def _holdouts(old: Source, new: Source) -> Iterator[str]:
    names = {rule.campaign_id: f"campaign '{rule.campaign_name}'" for rule in (*old.rules, *new.rules)}
    before = {one.campaign_id: one.treatment for one in old.holdouts}
    after = {one.campaign_id: one.treatment for one in new.holdouts}
    for campaign in sorted({*before, *after}):
        was, now = (_held(holdouts.get(campaign)) for holdouts in (before, after))
        what = names.get(campaign, "all campaigns") if campaign else "all campaigns"
        if was != now:
            yield f"{now} of visitors do without {what} (before: {was})"
        elif before[campaign].seed != after[campaign].seed:
            yield f"Others do without {what} than before: its seed changed"


def _tunings(old: Source, new: Source) -> Iterator[str]:
    before = {one.treatment.id: one for one in old.tunings}
    after = {one.treatment.id: one for one in new.tunings}
    for pk in sorted({*before, *after}):
        name = f"Test of settings '{(after.get(pk) or before[pk]).treatment.key}'"
        if pk not in before:
            yield f"{name} begins"
        elif pk not in after:
            yield f"{name} ends"
        elif before[pk] != after[pk]:
            yield f"{name} changes its arms"


def _held(treatment: FrozenTreatment | None) -> str:
    arm = next((arm for arm in treatment.arms if arm.key == HELD), None) if treatment else None
    return f"{arm.weight * 100:.3g} %" if arm else "none"


def _outranked(before: dict[int, FrozenRule], after: dict[int, FrozenRule]) -> Iterator[str]:
    """Pairs in one placement whose order turned. Told one by one while somebody can read them."""
    rivals: dict[str, list[FrozenRule]] = defaultdict(list)
    for rule in after.values():
        if rule.id in before:
            rivals[rule.placement].append(rule)
    moved = [rule for rule in after.values() if rule.id in before and before[rule.id].place != rule.place]
    if len(moved) > MANY:
        yield f"{len(moved)} rules changed their place in the order"
        return
    turned = {
        (winner.id, loser.id)
        for rule in moved
        for rival in rivals[rule.placement]
        for winner, loser in ((rule, rival), (rival, rule))
        if winner.place < loser.place and before[loser.id].place < before[winner.id].place
    }
    pairs = sorted(
        ((after[winner], after[loser]) for winner, loser in turned),
        key=lambda pair: (pair[0].place, pair[1].place),
    )
    yield from (
        f"Rule '{winner.name}' now outranks '{loser.name}' ({_step(winner, loser, before)})"
        for winner, loser in pairs[:MANY]
    )
    if len(pairs) > MANY:
        yield f"and {counted(len(pairs) - MANY, 'pairs')} of rules more changed their order"


def _step(winner: FrozenRule, loser: FrozenRule, before: dict[int, FrozenRule]) -> str:
    changed = winner if before[winner.id].priority != winner.priority else loser
    if before[changed.id].priority == changed.priority:
        return "it is targeted" if winner.targeted and not loser.targeted else "it was published earlier"
    owner = "" if changed is winner else f"of '{loser.name}' "
    return f"priority {owner}{before[changed.id].priority} -> {changed.priority}"


def _moment(at: int, time_zone: str) -> str:
    """By the clocks of the site, with the name of their time: "2026-11-27 09:00 CET"."""
    return f"{moment_of(at).astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M %Z}" if at else "at no set time"


# --- goals ----------------------------------------------------------------------------------------


def _pursuits(old: Source, new: Source) -> Iterator[str]:
    """Campaigns that pursue another goal than before, or lost or got one."""
    before, was, now = _pursued(old), _goal_keys(old), _goal_keys(new)
    for campaign in new.campaigns:
        if campaign.id in before and before[campaign.id] != campaign.goal:
            yield f"Campaign '{campaign.key}' pursues {now[campaign.goal]} instead of {was[before[campaign.id]]}"


def _pursued(source: Source) -> dict[int, int]:
    return {campaign.id: campaign.goal for campaign in source.campaigns}


def _goal_keys(source: Source) -> dict[int, str]:
    return {0: "no goal"} | {goal.id: f"the goal '{goal.key}'" for goal in source.goals}


def _goal_changes(a: FrozenGoal, b: FrozenGoal, new: Source) -> Iterator[str]:
    if a.event != b.event:
        yield f"counts '{b.event}' instead of '{a.event}'"
    if a.condition != b.condition:
        yield "its condition changed"
    if (was := worth_in_words(a, new.currency)) != (now := worth_in_words(b, new.currency)):
        yield f"each is worth {now} instead of {was}"
    if a.window_ms != b.window_ms:
        yield f"counts within {window_in_words(b)} instead of {window_in_words(a)}"
    if (was := credit_in_words(a)) != (now := credit_in_words(b)):
        yield f"credit goes to {now} instead of {was}"


# --- the rest -------------------------------------------------------------------------------------


def fields_of(variant: FrozenVariant) -> dict[str, Any]:
    """What a marketer wrote, with the holes in their braces; addresses keep the name of their hole."""
    shown = b"".join(
        piece + (f"{{{hole}}}".encode() if hole else b"")
        for piece, hole in zip(variant.pieces, [*variant.holes, ""], strict=True)
    )
    answer = msgspec.json.decode(shown)
    return {"template": answer["template"], **answer["fields"], "slot": variant.slot}


def _look(old: Source, new: Source) -> Iterator[str]:
    if old.look != new.look:
        names = [name for name in Look.__struct_fields__ if getattr(old.look, name) != getattr(new.look, name)]
        yield f"The theme of all creatives changed: {', '.join(name.replace('_', ' ') for name in names)}"


def _variant_changes(another_look: bool, a: FrozenVariant, b: FrozenVariant) -> Iterator[str]:
    """But for what another theme makes of all of them."""
    told = [
        language
        for language in sorted(a.languages.keys() | b.languages.keys())
        if _words_in(a, language) != _words_in(b, language)
    ]
    if told:
        yield f"its words in {', '.join(told)} changed"
    if (a.opens, a.closes) != (b.opens, b.closes):
        yield "its coupon is valid at other times"
    if a.coupon != b.coupon and (a.pieces, a.holes) == (b.pieces, b.holes):
        yield "another coupon says whether it is used up"
    if (a.pieces, a.holes, a.slot) == (b.pieces, b.holes, b.slot):
        return
    before, after = fields_of(a), fields_of(b)
    different = [field for field in after if before.get(field) != after[field]]
    if another_look:
        different = [field for field in different if field not in ("background", "foreground")]
    yield from (f"{field} {_short(before.get(field))} -> {_short(after[field])}" for field in different)
    if not different and not another_look:
        yield "its HTML changed"


def _words_in(variant: FrozenVariant, language: str) -> dict[str, Any]:
    if language not in variant.languages:
        return {}
    fields = fields_of(variant.languages[language])
    return {field: fields[field] for field in SPOKEN_FIELDS}


def _short(value: object) -> str:
    text = f"'{value}'" if value not in ("", None) else "none"
    return text if len(text) <= 60 else text[:57] + "...'"


def _placement_changes(a: Any, b: Any, old: Source, new: Source) -> Iterator[str]:
    before = old.variants[a.default].key if a.default >= 0 else "nothing"
    after = new.variants[b.default].key if b.default >= 0 else "nothing"
    if before != after:
        yield f"shows {after} by default instead of {before}"
    if a.enabled != b.enabled:
        yield "is switched on" if b.enabled else "is switched off"
    if a.min_height != b.min_height:
        yield f"reserves {b.min_height} pixels instead of {a.min_height}"


def _segment_changes(a: Any, b: Any) -> Iterator[str]:
    if a.name != b.name:
        yield f"was named '{a.name}'"
    if a.condition != b.condition:
        yield "its condition changed"


def _models(old: Source, new: Source) -> Iterator[str]:
    for family in sorted({*old.models, *new.models}):
        before, after = old.models.get(family), new.models.get(family)
        if after is None:
            yield f"Visitors are no longer assigned to {family}s"
        elif after != before:
            found = counted(len(after.ids), f"{family}s")
            yield f"{family.capitalize()}s come from model {after.version} ({found})"


def _itself(item: FrozenItem) -> FrozenItem:
    """Neighbours change with every item that comes or goes, which is told already."""
    return msgspec.structs.replace(item, near={})


def _items(old: Source, new: Source) -> Iterator[str]:
    if old.items is new.items:  # as what is composed has them, unless the catalogue was chosen
        return
    before, after = _by_key(old.items), _by_key(new.items)
    counts = {
        "new": len(after.keys() - before.keys()),
        "gone": len(before.keys() - after.keys()),
        "changed": sum(_itself(before[key]) != _itself(after[key]) for key in after.keys() & before.keys()),
    }
    if any(counts.values()):
        yield "Catalogue: " + ", ".join(
            f"{counted(number, 'items')} {what}" for what, number in counts.items() if number
        )
