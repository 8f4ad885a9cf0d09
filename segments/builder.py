"""How does a condition become rows of a form, and rows a condition? Pure; what rows cannot say stays JSON."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from segments.conditions.event_rows import KEY
from segments.conditions.operators import OPERATORS
from segments.conditions.shapes import Condition
from segments.conditions.tree import Kind, Node, conjuncts
from segments.event_form import EventRow, argument_of, row_of
from segments.plain_patterns import Plain, pattern_of, plain_of
from segments.typed_values import (
    BREAKS,
    CHOICE,
    FLAG,
    LIST,
    MONEY,
    NUMBER,
    TEXT,
    TRUTH,
    UNTYPED,
    WEEKDAY,
    WORDS,
    BadRow,
    Fields,
    split,
)

KNOWN, UNKNOWN = "known", "unknown"  # the two of `$exists`, which take no value
CONTAINS, LACKS, BEGINS = "contains", "lacks", "begins"  # patterns that are plain words
VERSIONS = ("$veq", "$vgte", "$vlt")
_KNOWN = (KNOWN, UNKNOWN)
_EQUAL = ("$eq", "$ne")
_ORDER = ("$gte", "$lte", "$gt", "$lt")
_SEVERAL = {"$eq": "$in", "$ne": "$nin"}
# What may be asked of a kind, in the order in which it is offered.
OFFERED: dict[str, tuple[str, ...]] = {
    NUMBER: (*_ORDER, *_EQUAL, *_KNOWN),
    MONEY: (*_ORDER, *_EQUAL, *_KNOWN),
    TRUTH: ("$eq",),
    FLAG: ("$eq",),
    CHOICE: (*_EQUAL, *_KNOWN),
    WEEKDAY: _EQUAL,
    TEXT: (*_EQUAL, CONTAINS, LACKS, BEGINS, *_KNOWN, "$regex"),
    LIST: (*_EQUAL, CONTAINS, LACKS),
    UNTYPED: (*_EQUAL, *_ORDER, CONTAINS, LACKS, BEGINS, *VERSIONS, *_KNOWN, "$regex"),
}
# What fits as well, though the form offers it only where it stands: "is" takes several, and yes or no have no "is not".
_FITTING: dict[str, tuple[str, ...]] = {
    TRUTH: ("$ne", *_KNOWN),
    FLAG: ("$ne", *_KNOWN),
    LIST: _KNOWN,
    **dict.fromkeys((NUMBER, MONEY, CHOICE, WEEKDAY, TEXT, UNTYPED), ("$in", "$nin")),
}
FITTING = {kind: (*offered, *_FITTING.get(kind, ())) for kind, offered in OFFERED.items()}
LABELS: dict[str, str] = {
    **{name: OPERATORS[name].says("") for name in (*_EQUAL, *_ORDER)},
    "$in": OPERATORS["$in"].says("one of"),
    "$nin": OPERATORS["$nin"].says("one of"),
    CONTAINS: "contains",
    LACKS: "does not contain",
    BEGINS: "begins with",
    "$regex": "matches the pattern",
    "$veq": "is version",
    "$vgte": "is version … or newer",
    "$vlt": "is older than version",
    KNOWN: OPERATORS["$exists"].says(""),
    UNKNOWN: OPERATORS["$exists"].says("", denied=True),
}
_LABELS_OF_LISTS = {
    "$eq": "has",
    "$ne": "does not have",
    CONTAINS: "has one that contains",
    LACKS: "has none that contains",
}


@dataclass(frozen=True)
class Row:
    attribute: str = ""
    operator: str = "$eq"
    value: str = ""
    fault: str = ""
    event: EventRow | None = None  # of a row about what visitors did: then the others say nothing

    @property
    def is_empty(self) -> bool:
        return self.event.is_empty if self.event else not (self.attribute or self.value)


def event_row(event: EventRow) -> Row:
    return Row(KEY, KEY, KEY, event=event)


def label_of(operator: str, kind: str | None) -> str:
    return (_LABELS_OF_LISTS.get(operator) if kind == LIST else None) or LABELS[operator]


def condition_of(rows: Iterable[Row], fields: Fields) -> Condition:
    """The condition that says what all rows say, in their order. Raises BadRow."""
    parts = [(row.attribute, _operation(row, fields)) for row in rows]
    joined: dict[str, Condition] = {}
    last = ""
    for attribute, operation in parts:
        known = joined.setdefault(attribute, {})
        # The same comparison twice does not fit into one object, and joining distant rows would move one of them.
        if known.keys() & operation.keys() or (known and last != attribute):
            return {"$and": [{attribute: _shorten(operation)} for attribute, operation in parts]}
        known.update(operation)
        last = attribute
    written = [{attribute: _shorten(operation)} for attribute, operation in joined.items()]
    # Postgres keeps an object's keys in an order of its own: a list keeps ours.
    if [*joined] != sorted(joined, key=stored_place):
        return {"$and": written}
    return {attribute: operation for part in written for attribute, operation in part.items()}


def stored_place(key: str) -> tuple[int, bytes]:
    """What Postgres sorts the keys of a stored object by."""
    return len(key.encode()), key.encode()


def as_stored(condition: Any) -> Any:
    """The condition with its keys in the order in which Postgres gives them back."""
    if isinstance(condition, list):
        return [as_stored(part) for part in condition]
    if not isinstance(condition, dict):
        return condition
    return {key: as_stored(condition[key]) for key in sorted(condition, key=stored_place)}


def rows_of(node: Node, fields: Fields) -> list[Row] | None:
    """The rows that say the same as this part of a condition, or None where rows cannot."""
    rows = []
    for part in conjuncts(node):
        for comparison in part.parts if part.kind is Kind.EVERY else (part,):
            row = _row(comparison, fields)
            if row is None:
                return None
            rows.append(row)
    return rows


def faults_of(rows: Iterable[Row], fields: Fields) -> list[Row]:
    """The rows, each with what is wrong with it."""
    return [replace(row, fault=_fault(row, fields)) for row in rows]


def _fault(row: Row, fields: Fields) -> str:
    kind = fields.kind_of(row.attribute)
    if row.event and fields.has_events:
        return _fault_of_event(row.event, fields)
    if kind is None:
        return fields.unnamed
    if row.operator not in LABELS:
        return "Choose a comparison."
    if row.operator not in FITTING[kind]:
        offered = ", ".join(f"“{label_of(name, kind)}”" for name in OFFERED[kind])
        return f"“{LABELS[row.operator]}” does not fit {fields.title_of(row.attribute)}: choose among {offered}."
    try:
        _operation(row, fields)
    except BadRow as error:
        return str(error)
    return ""


def _fault_of_event(event: EventRow, fields: Fields) -> str:
    try:
        argument_of(event, fields.currency)
    except BadRow as error:
        return str(error)
    return ""


# --- rows -> condition ----------------------------------------------------------------------------


def _operation(row: Row, fields: Fields) -> Condition:
    if row.event:
        return argument_of(row.event, fields.currency)
    name, text, kind = row.operator, row.value.strip(), fields.kind_of(row.attribute)
    if name in _KNOWN:
        return {"$exists": name == KNOWN}
    if name in (CONTAINS, LACKS, BEGINS):
        return _pattern(name, text, is_list=kind == LIST)
    if name == "$regex":
        return {name: row.value}
    if name in _SEVERAL.values():
        return {name: fields.read_several(row.attribute, text)}
    if name in VERSIONS:
        if not text:
            raise BadRow("Give a version, like 2.10.")
        return {name: text}
    if name in _SEVERAL and kind in WORDS:
        values = fields.read_several(row.attribute, text)
        return {_SEVERAL[name]: values} if kind == LIST or len(values) > 1 else {name: values[0]}
    return {name: fields.read(row.attribute, text)}


def _pattern(name: str, text: str, *, is_list: bool) -> Condition:
    words = tuple(part.strip('"') if part[0] == part[-1] == '"' else part for part in split(text))
    if not all(words) or not words:
        raise BadRow("Give a word or a part of one.")
    pattern = pattern_of(Plain(words, name == BEGINS))
    if not is_list:
        return {"$notRegexi" if name == LACKS else "$regexi": pattern}
    held: Condition = {"$elemMatch": {"$regexi": pattern}}
    return {"$not": held} if name == LACKS else held


def _shorten(operation: Condition) -> object:
    """`{"$eq": x}` is written `x`."""
    return operation["$eq"] if set(operation) == {"$eq"} else operation


# --- condition -> rows ----------------------------------------------------------------------------


def _row(node: Node, fields: Fields) -> Row | None:
    if node.kind is Kind.NONE and node.attribute and len(node.parts) == 1:
        held = _row(node.parts[0], fields)
        is_list = fields.kind_of(node.attribute) == LIST
        return replace(held, operator=LACKS) if held and is_list and held.operator == CONTAINS else None
    if node.question:
        typed = row_of(node.question, fields.currency)
        return event_row(typed) if typed else None
    if node.kind is not Kind.COMPARISON:
        return None
    name, kind = node.operator, fields.kind_of(node.attribute)
    if name == "$exists" and isinstance(node.argument, bool):
        return Row(node.attribute, KNOWN if node.argument else UNKNOWN)
    if name in ("$regexi", "$notRegexi") and kind != LIST:
        return _row_of_pattern(node, node.argument, LACKS if name == "$notRegexi" else "", fields)
    if name == "$elemMatch" and kind == LIST and isinstance(node.argument, dict) and list(node.argument) == ["$regexi"]:
        return _row_of_pattern(node, node.argument["$regexi"], "", fields)
    if name not in LABELS:
        return None
    text = _write(node, fields)
    if text is None:
        return None
    if name in _SEVERAL.values() and kind in WORDS and (kind == LIST or len(split(text)) > 1):
        name = "$eq" if name == "$in" else "$ne"
    return Row(node.attribute, name, text)


def _row_of_pattern(node: Node, pattern: object, name: str, fields: Fields) -> Row | None:
    plain = plain_of(pattern)
    if plain is None or (plain.begins and (name == LACKS or fields.kind_of(node.attribute) == LIST)):
        return None
    texts = [_word(word) for word in plain.words]
    usual = BEGINS if plain.begins else CONTAINS
    return None if None in texts else Row(node.attribute, name or usual, _join(texts))


def _word(word: str) -> str | None:
    return Fields(lambda attribute: TEXT, "").write("", word)


def _write(node: Node, fields: Fields) -> str | None:
    if node.operator == "$regex" or node.operator in VERSIONS:
        text = node.argument
        return text if isinstance(text, str) and text and not BREAKS & set(text) else None
    if node.operator not in _SEVERAL.values():
        return fields.write(node.attribute, node.argument)
    values = node.argument if isinstance(node.argument, list) else []
    texts = [fields.write(node.attribute, value) for value in values]
    return None if None in texts or not texts else _join(texts)


def _join(texts: Iterable[str | None]) -> str:
    return ", ".join(text for text in texts if text)
