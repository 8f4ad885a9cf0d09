"""What a condition may hold is what compiles, stores and leaves."""

import pytest

from segments.conditions import validate
from segments.models import Segment
from tests import factories

UNKEPT = "holds a character that cannot be stored (NUL or half of a surrogate pair)"
BEYOND = "is a whole number beyond 64 bits; write it as text or with a decimal point"


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**30])
@pytest.mark.parametrize(
    "place", [lambda n: n, lambda n: {"$gt": n}, lambda n: {"$in": [1, n]}, lambda n: {"a": n}, lambda n: {"$size": n}]
)
def test_a_whole_number_beyond_64_bits_is_a_fault(number, place):
    """R10."""
    assert [fault.message for fault in validate({"visitor.trait.x": place(number)})] == [BEYOND]


@pytest.mark.parametrize("number", [2**64 - 1, -(2**63), 1e300])
def test_a_number_that_a_release_carries_is_none(number):
    """R10."""
    assert validate({"visitor.trait.x": number}) == []


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x\udfff"], ids=ascii)
@pytest.mark.parametrize(
    "place",
    [
        lambda t: {"visitor.trait.x": t},
        lambda t: {"visitor.trait." + t: 1},
        lambda t: {"n": {"$in": ["a", t]}},
        lambda t: {"n": {"$regex": t}},
        lambda t: {"n": {"$gt": t}},
        lambda t: {"n": {"a": {t: 1}}},
        lambda t: {"$not": {"n": [t]}},
        lambda t: {"$savedGroup": t},
    ],
)
def test_text_that_cannot_be_stored_is_a_fault_whose_path_can(place, text):
    """R25."""
    (fault,) = validate(place(text))

    assert fault.message == UNKEPT
    assert "\0" not in fault.path
    fault.path.encode()


@pytest.mark.parametrize(
    "typed",
    [
        '{"visitor.trait.x": "a\\u0000b"}',
        '{"visitor.trait.\\ud800": 1}',
        '{"visitor.trait.x": 18446744073709551616}',
        '{"visitor.trait.x": 1e999999}',
        '{"visitor.trait.x": ' + "9" * 5000 + "}",
        '{"$not": ' * 3000 + "{}" + "}" * 3000,
        "[" * 100_000,
    ],
    ids=lambda typed: typed[:30],
)
def test_the_form_refuses_it_in_words(client, site, typed):
    """R10, R25."""
    client.force_login(factories.make_user("editor"))

    answer = client.post("/segments/new/", {"name": "X", "key": "x", "condition-mode": "json", "condition-json": typed})

    assert answer.status_code == 200
    assert "s-error" in answer.content.decode()
    assert not Segment.objects.exists()


def test_a_row_refuses_it_too(client, site):
    """R10."""
    client.force_login(factories.make_user("editor"))
    row = {
        "condition-attribute": "visitor.sessions",
        "condition-operator": "$lt",
        "condition-value": "99999999999999999999",
    }

    answer = client.post("/segments/new/", {"name": "X", "key": "x", "condition-mode": "rows"} | row)

    assert BEYOND in answer.content.decode()
    assert not Segment.objects.exists()


@pytest.mark.parametrize(
    "place",
    [lambda p: {"$or": [{"n": each} for each in p]}, lambda p: {f"n{i}": {"$not": each} for i, each in enumerate(p)}],
)
def test_a_condition_has_a_budget_of_patterns(place):
    """B10: a viewer's twenty took 28.7 s."""
    assert validate(place([{"$regexi": "a"}] * 10)) == []
    assert [fault.message for fault in validate(place([{"$regexi": "a"}] * 11))] == ["has more than 10 patterns"]
