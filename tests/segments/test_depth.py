"""How far one visitor came: beside all ways of choosing events for steps."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from segments.depth import Done, depth_of

events = st.lists(st.builds(Done, st.integers(0, 12), st.integers(0, 7)), max_size=7).map(
    lambda found: sorted(found, key=lambda event: event.at)
)


def by_trying(found, steps, within_ms) -> list[int]:
    """For each step the shortest way of those that end first."""
    reached = []
    for depth in range(1, steps + 1):
        ways = [
            (way[-1], found[way[-1]].at - found[way[0]].at)
            for way in combinations(range(len(found)), depth)
            if all(found[place].steps >> step & 1 for step, place in enumerate(way))
            and found[way[-1]].at - found[way[0]].at <= within_ms
        ]
        if not ways:
            break
        reached.append(min(ways)[1])
    return reached


@given(events, st.integers(1, 3), st.integers(0, 12))
def test_one_pass_finds_what_trying_all_ways_finds(found, steps, within_ms):
    assert depth_of(found, steps, within_ms) == by_trying(found, steps, within_ms)


def test_one_event_is_not_two_steps():
    assert depth_of([Done(1, 0b11)], 2, 10) == [0]
    assert depth_of([Done(1, 0b11), Done(4, 0b11)], 2, 10) == [0, 3]


def test_an_attempt_that_is_too_old_gives_way_to_a_later_one():
    found = [Done(0, 0b001), Done(50, 0b001), Done(55, 0b010), Done(58, 0b100)]

    assert depth_of(found, 3, 10) == [0, 5, 8]
    assert depth_of(found, 3, 6) == [0, 5]
