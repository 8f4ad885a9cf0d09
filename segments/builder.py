"""How does a condition become rows of a form, and rows a condition? Pure; what rows cannot say stays JSON."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import isfinite

from segments.conditions.operators import OPERATORS, Argument
from segments.conditions.shapes import Condition
from segments.conditions.tree import Kind, Node, conjuncts
from sites import money

# Of all operators those that a row can say.
COMPARISONS = ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$regex")
_SEVERAL = frozenset(name for name in COMPARISONS if OPERATORS[name].argument is Argument.LITERALS)
KNOWN, UNKNOWN = "known", "unknown"  # the two of `$exists`, which take no value
LABELS: dict[str, str] = {
    **{name: OPERATORS[name].says("one of" if name in _SEVERAL else "") for name in COMPARISONS},
    KNOWN: OPERATORS["$exists"].says(""),
    UNKNOWN: OPERATORS["$exists"].says("", denied=True),
}
BREAKS = set("\r\n\0")  # which a browser's field drops
NUMBER, MONEY, TRUTH, LIST = "number", "money", "boolean", "list"  # other types are text
UNTYPED = "untyped"  # no registry knows it: what is typed says what it is


@dataclass(frozen=True)
class Row:
    attribute: str = ""
    operator: str = "$eq"
    value: str = ""
    fault: str = ""


class BadRow(ValueError):
    """What somebody typed does not fit the attribute. The message is for them."""


@dataclass(frozen=True)
class Fields:
    """How values are typed: the type of an attribute by its name, None for an unknown one, and the currency of
    amounts, which people type in major units."""

    kind_of: Callable[[str], str | None]
    currency: str
    unnamed: str = "Choose an attribute."  # what is told of a row whose attribute is unknown

    def read(self, attribute: str, text: str) -> str | float | bool:
        """What somebody typed as the value that it means. Raises BadRow."""
        kind = self.kind_of(attribute)
        if not text:
            raise BadRow("Give a value.")
        if kind == TRUTH:
            return _truth(text)
        if kind == MONEY:
            try:
                return money.to_minor(text, self.currency)
            except ValueError as error:
                raise BadRow(str(error)) from None
        if kind == UNTYPED:
            return _as_it_looks(text)
        return _number(text) if kind == NUMBER else text

    def write(self, attribute: str, value: object) -> str | None:
        """The value as somebody would type it; None where nobody could."""
        if isinstance(value, bool):
            yes, no = ("true", "false") if self.kind_of(attribute) == UNTYPED else ("yes", "no")
            return yes if value else no
        if isinstance(value, int | float):
            if self.kind_of(attribute) == MONEY:
                return money.major(value, self.currency)
            return f"{value:g}" if float(f"{value:g}") == value else repr(value)
        if not isinstance(value, str) or not value or value.strip() != value or BREAKS & set(value):
            return None
        if self.kind_of(attribute) == UNTYPED and _as_it_looks(value) != value:
            return f'"{value}"'
        return value


def condition_of(rows: Iterable[Row], fields: Fields) -> Condition:
    """The condition that says what all rows say. Raises BadRow."""
    parts = [(row.attribute, _operation(row, fields)) for row in rows]
    joined: dict[str, Condition] = {}
    for attribute, operation in parts:
        # The same comparison twice does not fit into one object.
        if joined.get(attribute, {}).keys() & operation.keys():
            return {"$and": [{attribute: operation} for attribute, operation in parts]}
        joined.setdefault(attribute, {}).update(operation)
    return {attribute: _shorten(operation) for attribute, operation in joined.items()}


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
    if fields.kind_of(row.attribute) is None:
        return fields.unnamed
    if row.operator not in LABELS:
        return "Choose a comparison."
    try:
        _operation(row, fields)
    except BadRow as error:
        return str(error)
    return ""


def _operation(row: Row, fields: Fields) -> Condition:
    if row.operator in (KNOWN, UNKNOWN):
        return {"$exists": row.operator == KNOWN}
    if row.operator in _SEVERAL:
        values = [fields.read(row.attribute, part.strip()) for part in row.value.split(",") if part.strip()]
        if not values:
            raise BadRow("Give one or more values, with commas between.")
        return {row.operator: values}
    if row.operator == "$regex":
        return {row.operator: row.value}
    value = fields.read(row.attribute, row.value.strip())
    if fields.kind_of(row.attribute) == LIST and row.operator in ("$eq", "$ne"):
        return {"$in" if row.operator == "$eq" else "$nin": [value]}
    return {row.operator: value}


def _as_it_looks(text: str) -> str | float | bool:
    """true, false and numbers are what they look like, unless they stand in double quotes; all else is text."""
    if text in ("true", "false"):
        return text == "true"
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    try:
        return _number(text)
    except BadRow:
        return text


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false", "yes", "no"):
        raise BadRow("Write yes or no.")
    return text.lower() in ("true", "yes")


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise BadRow(f"“{text}” is not a number.") from None
    if not isfinite(number):
        raise BadRow(f"“{text}” is not a number that can be compared.")
    return int(number) if number.is_integer() else number


def _row(node: Node, fields: Fields) -> Row | None:
    if node.kind is not Kind.COMPARISON or node.question:
        return None
    if node.operator == "$exists" and isinstance(node.argument, bool):
        return Row(node.attribute, KNOWN if node.argument else UNKNOWN)
    if node.operator not in COMPARISONS:
        return None
    text = _write_list(node, fields) if node.operator in _SEVERAL else fields.write(node.attribute, node.argument)
    return None if text is None else Row(node.attribute, node.operator, text)


def _write_list(node: Node, fields: Fields) -> str | None:
    texts = []
    for value in node.argument if isinstance(node.argument, list) else ():
        text = fields.write(node.attribute, value)
        if text is None or "," in text:  # the comma stands between values
            return None
        texts.append(text)
    return ", ".join(texts) or None


def _shorten(operation: Condition) -> object:
    """`{"$eq": x}` is written `x`."""
    return operation["$eq"] if set(operation) == {"$eq"} else operation
