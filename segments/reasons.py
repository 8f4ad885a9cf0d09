"""Why does a condition hold for somebody, or not? Each part against what was there, for segments and rules alike. Pure.

`examine` judges, with the reference evaluator; `sentence` says it: "Value of the cart is 20.00 EUR and must be more
than
50.00 EUR".
"""

from typing import Any, NamedTuple

import msgspec

from segments.conditions import event_rows, matches
from segments.conditions.saved import id_of
from segments.conditions.shapes import Condition, SavedGroups, Values
from segments.conditions.tree import Kind, Node, comparisons, conjuncts, fold, read
from segments.conditions.values import look_up
from segments.wording import EVERYBODY, NOBODY, operation, title_of, unit_of, words_of
from sites.units import as_text

MAX_SHOWN = 10  # elements of a list that a check keeps
MAX_TEXT = 200
# Where these hold, what is there says all.
_TELLING = {"$eq", "$in", "$inGroup", "$exists"}


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of a condition and whether it holds; a comparison knows what was there, other parts have parts."""

    node: Node
    holds: bool
    actual: Any = None
    parts: "tuple[Check, ...]" = ()


class Finding(NamedTuple):
    """For or against somebody's being meant."""

    holds: bool
    words: str


def findings_of(condition: Condition, attributes: Values, groups: SavedGroups, currency: str) -> list[Finding]:
    """Of each part that must hold, in the order in which they are written; none where everybody is meant."""
    return [Finding(check.holds, sentence(check, currency)) for check in examine(condition, attributes, groups)]


def examine(condition: Condition, attributes: Values, groups: SavedGroups) -> tuple[Check, ...]:
    """The parts of a well-formed condition that must all hold. What stands in saved groups is judged too."""

    def judge(node: Node, parts: list[Check]) -> Check:
        if node.kind is Kind.COMPARISON:
            actual = look_up(attributes, node.attribute)
            test = {node.attribute: {node.operator: node.argument}}
            return Check(node, matches(test, {node.attribute: actual}, groups), _cut(actual))
        return Check(node, _holds(node.kind, [part.holds for part in parts]), None, tuple(parts))

    checks: list[Check] = []
    for part in conjuncts(read(condition, groups)):
        # What is not counted yet speaks against the whole, also below a `$not`.
        waiting = [node for node in comparisons(part) if node.question and look_up(attributes, node.attribute) is None]
        checks += [Check(node, False) for node in waiting] or [fold(part, judge)]
    return tuple(checks)


def _holds(kind: Kind, parts: list[bool]) -> bool:
    if kind is Kind.SOME:
        return any(parts)
    if kind is Kind.NONE:
        return not any(parts)
    if kind is Kind.GROUP and not parts:  # there is no such group
        return False
    return kind is not Kind.UNKNOWN and all(parts)


def _cut(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return list(value[:MAX_SHOWN])
    return value[:MAX_TEXT] if isinstance(value, str) else value


def sentence(check: Check, currency: str, *, denied: bool = False) -> str:
    """What was there, and of a part that does not hold what would have to be; no full stop. `denied`: the part must not
    hold."""
    node = check.node
    if node.kind is Kind.COMPARISON:
        return _comparison(check, currency, denied=denied)
    if node.kind is Kind.UNKNOWN:
        return f"{words_of(node, currency)} is not understood"
    if not check.parts:
        return _without_parts(node, denied=denied)
    # That none holds means that each is denied, and to deny that all hold is to ask that one is denied (De Morgan).
    needs_all = (node.kind is Kind.SOME) is denied
    deny_parts = denied is not (node.kind is Kind.NONE)
    parts = [Finding(part.holds is not deny_parts, sentence(part, currency, denied=deny_parts)) for part in check.parts]
    words = _join_words(parts, needs_all=needs_all)
    return f"segment {_name(node)}: {words}" if node.kind is Kind.GROUP else words


def _join_words(parts: list[Finding], *, needs_all: bool) -> str:
    """What decides: the parts in favour, or those that are missing; of several of which one is missing, each."""
    in_favour = [part.words for part in parts if part.holds]
    missing = [part.words for part in parts if not part.holds]
    if needs_all:
        return "; ".join(missing or in_favour)
    if in_favour:
        return "; ".join(in_favour)
    return missing[0] if len(missing) == 1 else " or ".join(f"({words})" for words in missing)


def _comparison(check: Check, currency: str, *, denied: bool) -> str:
    node = check.node
    if node.question:
        return event_rows.find(node.question, check.actual, currency, holds=check.holds, denied=denied)
    actual = as_text(check.actual, unit_of(node.attribute), currency, quotes=True)
    found = f"{title_of(node.attribute)} is {actual}"
    if check.holds is denied:
        return f"{found} and must {operation(node, currency, asks=True, denied=denied)}"
    if node.operator in _TELLING and not denied:
        return found
    return f"{found}, which {operation(node, currency, denied=denied)}"


def _without_parts(node: Node, *, denied: bool) -> str:
    if node.kind is Kind.GROUP:
        return f"there is no segment {_name(node)}"
    return NOBODY if denied else EVERYBODY


def _name(node: Node) -> str:
    return as_text(id_of(node.argument), quotes=True)
