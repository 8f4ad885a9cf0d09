"""How does a condition read in plain words? "cart value is more than 50 and country is DE or AT". Pure."""

from collections.abc import Callable, Mapping

from sites.units import with_unit

COMPARISONS = {
    "$eq": "is {}",
    "$ne": "is not {}",
    "$gt": "is more than {}",
    "$gte": "is at least {}",
    "$lt": "is less than {}",
    "$lte": "is at most {}",
    "$in": "is {}",
    "$nin": "is not {}",
    "$ini": "is {}",
    "$nini": "is not {}",
    "$all": "has all of {}",
    "$regex": "matches the pattern {}",
    "$regexi": "matches the pattern {}",
    "$notRegex": "does not match the pattern {}",
    "$notRegexi": "does not match the pattern {}",
    "$inGroup": "is in group {}",
    "$notInGroup": "is not in group {}",
    "$veq": "is version {}",
    "$vne": "is not version {}",
    "$vgt": "is newer than version {}",
    "$vgte": "is version {} or newer",
    "$vlt": "is older than version {}",
    "$vlte": "is version {} or older",
}
EVERYBODY = "everybody"


Name = Callable[[str], str]


def describe(condition: Mapping, title_of: Name = str, unit_of: Name = lambda attribute: "") -> str:
    """One sentence without a full stop or outer brackets. What has no words is quoted as it stands, so nothing is
    hidden."""
    phrase = _phrase(condition, title_of, unit_of)
    return phrase[1:-1] if set(condition) in ({"$or"}, {"$and"}) and phrase.startswith("(") else phrase


def _phrase(condition: Mapping, title_of: Name, unit_of: Name) -> str:
    parts = sorted(
        condition.items(), key=lambda part: (part[0] in ("$nor", "$not"), part[0].startswith("$"))
    )  # Postgres keeps no order
    return _joined([_part(key, value, title_of, unit_of) for key, value in parts], " and ") or EVERYBODY


def _part(key: str, value: object, title_of: Name, unit_of: Name) -> str:
    if key in ("$and", "$or", "$nor") and isinstance(value, list):
        phrase = _joined([_bracketed(part, title_of, unit_of) for part in value], " or " if key != "$and" else " and ")
        if key == "$nor":
            return f"none of ({phrase})" if len(value) > 1 else f"not ({phrase})"
        return f"({phrase})" if len(value) > 1 else phrase
    if key == "$not" and isinstance(value, Mapping):
        return f"not ({_phrase(value, title_of, unit_of)})"
    return f"{title_of(key)} {_comparison(value, unit_of(key))}"


def _bracketed(condition: object, title_of: Name, unit_of: Name) -> str:
    if not isinstance(condition, Mapping):
        return repr(condition)
    phrase = _phrase(condition, title_of, unit_of)
    claims = sum(
        len(value) if isinstance(value, Mapping) and not key.startswith("$") else 1 for key, value in condition.items()
    )
    return f"({phrase})" if claims > 1 else phrase


def _comparison(value: object, unit: str) -> str:
    if not isinstance(value, Mapping):
        return f"is {_value(value, unit)}"
    return _joined([_operator(operator, operand, unit) for operator, operand in value.items()], " and ")


def _operator(operator: str, operand: object, unit: str) -> str:
    if operator == "$exists":
        return "is known" if operand else "is not known"
    if operator == "$size" and not isinstance(operand, Mapping):
        return f"has {with_unit(_value(operand), 'entries')}"
    if operator == "$not":
        return f"not ({_comparison(operand, unit)})"
    if operator == "$elemMatch" and isinstance(operand, Mapping):
        return f"has an entry that {_comparison(operand, unit)}"
    if operator in COMPARISONS:
        return COMPARISONS[operator].format(_value(operand, unit))
    return f"{operator} {_value(operand)}"


def _value(value: object, unit: str = "") -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return _joined([_value(part, unit) for part in value], " or ") or "nothing"
    if isinstance(value, int | float):
        return with_unit(f"{value:g}" if isinstance(value, float) else str(value), unit)
    return str(value) if value not in (None, "") else "empty"


def _joined(parts: list[str], word: str) -> str:
    return word.join(parts)
