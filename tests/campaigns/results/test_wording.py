"""Figures in sentences."""

import pytest

from campaigns.results.wording import chance, change, days, listed, percent


@pytest.mark.parametrize(
    ("share", "as_percent", "as_change"),
    [
        (0.0312, "3.1 %", "+3.1 %"),
        (0.8, "80 %", "+80 %"),
        (-0.12, "−12 %", "−12 %"),
        (0.0004, "0.04 %", "+0.04 %"),
        (0.0, "0 %", "0 %"),
        (-0.00001, "0 %", "0 %"),
        (12.5, "1250 %", "+1250 %"),
    ],
)
def test_shares_are_per_cents_with_the_digits_that_count(share, as_percent, as_change):
    assert (percent(share), change(share)) == (as_percent, as_change)


def test_no_chance_is_all_or_nothing():
    assert [chance(share) for share in (1.0, 0.973, 0.0)] == ["more than 99.9 %", "97.3 %", "less than 0.1 %"]


def test_days_and_lists():
    assert (days(1), days(1_400)) == ("1 day", "1,400 days")
    assert (listed([]), listed(["a"]), listed(["a", "b", "c"])) == ("", "a", "a, b and c")
