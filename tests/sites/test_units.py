import pytest

from segments.features import FEATURES
from sites.units import as_text, counted, duration, singular, with_unit


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


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (4190, "minor", "41.90 EUR"),
        (1, "pages", "1 page"),
        (1_104.0, "visitors", "1,104 visitors"),
        (1_234.567, "", "1,234.57"),
        (12.3456, "days", "12.35 days"),
        (0.000312, "", "0.000312"),
        (0.5, "", "0.5"),
        (1, "s", "1 s"),
        (31.25, "s", "31.25 s"),
        (119, "s", "119 s"),
        (252, "s", "4 min 12 s"),
        (3600, "s", "1 h"),
        (3_660.4, "s", "1 h 1 min"),
        (30, "min", "30 min"),
        (150, "min", "2 h 30 min"),
        (-3, "", "-3"),
        (10**400, "", f"{10**400:,}"),
        ("Kitchen", "text", "Kitchen"),
        (True, "", "yes"),
        (False, "", "no"),
        (None, "pages", "unknown"),
        ([], "", "empty"),
        (["a", 2], "", "a, 2"),
        ({"7": 0.25}, "", "7: 0.25"),
    ],
)
def test_values_are_written_as_people_write_them(value, unit, text):
    assert as_text(value, unit, "EUR") == text


def test_text_in_a_sentence_has_quotes():
    assert as_text(["a", True, ""], quotes=True) == "“a”, yes, “”"


def test_an_amount_is_written_in_the_minor_units_of_its_currency():
    assert [as_text(1200, "minor", currency) for currency in ("EUR", "JPY", "KWD")] == [
        "12.00 EUR",
        "1,200 JPY",
        "1.200 KWD",
    ]


def test_a_duration_tells_each_part_that_it_has():
    assert [duration(seconds) for seconds in (0, 59, 60, 3_661)] == ["0 s", "59 s", "1 min", "1 h 1 min 1 s"]
