"""How is a condition drawn as a form? For each row what fits its attribute: comparisons, a control, what is offered,
and what may have been meant."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from segments import known_values, menu, seen
from segments.attributes import TRAIT, Attribute, attribute_of
from segments.builder import KNOWN, OFFERED, UNKNOWN, VERSIONS, Row, event_row, label_of
from segments.conditions.event_rows import COMPARISONS, KEY, UNITS_MS
from segments.drafting import EVENT, VISITOR, Draft
from segments.event_form import MEASURES, OPERATORS, WINDOWS, EventRow, Where, argument_of, typed
from segments.grouping import JOINS, QUANTIFIERS, clashes_of
from segments.models import KnownValue, Segment
from segments.models_in_force import version_in_force
from segments.typed_values import CHOICE, FLAG, LIST, MONEY, NUMBER, TEXT, TRUTH, UNTYPED, WEEKDAY, BadRow, split
from segments.wording import describe
from sites.models import Site
from sites.units import WEEKDAYS, counted

NAMING = ("$eq", "$ne", "$in", "$nin")  # comparisons with whole values, of which the known ones are offered
MOST_HINTS = 3  # a row
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_VERSION = re.compile(r"v?\d+\.\d+(\.\d+)*")
# By how the known values of a trait look: what is offered, and the control.
_DATES = {"$lt": "is before", "$gte": "is on or after", "$gt": "is after", "$eq": "is", "$ne": "is not"}
LOOKS: dict[str, tuple[str, ...]] = {
    "truth": ("$eq", KNOWN, UNKNOWN),
    "number": OFFERED[NUMBER],
    "date": (*_DATES, KNOWN, UNKNOWN),
    "version": (*VERSIONS, KNOWN, UNKNOWN),
    "text": (*OFFERED[TEXT], *VERSIONS[1:], "$lt", "$gte"),
}


@dataclass(frozen=True)
class Hint:
    """What was never seen, and what may have been meant; or what contradicts another row."""

    told: str
    offer: str = ""  # "" where nothing is near
    press: str = ""  # what takes it
    is_warning: bool = False  # that nobody can be so


class TestView(NamedTuple):
    """What an event row asks of a property."""

    test: Where
    source: str  # where its picker asks
    values: list[str]


@dataclass(frozen=True)
class RowView:
    """A row with all that its drawing needs."""

    row: Row
    number: int  # through the whole condition, from 1
    kind: str = ""
    sentence: str = ""
    control: str = "text"  # text number date yesno words none
    unit: str = ""
    operators: list[tuple[str, str]] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)  # without scripts
    source: str = ""  # where a picker asks
    hints: list[Hint] = field(default_factory=list)
    chosen: list[tuple[str, str]] = field(default_factory=list)  # of yes and no: value, word
    words: str = ""  # of an event row: its sentence
    tests: list[TestView] = field(default_factory=list)  # of an event row

    @property
    def index(self) -> int:
        return self.number - 1


def condition_context(draft: Draft, site: Site) -> dict[str, Any]:
    """For `segments/_condition.html`."""
    groups, told = _menu(site) if draft.about == VISITOR else {}, _clashing(draft, site)
    listed = {attribute.name for attributes in groups.values() for attribute in attributes}
    return {
        "draft": draft,
        "pieces": [(group, [_view(row, i, draft, site, told) for i, row in rows]) for group, rows in draft.pieces],
        "menu": groups.items(),
        "others": _others(draft, listed) if draft.about == VISITOR else [],
        "quantifiers": QUANTIFIERS.items(),
        "joins": JOINS.items(),
        "currency": site.currency,
        "events": [str(one.value) for one in seen.events(site)] if any(row.event for row in draft.groups.rows) else [],
        "event_operators": OPERATORS.items(),
        "event_hows": COMPARISONS.items(),
        "event_measures": MEASURES.items(),
        "event_windows": WINDOWS.items(),
        "event_units": list(UNITS_MS)[::-1],
    }


def _menu(site: Site) -> dict[str, list[Attribute]]:
    groups = menu.groups()
    names = KnownValue.objects.filter(site=site, attribute__startswith=TRAIT).order_by("attribute")
    traits = map(attribute_of, names.values_list("attribute", flat=True).distinct()[: known_values.MOST_TRAITS])
    groups["Who"] += [trait for trait in traits if trait]
    return groups


def _others(draft: Draft, listed: set[str]) -> list[Attribute]:
    """Attributes that rows name and no group has."""
    named = {row.attribute: attribute_of(row.attribute) for row in draft.groups.rows if row.attribute not in listed}
    return [attribute for attribute in named.values() if attribute]


def _view(row: Row, index: int, draft: Draft, site: Site, told: Mapping[int, list[Hint]]) -> RowView:
    view = _view_event(row, row.event, index, site) if row.event else _view_attribute(row, index, draft, site)
    return replace(view, hints=[*told.get(index, []), *view.hints])


def _view_attribute(row: Row, index: int, draft: Draft, site: Site) -> RowView:
    kind, attribute = draft.fields.kind_of(row.attribute), attribute_of(row.attribute)
    if draft.about == EVENT:
        return RowView(row, index + 1, UNTYPED, operators=_operators(row, UNTYPED, OFFERED[UNTYPED], {}))
    if kind is None or attribute is None:
        return RowView(row, index + 1, operators=_operators(row, None, OFFERED[UNTYPED], {}))
    known = known_values.find(site, row.attribute).values if kind in (TEXT, LIST, UNTYPED) else []
    look = _look(known) if kind == UNTYPED else ""
    control = _control(kind, look, row.operator)
    return RowView(
        row,
        index + 1,
        kind,
        sentence=attribute.sentence,
        control=control,
        unit=_unit(attribute, kind, site),
        operators=_operators(row, kind, LOOKS.get(look, OFFERED[kind]), _DATES if look == "date" else {}),
        offered=_offered(row.attribute, kind, known, site),
        source=f"{reverse('values')}?{urlencode({'attribute': row.attribute})}" if control == "words" else "",
        hints=list(hints_of(row, index, kind, site)),
        chosen=[("true", "yes"), ("false", "no")] if kind == UNTYPED else [("yes", "yes"), ("no", "no")],
    )


def _operators(row: Row, kind: str | None, offered: tuple[str, ...], words: dict[str, str]) -> list[tuple[str, str]]:
    """Those that fit, and the row's own, whatever it is."""
    names = offered if row.operator in offered or not row.attribute else (*offered, row.operator)
    known = [name for name in dict.fromkeys(names) if name in OFFERED[UNTYPED] or name in NAMING]
    return [(name, words.get(name) or label_of(name, kind)) for name in known]


def _look(known: list[KnownValue]) -> str:
    values = [row.value for row in known]
    if not values:
        return "text"
    if set(values) <= {"true", "false"}:
        return "truth"
    for look, is_so in (("number", _is_number), ("date", _DATE.fullmatch), ("version", _VERSION.fullmatch)):
        if all(map(is_so, values)):
            return look
    return "text"


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).removeprefix("-").isdigit()


def _control(kind: str, look: str, operator: str) -> str:
    if operator in (KNOWN, UNKNOWN):
        return "none"
    if kind in (TRUTH, FLAG) or look == "truth":
        return "yesno"
    if kind in (NUMBER, MONEY) or look == "number":
        return "number"
    if look == "date":
        return "date"
    return "words" if operator in NAMING else "text"


def _unit(attribute: Attribute, kind: str, site: Site) -> str:
    if kind == MONEY:
        return site.currency
    return attribute.unit if kind == NUMBER else ""


def _offered(name: str, kind: str, known: list[KnownValue], site: Site) -> list[str]:
    return [value for value, _, _ in fixed_values(name, kind, site)] or [row.value for row in known]


def fixed_values(name: str, kind: str | None, site: Site) -> list[tuple[str, str, int | None]]:
    """(value, name, visitors) of what can be chosen where all there is is known; [] where only visitors tell."""
    attribute = attribute_of(name)
    if kind == CHOICE and attribute:
        return [(word, "", None) for word in attribute.domain.choices]
    if kind == WEEKDAY:
        return [(day, "", None) for day in WEEKDAYS]
    if name == "segment":
        rows = Segment.objects.filter(site=site, archived=False).order_by("name")
        return [(key, title, None) for key, title in rows.values_list("key", "name")]
    if name == "cluster.name":
        model = version_in_force(site)
        return [(cluster["name"], "", cluster.get("size")) for cluster in model.clusters] if model else []
    return []


def hints_of(row: Row, index: int, kind: str | None, site: Site) -> Iterator[Hint]:
    """Of values that nobody has had."""
    attribute = attribute_of(row.attribute)
    if kind not in (TEXT, LIST, UNTYPED) or row.operator not in NAMING or attribute is None:
        return
    told = 0
    for place, part in enumerate(split(row.value)):
        typed = attribute.spell(part.strip('"') if kind != UNTYPED else part)
        if told < MOST_HINTS and known_values.is_unseen(site, row.attribute, typed):
            told += 1
            meant = known_values.nearest(site, row.attribute, typed)
            told_words = f"Nobody of the last 30 days has “{typed}”."
            if meant is None:
                yield Hint(f"{told_words} The condition may name it all the same.")
            else:
                yield Hint(told_words, f"Did you mean {_named(meant)}?", f"take:{index}:{place}:{meant.value}")


def _named(meant: KnownValue) -> str:
    name = f"{meant.label} ({meant.value})" if meant.label else meant.value
    return f"{name} ({counted(meant.visitors, 'visitors') if meant.visitors else 'in the catalogue'})"


# --- what visitors did ------------------------------------------------------------------------------


def view_of_event(event: EventRow, index: int, site: Site) -> RowView:
    """Of an event that stands in no condition."""
    return _view_event(event_row(event), event, index, site)


def _view_event(row: Row, event: EventRow, index: int, site: Site) -> RowView:
    properties = seen.properties(site, event.event).seen if event.event else []
    return RowView(
        row,
        index + 1,
        offered=[str(one.value) for one in properties],
        source=f"{reverse('values')}?{urlencode({'event': event.event})}",
        hints=list(hints_of_event(event, index, site)),
        words=_words(event, site),
        tests=[
            TestView(
                test,
                f"{reverse('values')}?{urlencode({'event': event.event, 'property': test.name})}",
                [typed(one.value) for one in seen.values(site, event.event, test.name).seen[: known_values.MOST_SHOWN]]
                if test.name
                else [],
            )
            for test in event.where
        ],
    )


def _words(event: EventRow, site: Site) -> str:
    try:
        return describe({KEY: argument_of(event, site.currency)}, site.currency)
    except BadRow:
        return ""


def hints_of_event(event: EventRow, index: int, site: Site) -> Iterator[Hint]:
    """Of events and values that were never seen."""
    names = [str(one.value) for one in seen.events(site)]
    for name in filter(None, (event.event.strip(), event.then.strip() if event.has_then else "")):
        if name not in names and not seen.was_seen(site, name):
            near = _nearest(name, names)
            offer = f"Did you mean {near}?" if near and name == event.event.strip() else ""
            told = f"“{name}” was never seen on this site; the row counts it from the first one on."
            yield Hint(told, offer, f"mean:{index}:event:{near}")
    if event.event.strip() in names:
        for place, test in enumerate(event.where):
            yield from _hints_of_test(event, test, index, place, site)


def _hints_of_test(event: EventRow, test: Where, index: int, place: int, site: Site) -> Iterator[Hint]:
    if test.operator not in NAMING or not test.name:
        return
    sample = seen.values(site, event.event.strip(), test.name)
    known = {typed(one.value): one.count for one in sample.seen}
    for number, part in enumerate(split(test.value)):
        if part in known or len(known) >= seen.MOST_VALUES:  # one that is rare may not be in the sample
            continue
        told = f"None of the latest {counted(sample.events, 'events')} has “{part}” as {test.name}."
        near = _nearest(part, list(known))
        offer = f"Did you mean {near} ({counted(known[near], 'events')})?" if near else ""
        yield Hint(told, offer, f"mean:{index}:{place}:{number}:{near}")


def _nearest(typed_text: str, known: list[str]) -> str:
    """The most frequent of those that are, or begin with, or hold what was typed, whatever the capitals; else the one
    spelled most alike; "" where none is near."""
    folded = typed_text.casefold()
    by_text = {text.casefold(): text for text in reversed(known)}
    holding = [text for text in known if text.casefold().startswith(folded)]
    holding += [text for text in known if folded in text.casefold()]
    if holding:
        return holding[0]
    near = get_close_matches(folded, by_text, 1, 0.7)
    return by_text[near[0]] if near else ""


def hints(draft: Draft, site: Site) -> list[tuple[int, list[Hint]]]:
    """(number of the row, hints) of each row that can have some."""
    if draft.mode != "rows" or draft.about != VISITOR:
        return []
    told = _clashing(draft, site)
    return [
        (i + 1, [*told.get(i, []), *_hints(row, i, draft, site)])
        for i, row in enumerate(draft.groups.rows)
        if row.attribute
    ]


def _clashing(draft: Draft, site: Site) -> dict[int, list[Hint]]:
    """By the place of the row, from 0: what contradicts what another row asks."""
    if draft.mode != "rows" or draft.about != VISITOR:
        return {}
    found = clashes_of(draft.groups, draft.fields)
    return {place: [Hint(clash.sentence(site.currency), is_warning=True)] for place, clash in found.items()}


def _hints(row: Row, index: int, draft: Draft, site: Site) -> Iterator[Hint]:
    if row.event:
        return hints_of_event(row.event, index, site)
    return hints_of(row, index, draft.fields.kind_of(row.attribute), site)
