"""How does a condition read in plain words? "cart value is more than 50 and country is DE or AT". Pure."""

from collections.abc import Callable, Mapping

from tracking.units import with_unit

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


def describe(condition: Mapping, title_of: Callable[[str], str] = str) -> str:
    """One sentence without a full stop. What has no words is quoted as it stands, so nothing is hidden."""
    return _joined([_part(key, value, title_of) for key, value in condition.items()], " and ") or EVERYBODY


def _part(key: str, value: object, title_of: Callable[[str], str]) -> str:
    if key in ("$and", "$or", "$nor") and isinstance(value, list):
        phrase = _joined([_bracketed(part, title_of) for part in value], " or " if key != "$and" else " and ")
        return f"none of: {phrase}" if key == "$nor" else f"({phrase})" if len(value) > 1 else phrase
    if key == "$not" and isinstance(value, Mapping):
        return f"not ({describe(value, title_of)})"
    return f"{title_of(key)} {_comparison(value)}"


def _bracketed(condition: object, title_of: Callable[[str], str]) -> str:
    if not isinstance(condition, Mapping):
        return repr(condition)
    phrase = describe(condition, title_of)
    return f"({phrase})" if len(condition) > 1 else phrase


def _comparison(value: object) -> str:
    if not isinstance(value, Mapping):
        return f"is {_value(value)}"
    return _joined([_operator(operator, operand) for operator, operand in value.items()], " and ")


def _operator(operator: str, operand: object) -> str:
    if operator == "$exists":
        return "is known" if operand else "is not known"
    if operator == "$size" and not isinstance(operand, Mapping):
        return f"has {with_unit(_value(operand), 'entries')}"
    if operator == "$not":
        return f"not ({_comparison(operand)})"
    if operator == "$elemMatch" and isinstance(operand, Mapping):
        return f"has an entry that {_comparison(operand)}"
    if operator in COMPARISONS:
        return COMPARISONS[operator].format(_value(operand))
    return f"{operator} {_value(operand)}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return _joined([_value(part) for part in value], " or ") or "nothing"
    return f"{value:g}" if isinstance(value, float) else str(value) if value not in (None, "") else "empty"


def _joined(parts: list[str], word: str) -> str:
    return word.join(parts)
