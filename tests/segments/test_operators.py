"""The table of operators, and everything that must know each of them."""

import pytest
from hypothesis import given

from campaigns.index.atoms import READERS
from segments.conditions import matches, validate
from segments.conditions.compiled import PREPARED
from segments.conditions.evaluate import TESTS
from segments.conditions.operators import OPERATORS, VERBS, Argument
from segments.conditions.validate import FORMS
from tests.conditions import PLAIN

ARGUMENTS = {
    Argument.LITERAL: "1.0",
    Argument.LITERALS: [1, "a", None],
    Argument.BOUND: "1.0",
    Argument.TRUTH: True,
    Argument.KIND: "string",
    Argument.PATTERN: "a",
    Argument.LIST: "plain",
    Argument.VALUE: {"$eq": 1},
    Argument.VALUES: [1, "a"],
    Argument.SIZE: 2,
    Argument.ELEMENT: {"$eq": 1},
}
GROUPS = {"plain": [1, "a", None]}
every_operator = pytest.mark.parametrize("operator", OPERATORS.values(), ids=OPERATORS)


def test_everything_that_knows_operators_knows_exactly_those_of_the_table():
    assert set(TESTS) == set(OPERATORS)
    assert set(PREPARED) <= set(OPERATORS)  # the others ask the reference
    assert set(READERS) == {row.name for row in OPERATORS.values() if row.in_bitmaps} - {"$not"}
    assert set(FORMS) == set(Argument) == {row.argument for row in OPERATORS.values()}


@every_operator
def test_takes_an_argument_of_its_kind_and_no_object_of_another_world(operator):
    assert validate({"a": {operator.name: ARGUMENTS[operator.argument]}}, GROUPS) == []
    assert validate({"a": {operator.name: object()}}, GROUPS) != []


@every_operator
def test_has_words_for_saying_asking_and_denying(operator):
    words = [form("7", denied=denied) for form in (operator.says, operator.asks) for denied in (False, True)]

    assert operator.verb in VERBS
    assert len(set(words)) == 4
    assert not any("{" in phrase or "$" in phrase for phrase in words)


@given(PLAIN)
def test_a_contrary_holds_exactly_when_the_other_does_not(actual):
    for operator in OPERATORS.values():
        if operator.contrary:
            argument = ARGUMENTS[operator.argument]
            one, other = (
                matches({"a": {name: argument}}, {"a": actual}, GROUPS) for name in (operator.name, operator.contrary)
            )
            assert one is not other, operator.name


def test_a_denial_reads_as_its_contrary_denied():
    assert OPERATORS["$eq"].says("5") == OPERATORS["$ne"].says("5", denied=True) == "is 5"
    assert OPERATORS["$notRegex"].says("“^/de”") == "does not match the pattern “^/de”"
    assert OPERATORS["$nin"].asks("“DE” or “AT”") == "not be “DE” or “AT”"
