import pytest

from segments.features import FEATURES
from sites.units import counted, singular, with_unit


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        ("1", "pages", "1 page"),
        ("2", "pages", "2 pages"),
        ("1", "searches", "1 search"),
        ("1", "categories", "1 category"),
        ("1.5", "pages", "1.5 pages"),
        ("0", "orders", "0 orders"),
        ("1", "s", "1 s"),
        ("1", "%", "1 %"),
        ("1", "", "1"),
    ],
)
def test_a_number_agrees_with_its_unit(number, unit, text):
    assert with_unit(number, unit) == text


def test_a_count_has_its_thousands_apart():
    assert [counted(n, "visitors") for n in (0, 1, 1104)] == ["0 visitors", "1 visitor", "1,104 visitors"]


def test_units_of_features_have_a_singular():
    units = {feature.unit for feature in FEATURES.values()} - {"", "text", "minor"}

    assert {unit: singular(unit) for unit in units if singular(unit) == unit} == {
        unit: unit for unit in ("s", "min", "%")
    }
