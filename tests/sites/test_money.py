import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sites.money import decimals, major, scale, to_minor, with_symbol, write_amount
from tests.architecture import sources

CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD", "CLF", "TND", "XAF", "XYZ"])
AMOUNTS = st.integers(-(10**15), 10**15)


@given(AMOUNTS, CURRENCIES)
def test_what_is_written_in_major_units_reads_as_the_same_amount(minor, currency):
    assert to_minor(major(minor, currency), currency) == minor


@given(AMOUNTS, CURRENCIES)
def test_both_ways_of_showing_an_amount_show_the_same_figure(minor, currency):
    figure = write_amount(minor, currency).removesuffix(f" {currency}")

    assert figure.replace(",", "") == major(minor, currency)
    assert with_symbol(minor, currency).endswith(figure)


@given(CURRENCIES)
def test_a_major_unit_is_as_many_minor_ones_as_the_decimals_say(currency):
    assert scale(currency) == 10 ** decimals(currency) == to_minor(1, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("1200", "JPY", 1200),
        (1200.0, "JPY", 1200),
        ("1200", "KRW", 1200),
        ("1 200", "JPY", 1200),
        ("19.99", "EUR", 1999),
        (19.99, "EUR", 1999),
        (0.1 + 0.7, "EUR", None),  # 0.7999999999999999
        ("1\u202f250.5", "EUR", 125_050),
        ("1.234", "KWD", 1234),
        ("1.2345", "CLF", 12_345),
        ("1.5e3", "EUR", 150_000),
        ("-5", "EUR", -500),
    ],
)
def test_an_amount_is_read_in_the_decimals_of_its_currency(amount, currency, minor):
    if minor is None:
        with pytest.raises(ValueError, match="smaller than a minor unit"):
            to_minor(amount, currency)
    else:
        assert to_minor(amount, currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency"), [("19.999", "EUR"), ("0.5", "JPY"), (1200.5, "JPY"), ("1.2345", "KWD")]
)
def test_a_part_smaller_than_a_minor_unit_is_refused_not_rounded(amount, currency):
    with pytest.raises(ValueError, match=f"smaller than a minor unit of {currency}"):
        to_minor(amount, currency)


@pytest.mark.parametrize(
    "amount",
    ["", "many", "1,250", "9,99", "1_000", "٣٩", "€5", "nan", "inf", float("nan"), float("inf"), True, "1e999"],
)
def test_what_is_no_amount_is_refused(amount):
    with pytest.raises(ValueError, match="is not an amount"):
        to_minor(amount, "EUR")


@pytest.mark.parametrize(
    ("minor", "currency", "shown", "symbol"),
    [
        (104_990, "EUR", "1,049.90 EUR", "€1,049.90"),
        (5, "USD", "0.05 USD", "$0.05"),
        (1200, "JPY", "1,200 JPY", "¥1,200"),
        (1234, "KWD", "1.234 KWD", "KWD 1.234"),
        (12_345, "UYW", "1.2345 UYW", "UYW 1.2345"),
        (999, "SEK", "9.99 SEK", "SEK 9.99"),
        (2**60, "EUR", "11,529,215,046,068,469.76 EUR", "€11,529,215,046,068,469.76"),
        (333.3, "EUR", "3.33 EUR", "€3.33"),  # a mean
    ],
)
def test_amounts_follow_their_currency(minor, currency, shown, symbol):
    assert (write_amount(minor, currency), with_symbol(minor, currency)) == (shown, symbol)


def test_amounts_of_any_size_are_written():
    """A condition is typed as JSON, whose numbers have no end."""
    assert major(10**400, "EUR") == "1" + "0" * 398 + ".00"


def test_no_amount_has_a_currency_that_nobody_named():
    """A default would stand in silently for one that was forgotten."""
    found = [
        f"{path}: {line.strip()}"
        for path in sources()
        for line in path.read_text().splitlines()
        if re.search(r"\bcurrency: str = \"[A-Z]", line)
    ]

    assert found == []
