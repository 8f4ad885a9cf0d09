from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns.windows import Window

START = datetime(2026, 5, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 6).map(lambda hours: START + timedelta(hours=hours))
WINDOWS = st.builds(Window, st.none() | MOMENTS, st.none() | MOMENTS)


def is_open(window: Window, now: datetime) -> bool:
    return window.has_started(now) and not window.has_ended(now)


@given(WINDOWS, WINDOWS, MOMENTS)
def test_a_window_within_another_is_open_while_both_are(one, other, now):
    assert is_open(one.within(other), now) == (is_open(one, now) and is_open(other, now))


@given(WINDOWS, MOMENTS)
def test_an_empty_window_is_never_open(window, now):
    assert not (window.is_empty and is_open(window, now))


@given(WINDOWS)
def test_a_window_that_is_not_empty_is_open_at_its_start(window):
    assert window.is_empty or is_open(window, window.starts_at or (window.ends_at or START) - timedelta(hours=1))
