import pytest

from segments.effects.reading import as_id, as_minor, as_quantity, as_text, worth_of


@pytest.mark.parametrize(
    ("told", "minor"),
    [
        (39.9, 3990),
        (0, 0),
        ("0", 0),
        ("39.90", 3990),
        ("39,90", 3990),
        ("39,9", 3990),
        (" 39.9000 ", 3990),
        ("1,299.00", 129_900),
        ("1.299,00", 129_900),
        ("1 299,00", 129_900),
        ("1\u00a0299,00", 129_900),
        ("1'299.00", 129_900),
        ("1.234.567", 123_456_700),
        ("12,34,567.00", 123_456_700),
        ("1 299", 129_900),
        ("0,299", 30),
        ("1299", 129_900),
        ("1e3", 100_000),
    ],
)
def test_an_amount_is_read_as_people_write_it(told, minor):
    """ingest-money-as-text-1, -2"""
    assert as_minor(told) == minor


@pytest.mark.parametrize(
    "told",
    [
        "1,299",
        "1.299",
        "12.500",
        "1_000",
        "$39.90",
        "1,29,9",
        "1.2.3",
        "٣٩",
        "",
        "-5",
        -5,
        True,
        None,
        [],
        float("nan"),
        "9" * 5000,
    ],
)
def test_what_is_ambiguous_or_no_amount_is_none_and_never_zero(told):
    """ingest-money-as-text-2: thousands to some, decimals to others"""
    assert as_minor(told) is None


@pytest.mark.parametrize(
    ("told", "currency", "minor"),
    [
        (1200, "JPY", 1200),
        ("1200", "JPY", 1200),
        ("1,200", "JPY", 1200),  # a yen has no decimals, so this can be read in one way
        ("1.200", "JPY", 1200),
        ("1,200.00", "JPY", 1200),
        (1200.4, "JPY", 1200),
        (1.234, "KWD", 1234),
        ("12.345", "KWD", 12_345),
        ("12,345", "KWD", None),
        ("12,34", "KWD", 12_340),
        ("1,200.125", "KWD", 1_200_125),
        ("1,299", "SEK", None),
        (1e15, "JPY", 10**12),
    ],
)
def test_an_amount_is_read_in_the_decimals_of_its_currency(told, currency, minor):
    assert as_minor(told, currency) == minor


@pytest.mark.parametrize(
    ("told", "quantity"),
    [(0, 0), ("0", 0), (None, 1), ("many", 1), (3, 3), ("3", 3), (0.5, 1), (2.5, 3), (10**9, 9_999)],
)
def test_only_an_absent_quantity_is_one(told, quantity):
    """ingest-zero-is-a-value-2"""
    assert as_quantity(told) == quantity


@pytest.mark.parametrize(
    ("told", "identity"),
    [
        (4_567_890_123_456_789, "4567890123456789"),
        (4_567_890_123_456_789_012, "4567890123456789012"),
        (7.0, "7"),
        (-0.0, "0"),
        (1e16, "10000000000000000"),
        (7.5, ""),
        (True, ""),
        (None, ""),
        ("A-17", "A-17"),
    ],
)
def test_an_id_may_be_any_whole_number(told, identity):
    """ingest-ids-that-are-not-read-1, -2"""
    assert as_id(told) == identity


def test_ids_that_differ_in_their_last_character_are_two():
    """ingest-ids-that-are-not-read-1"""
    one, other = as_id("x" * 300 + "1"), as_id("x" * 300 + "2")

    assert one != other
    assert len(one) == len(other) == 64
    assert as_id("x" * 64) == "x" * 64


def test_text_to_show_is_cut():
    assert as_text("x" * 300) == "x" * 64


LINE = {"product_id": "A", "price": 10}


@pytest.mark.parametrize(
    ("properties", "minor"),
    [
        ({"total": 0, "products": [LINE]}, 0),
        ({"revenue": 0, "value": 5}, 0),
        ({"total": None, "revenue": 7}, 700),
        ({"total": "1,299", "revenue": 1299}, 129_900),
        ({"products": [LINE] * 30}, 30_000),
        ({"products": [LINE, {"product_id": "gift"}]}, 1000),
        ({"products": [LINE | {"quantity": 0.5}]}, 500),
        ({"products": [LINE, {"price": "1,299"}]}, None),
        ({"products": [{"product_id": "A"}]}, None),
        ({}, None),
    ],
)
def test_an_order_is_worth_what_it_says_else_what_its_lines_say(properties, minor):
    """ingest-zero-is-a-value-1, ingest-twenty-lines-1"""
    assert worth_of(properties, "") == minor


@pytest.mark.parametrize(
    ("properties", "minor"),
    [
        ({"total": 5, "currency": "EUR"}, 500),
        ({"total": 5, "currency": "eur "}, 500),
        ({"total": 5}, 500),
        ({"total": 5, "currency": "USD"}, None),
        ({"products": [LINE, LINE | {"currency": "USD"}]}, None),
        ({"total": 20, "products": [LINE, LINE | {"currency": "USD"}]}, 2000),
    ],
)
def test_amounts_in_another_currency_are_not_read(properties, minor):
    """ingest-currencies-1"""
    assert worth_of(properties, "EUR") == minor
