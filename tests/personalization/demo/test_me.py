import pytest

from personalization.demo.me import said
from segments.features import FEATURES


@pytest.mark.parametrize(
    ("feature", "value", "text"),
    [
        ("cart_value", 4190, "€41.90"),
        ("pages_viewed", 1, "1 page"),
        ("pages_viewed", 3, "3 pages"),
        ("categories_viewed", 1, "1 category"),
        ("searches", 1, "1 search"),
        ("time_on_site", 1, "1 s"),
        ("time_on_site", 31.25, "31.25 s"),
        ("category_focus", 0.5, "0.5"),
        ("session_category", "Kitchen", "Kitchen"),
    ],
)
def test_says_values_as_people_write_them(feature, value, text):
    assert said(FEATURES[feature], value) == text
