"""How does a condition read in plain words? "Value of the cart is more than 50.00 EUR and Country is “DE” or “AT”".
Pure."""

import json
from collections.abc import Mapping
from typing import Any

from segments.attributes import attribute_of
from segments.conditions import event_rows
from segments.conditions.operators import OPERATORS
from segments.conditions.saved import id_of
from segments.conditions.shapes import Condition
from segments.conditions.tree import Kind, Node, fold, nodes, read
from segments.plain_patterns import in_words, plain_of
from sites.units import as_text, with_unit

EVERYBODY, NOBODY = "everybody", "nobody"


def describe(condition: Condition, currency: str = "") -> str:
    """One sentence without a full stop. What has no words is quoted as it stands, so nothing is hidden."""
    return words_of(read(condition), currency)


def words_of(node: Node, currency: str) -> str:
    """The same of a part."""
    return _clause(node, fold(node, lambda node, parts: _phrase(node, parts, currency)))


def title_of(attribute: str) -> str:
    known = attribute_of(attribute)
    return known.title if known else attribute


def unit_of(attribute: str) -> str:
    known = attribute_of(attribute)
    return known.unit if known else ""


def operation(node: Node, currency: str, *, asks: bool = False, denied: bool = False) -> str:
    """What a comparison says of its attribute: "is more than 50.00 EUR"; or, behind "must", what it asks for."""
    if words := _plain_words(node, asks=asks, denied=denied):
        return words
    if node.question:
        words = event_rows.describe(node.question, currency)
        return f"not ({words})" if denied else words
    operator = OPERATORS[node.operator]
    argument = argument_of(node, currency)
    if node.operator == "$exists":
        denied = denied is not (node.argument is False)
    return (operator.asks if asks else operator.says)(argument, denied=denied)


# By whether it is asked for, and whether it is denied.
_HAVING = {
    (False, False): "has",
    (False, True): "does not have",
    (True, False): "have",
    (True, True): "not have",
}


def _plain_words(node: Node, *, asks: bool, denied: bool) -> str:
    """Of a pattern that is plain words; empty of anything else."""
    pattern, held = node.argument, ""
    if node.operator == "$elemMatch" and isinstance(pattern, Mapping) and list(pattern) == ["$regexi"]:
        pattern = pattern["$regexi"]
        held = f"{_HAVING[asks, denied]} one that "
    elif node.operator not in ("$regexi", "$notRegexi"):
        return ""
    plain = plain_of(pattern)
    if plain is None:
        return ""
    quoted = [as_text(word, quotes=True) for word in plain.words]
    if held:
        return held + in_words(plain, quoted)
    return in_words(plain, quoted, denied=denied is not (node.operator == "$notRegexi"), asks=asks)


def argument_of(node: Node, currency: str) -> str:
    """What an attribute is compared with."""
    if node.operator == "$size":
        return _size(node, currency)
    if node.operator == "$elemMatch":
        word = "where" if any(part.attribute for part in nodes(node.elements[0])) else "that"
        return f"{word} {words_of(node.elements[0], currency)}"
    if node.operator in ("$all", "$alli"):
        return " and ".join(_member(element, currency) for element in node.elements) or "nothing"
    unit = unit_of(node.attribute)
    values = node.argument if isinstance(node.argument, (list, tuple)) else [node.argument]
    return " or ".join(as_text(value, unit, currency, quotes=True) for value in values) or "nothing"


def _size(node: Node, currency: str) -> str:
    if isinstance(node.argument, Mapping):
        return f"a number of entries that {words_of(node.elements[0], currency)}"
    return with_unit(as_text(node.argument), "entries")


def _member(element: Node, currency: str) -> str:
    is_plain = element.kind is Kind.COMPARISON and element.operator == "$eq"
    return argument_of(element, currency) if is_plain else f"one that {words_of(element, currency)}"


def _phrase(node: Node, parts: list[str], currency: str) -> str:
    """Of a node with those of its parts. What all speaks of one attribute leaves out its title."""
    if node.kind is Kind.COMPARISON:
        return operation(node, currency)
    if node.kind is Kind.GROUP:
        return f"the visitor is in the segment {as_text(id_of(node.argument), quotes=True)}"
    if node.kind is Kind.UNKNOWN:
        return _quote(node.argument)
    if node.kind is Kind.NONE:
        return _deny(node, parts, currency)
    if node.attribute:
        return " and ".join(parts)
    pairs = sorted(zip(node.parts, parts, strict=True), key=lambda pair: _place(pair[0]))
    word = " or " if node.kind is Kind.SOME else " and "
    return word.join(_bracket(part, phrase, node.kind) for part, phrase in pairs) or EVERYBODY


def _deny(node: Node, parts: list[str], currency: str) -> str:
    first = node.parts[0]
    if len(parts) > 1:
        each = [_bracket(part, phrase, Kind.SOME) for part, phrase in zip(node.parts, parts, strict=True)]
        return f"none of ({' or '.join(each)})"
    if parts[0] == EVERYBODY:
        return NOBODY
    if first.kind is Kind.COMPARISON:
        denial = operation(first, currency, denied=True)
        return denial if node.attribute else _clause(first, denial)
    return f"not ({parts[0] if node.attribute else _clause(first, parts[0])})"


def _clause(node: Node, phrase: str) -> str:
    is_titled = node.attribute and not node.question
    return f"{title_of(node.attribute)} {phrase}" if is_titled else phrase


def _bracket(node: Node, phrase: str, around: Kind) -> str:
    """Brackets where "and" stands among "or", or "or" among "and"."""
    is_joined = node.kind in (Kind.EVERY, Kind.SOME) and len(node.parts) > 1
    clause = _clause(node, phrase)
    return f"({clause})" if is_joined and node.kind is not around else clause


def _place(node: Node) -> int:
    """Postgres keeps no order of keys: comparisons come first, then alternatives, then what is denied."""
    if node.attribute:
        return 0
    return 2 if node.kind is Kind.NONE else 1


def _quote(value: Any) -> str:
    if isinstance(value, dict) and len(value) == 1:
        ((name, argument),) = value.items()
        return f"{name} {json.dumps(argument, ensure_ascii=False, default=str)}"
    return json.dumps(value, ensure_ascii=False, default=str)
