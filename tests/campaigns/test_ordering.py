"""Moving a rule changes as few priorities as can be, and always puts it where it was dropped."""

from hypothesis import given
from hypothesis import strategies as st

from campaigns.ordering import HIGHEST, between, spread

priorities = st.lists(st.integers(0, HIGHEST), max_size=30).map(lambda numbers: sorted(numbers, reverse=True))


@given(priorities, st.data())
def test_a_number_between_stands_strictly_between(numbers, data):
    place = data.draw(st.integers(0, len(numbers)))

    found = between(numbers, place)

    if found is not None:
        assert 0 <= found <= HIGHEST
        assert all(above > found for above in numbers[:place])
        assert all(below < found for below in numbers[place:])


@given(priorities, st.data())
def test_none_is_said_only_where_no_number_is_free(numbers, data):
    place = data.draw(st.integers(0, len(numbers)))
    above = numbers[place - 1] if place else HIGHEST + 1
    below = numbers[place] if place < len(numbers) else -1

    assert (between(numbers, place) is None) == (above - below < 2)


@given(st.integers(0, HIGHEST))
def test_spread_gives_each_rule_a_number_of_its_own(count):
    numbers = spread(count)

    assert numbers == sorted(set(numbers), reverse=True)
    assert len(numbers) == count
    assert all(0 <= number <= HIGHEST for number in numbers)
