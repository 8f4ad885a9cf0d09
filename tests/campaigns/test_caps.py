"""How often a visitor has seen a rule."""

import pytest

from campaigns.caps import impressions


@pytest.mark.parametrize(
    ("seen", "expected"), [(None, (0, 0)), ([7, 2, 5], (2, 5)), ([6, 2, 5], (0, 5)), ([8, 2, 5], (0, 5))]
)
def test_impressions_of_another_day_count_in_all_only(seen, expected):
    assert impressions({} if seen is None else {"3": seen}, 3, 7) == expected
