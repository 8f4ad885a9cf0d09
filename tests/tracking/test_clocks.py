import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.clocks import EARLIEST, correction, happened_at, parse

NOW = 1_772_359_200_000  # 2026-03-01T10:00:00Z
YEAR = 365 * 86_400_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T10:00:00.000Z", NOW),
        ("2026-03-01T10:00:00Z", NOW),
        ("2026-03-01T10:00:00", NOW),
        ("2026-03-01T11:00:00+01:00", NOW),
        ("2026-03-01T10:00:00.123456Z", NOW + 123),
        ("2026-03-01 10:00:00", NOW),
        ("2026-03-01", NOW - 10 * 3_600_000),
        ("2026/03/01 10:00:00", NOW),
        ("2026-03-01 10:00:00 UTC", NOW),
        ("2026-03-01 11:00:00 +0100", NOW),
        ("Sun, 01 Mar 2026 10:00:00 GMT", NOW),
        ("20260301", NOW - 10 * 3_600_000),
        (str(NOW), NOW),
        (str(NOW // 1000), NOW),
        (f"{NOW // 1000}.250", NOW + 250),
        (NOW, NOW),
        (NOW / 1000, NOW),
        (NOW // 1000, NOW),
    ],
)
def test_reads_iso_8601_and_unix_times(text, expected):
    """ingest-timestamps-as-others-write-them-1"""
    assert parse(text) == expected


@pytest.mark.parametrize(
    "nonsense",
    ["", "yesterday", "2026-13-01", "99999-01-01", "0001-01-01T00:00:00+14:00x", float("inf"), float("nan"), None],
)
def test_answers_none_for_what_is_no_time(nonsense):
    assert parse(nonsense) is None


@given(skew=st.integers(-5 * YEAR, 5 * YEAR), age=st.integers(0, YEAR))
def test_a_wrong_clock_cancels_out_of_both_client_times(skew, age):
    sent_at, original = NOW + skew, NOW + skew - age

    assert happened_at(original, correction(sent_at, NOW), NOW) == (NOW - age, False)


def test_a_clock_that_is_a_year_ahead_without_sent_at_is_clamped_to_now():
    assert happened_at(NOW + YEAR, correction(None, NOW), NOW) == (NOW, False)


def test_any_past_since_2000_is_believed():
    assert happened_at("2009-11-10T23:00:00Z", 0, NOW) == (1_257_894_000_000, False)


@pytest.mark.parametrize("nonsense", ["soon", "1999-12-31T23:59:59Z", -1, 0])
def test_nonsense_becomes_the_time_of_receipt_and_is_marked(nonsense):
    assert happened_at(nonsense, 0, NOW) == (NOW, True)


def test_a_nonsensical_sent_at_corrects_nothing():
    assert correction("soon", NOW) == correction("1970-01-01T00:00:00Z", NOW) == 0


@given(
    st.one_of(st.text(max_size=40), st.floats(), st.integers()),
    st.one_of(st.text(max_size=40), st.floats(), st.integers(), st.none()),
)
def test_never_raises_and_never_leaves_the_plausible_range(original, sent_at):
    at, _ = happened_at(original, correction(sent_at, NOW), NOW)

    assert EARLIEST <= at <= NOW
