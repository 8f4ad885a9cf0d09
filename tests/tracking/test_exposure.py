import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.exposure import LARGEST_ID, LONGEST_KEY, Exposure, of_properties

SHOWN = Exposure("hero", 3, "spring", 14, 2, "b", 7, "offer")
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2)


def test_what_an_event_carries_is_what_was_shown():
    assert of_properties(SHOWN.as_properties()) == SHOWN


@pytest.mark.parametrize(
    ("field", "value"), [("rule_id", 0), ("rule_id", LARGEST_ID), ("placement", ""), ("placement", "p" * LONGEST_KEY)]
)
def test_the_least_and_the_most_that_can_be_shown_is_kept(field, value):
    assert getattr(of_properties(SHOWN.as_properties() | {field: value}), field) == value


@given(st.dictionaries(st.sampled_from(Exposure.__struct_fields__), VALUES))
def test_whatever_an_event_says_can_be_kept_and_read_again(properties):
    kept = msgspec.msgpack.encode(of_properties(properties))

    assert msgspec.msgpack.decode(kept, type=Exposure) == of_properties(properties)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rule_id", -1),
        ("rule_id", LARGEST_ID + 1),
        ("rule_id", 10**16),
        ("rule_id", True),
        ("placement", "p" * (LONGEST_KEY + 1)),
        ("arm", 7),
    ],
)
def test_what_nobody_could_have_been_shown_is_as_if_nothing_was(field, value):
    nothing = getattr(Exposure(""), field)

    assert getattr(of_properties(SHOWN.as_properties() | {field: value}), field) == nothing
