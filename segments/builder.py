"""How does a condition become rows of a form, and rows a condition? Pure; what rows cannot say stays JSON.

Rows show money in major units (`segments.money`): give `rows_of` a condition in those, and `condition_of` the currency
as the kind of an attribute.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from segments.money import Money
from sites.money import to_minor

# operator -> (words, how many values it takes: 0 none, 1 one, 2 several with commas between)
OPERATORS = {
    "$eq": ("is", 1),
    "$ne": ("is not", 1),
    "$gt": ("is more than", 1),
    "$gte": ("is at least", 1),
    "$lt": ("is less than", 1),
    "$lte": ("is at most", 1),
    "$in": ("is one of", 2),
    "$nin": ("is none of", 2),
    "$regex": ("matches the pattern", 1),
    "known": ("is known", 0),
    "unknown": ("is not known", 0),
}
_BREAKS = set("\r\n\0")  # which a browser's field drops
NUMBER, TRUTH, TEXT = "number", "boolean", "text"

Kind = str | Money


@dataclass(frozen=True)
class Row:
    attribute: str = ""
    operator: str = "$eq"
    value: str = ""
    fault: str = ""


class BadRow(ValueError):
    """What somebody typed does not fit the attribute. The message is for them."""


def condition_of(rows: Iterable[Row], kind_of: Callable[[str], Kind]) -> dict:
    """The condition that says what all rows say. `kind_of` gives the type of an attribute. Raises BadRow."""
    parts = [(row.attribute, _operation(row, kind_of(row.attribute))) for row in rows]
    joined: dict[str, dict] = {}
    for attribute, operation in parts:
        if (
            joined.get(attribute, {}).keys() & operation.keys()
        ):  # the same comparison twice does not fit into one object
            return {"$and": [{attribute: operation} for attribute, operation in parts]}
        joined.setdefault(attribute, {}).update(operation)
    return {attribute: _shortened(operation) for attribute, operation in joined.items()}


def rows_of(condition: Mapping) -> list[Row] | None:
    """The rows that say the same, or None where rows cannot."""
    if set(condition) == {"$and"} and isinstance(condition["$and"], list):
        groups = [
            rows_of(part) if isinstance(part, Mapping) and "$and" not in part else None for part in condition["$and"]
        ]
        return None if None in groups else [row for group in groups for row in group or []]
    rows: list[Row] = []
    for attribute, operations in condition.items():
        if attribute.startswith("$"):
            return None
        for operator, operand in (operations if isinstance(operations, Mapping) else {"$eq": operations}).items():
            row = _row(attribute, operator, operand)
            if row is None:
                return None
            rows.append(row)
    return rows


def faults_of(rows: Iterable[Row], kind_of: Callable[[str], Kind | None]) -> list[Row]:
    """The rows, each with what is wrong with it."""
    return [Row(row.attribute, row.operator, row.value, _fault(row, kind_of)) for row in rows]


def _fault(row: Row, kind_of: Callable[[str], Kind | None]) -> str:
    kind = kind_of(row.attribute)
    if kind is None:
        return "Choose an attribute."
    if row.operator not in OPERATORS:
        return "Choose a comparison."
    try:
        _operation(row, kind)
    except BadRow as error:
        return str(error)
    return ""


def _operation(row: Row, kind: Kind) -> dict:
    if row.operator in ("known", "unknown"):
        return {"$exists": row.operator == "known"}
    if OPERATORS[row.operator][1] == 2:
        values = [_typed(part.strip(), kind) for part in row.value.split(",") if part.strip()]
        if not values:
            raise BadRow("Give one or more values, with commas between.")
        return {row.operator: values}
    if kind == "list" and row.operator in ("$eq", "$ne"):
        return {"$in" if row.operator == "$eq" else "$nin": [_typed(row.value.strip(), kind)]}
    return {row.operator: row.value if row.operator == "$regex" else _typed(row.value.strip(), kind)}


def _typed(text: str, kind: Kind) -> str | float | bool:
    if not text:
        raise BadRow("Give a value.")
    if kind == TRUTH:
        if text.lower() not in ("true", "false", "yes", "no"):
            raise BadRow("Write yes or no.")
        return text.lower() in ("true", "yes")
    if isinstance(kind, Money):
        try:
            return to_minor(text, kind.currency)
        except ValueError as error:
            raise BadRow(str(error)) from None
    if kind != NUMBER:
        return text
    try:
        number = float(text)
    except ValueError:
        raise BadRow(f"“{text}” is not a number.") from None
    if number in (float("inf"), float("-inf")) or number != number:
        raise BadRow(f"“{text}” is not a number that can be compared.")
    return int(number) if number.is_integer() else number


def _row(attribute: str, operator: str, operand: object) -> Row | None:
    if operator == "$exists" and isinstance(operand, bool):
        return Row(attribute, "known" if operand else "unknown")
    if operator not in OPERATORS:
        return None
    if OPERATORS[operator][1] == 2:
        if (
            not isinstance(operand, list)
            or not operand
            or any(_text(part) is None or "," in (_text(part) or "") for part in operand)
        ):
            return None
        return Row(attribute, operator, ", ".join(str(_text(part)) for part in operand))
    text = _text(operand)
    return None if text is None else Row(attribute, operator, text)


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    if not isinstance(value, str) or not value or value.strip() != value or _BREAKS & set(value):
        return None
    return value


def _shortened(operation: dict) -> object:
    """`{"$eq": x}` is written `x`."""
    return operation["$eq"] if set(operation) == {"$eq"} else operation
