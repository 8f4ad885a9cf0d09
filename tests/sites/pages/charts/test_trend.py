"""Charts of a value over days."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sites.pages.charts.trend import HEIGHT, WIDTH, Point, trend


def drawn(points, **given):
    return trend("Click rate", "clicks of times seen", points, "{:g}".format, **given)


def days(*values: float | None) -> list[Point]:
    return [Point(f"day {i}", value, value or 0, value or 0) for i, value in enumerate(values)]


@pytest.mark.parametrize("n", range(1, 60))
def test_labels_stand_at_one_distance_are_at_most_four_and_name_the_last_day(n):
    labels = [int(label.text.removeprefix("day ")) for label in drawn(days(*range(n))).columns]

    assert labels[-1] == n - 1
    assert min(n, 2) <= len(labels) <= 4
    assert len({after - before for before, after in pairwise(labels)}) <= 1


def test_a_day_without_a_value_leaves_a_gap_and_is_told():
    chart = drawn(days(1, 2, None, 4))

    assert [len(line.split()) for line in chart.lines] == [2, 1]
    assert [mark.text for mark in chart.marks] == ["1", "2", "–", "4"]


def test_a_day_that_is_not_over_is_set_apart_from_those_that_are():
    """Its count looked like a collapse."""
    closed, chart = drawn(days(4, 6, 1)), drawn(days(4, 6, 1), is_open=True)

    assert [len(line.split()) for line in chart.lines] == [2]
    assert chart.open_line.split() == closed.lines[0].split()[1:]
    assert chart.marks[-1].label == "day 2, so far"
    assert drawn(days(4, 6, None), is_open=True).open_line == ""


def test_nothing_at_all_is_drawn_as_nothing():
    assert drawn([]).columns == []
    assert drawn(days(None, None)).lines == []


def test_a_day_of_which_hardly_anything_is_known_does_not_flatten_the_others():
    chart = drawn([Point("a", 5, 4, 6), Point("b", 6, 0, 1000)])

    assert max(float(row.text) for row in chart.rows) < 20


@given(some.lists(some.none() | some.just(0.0) | some.floats(1e-6, 1e9), max_size=40))
def test_whatever_is_drawn_stays_within_its_box(values):
    chart = drawn(days(*values))

    for mark in chart.marks:
        assert 0 <= mark.x <= WIDTH
        assert mark.y is None or 0 <= mark.y <= HEIGHT
