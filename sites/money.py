"""How is an amount of money counted, read and written? Counted in whole minor units of its currency; what a minor unit
is, ISO 4217 says: a cent is a hundredth of a euro, a fils a thousandth of a dinar, and a yen has no part.

Amounts of different currencies are never added; who holds an amount knows its currency.
"""

import re
from decimal import Decimal

# Decimals of the currencies that do not have two: "minor unit" in list one of ISO 4217, published by SIX Group, its
# maintenance agency, as of 2024-06-25.
_DECIMALS = {
    "BHD": 3,
    "BIF": 0,
    "CLF": 4,
    "CLP": 0,
    "DJF": 0,
    "GNF": 0,
    "IQD": 3,
    "ISK": 0,
    "JOD": 3,
    "JPY": 0,
    "KMF": 0,
    "KRW": 0,
    "KWD": 3,
    "LYD": 3,
    "OMR": 3,
    "PYG": 0,
    "RWF": 0,
    "TND": 3,
    "UGX": 0,
    "UYI": 0,
    "UYW": 4,
    "VND": 0,
    "VUV": 0,
    "XAF": 0,
    "XOF": 0,
    "XPF": 0,
}
USUAL_DECIMALS = 2

CODE = re.compile(r"[A-Z]{3}", re.ASCII)

_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "CHF": "CHF ", "CNY": "CN¥", "KRW": "₩"}
_AMOUNT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?", re.ASCII)
_SPACES = str.maketrans("", "", " \u00a0\u202f")


def decimals(currency: str) -> int:
    """0 to 4; 2 for a code that is not in the list, and for none."""
    return _DECIMALS.get(currency, USUAL_DECIMALS)


def scale(currency: str) -> int:
    """How many minor units make a major one: 100 for EUR, 1 for JPY."""
    return _SCALES.get(currency, 10**USUAL_DECIMALS)


def percent_off(before: int, now: int) -> int:
    """What is taken off an amount, in whole per cent of it, halves up; both in minor units, `before` above 0."""
    return (200 * (before - now) + before) // (2 * before)


def unusual_scales() -> dict[str, int]:
    """`scale` of the currencies for which it is not 100."""
    return dict(_SCALES)


_SCALES = {currency: 10**places for currency, places in _DECIMALS.items()}


def to_minor(amount: str | float | Decimal, currency: str) -> int:
    """What somebody typed or listed, in major units, as minor units: exactly, or not at all.

    Text has a decimal point; spaces between groups of digits are allowed. Raises ValueError, with a sentence for
    whoever typed it, for what is no number and for what has a part smaller than a minor unit.
    """
    text = "" if isinstance(amount, bool) else str(amount).translate(_SPACES).strip()
    if not _AMOUNT.fullmatch(text):
        raise ValueError(f"“{amount}” is not an amount. Write it like {major(123_450, currency)}.")
    minor = Decimal(text).scaleb(decimals(currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"“{amount}” has a part smaller than a minor unit of {currency}.")
    return int(minor)


def major(minor: float, currency: str) -> str:
    """In major units, plain, as forms and spreadsheets take it: "1250.00", in JPY "1250"."""
    places = decimals(currency)
    return f"{Decimal(minor).scaleb(-places):.{places}f}"


def write_amount(minor: float, currency: str) -> str:
    """For those who work here: "1,250.00 EUR", "1,250 JPY"."""
    return f"{_group_digits(minor, currency)} {currency}"


def with_symbol(minor: float, currency: str) -> str:
    """For visitors, as a price: "€1,049.90", "¥1,200", "KWD 1.234"."""
    return f"{_SYMBOLS.get(currency, f'{currency} ')}{_group_digits(minor, currency)}"


def _group_digits(minor: float, currency: str) -> str:
    places = decimals(currency)
    return f"{Decimal(minor).scaleb(-places):,.{places}f}"
