"""How often a rule was shown, and whether that is enough."""

import pytest

from campaigns.caps import impressions, is_capped
from tests.releases import rule


@pytest.mark.parametrize(
    ("seen", "expected"), [(None, (0, 0)), ([7, 2, 5], (2, 5)), ([6, 2, 5], (0, 5)), ([8, 2, 5], (0, 5))]
)
def test_impressions_of_another_day_count_in_all_only(seen, expected):
    assert impressions({} if seen is None else {"3": seen}, 3, 7) == expected


def test_a_rule_without_caps_is_never_capped():
    assert not is_capped(rule(3), {"3": [7, 10**9, 10**9]}, 7)
