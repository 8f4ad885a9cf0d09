"""How is a value made harmless where it stands in a creative?

A creative is HTML inside JSON; its values come from catalogues and from what visitors did, so none is trusted. Pure.
"""

import html
import re
from collections.abc import Mapping
from urllib.parse import quote

import msgspec

# Holes whose value is a whole address; they may stand only at the start of an address.
URL_HOLES = frozenset(
    {"item.url", "item.image_url", "item2.url", "item2.image_url", "item3.url", "item3.image_url"}
    | {"category.url", "category.image_url"}
)
_SAFE_START = re.compile(r"(?:https?://[^/?#\s\\]|/(?![/\\])|[?#]|mailto:)", re.IGNORECASE)
_UNSAFE_IN_URL = re.compile(r"[\x00-\x20\x7f\\\"'<>`]")


def is_safe_url(url: str) -> bool:
    """An address on this site or under http, https or mailto, without the characters that browsers drop or repair."""
    return bool(_SAFE_START.match(url)) and not _UNSAFE_IN_URL.search(url)


def safe_url(value: str) -> str:
    return value if is_safe_url(value) else ""


def json_text(value: str) -> bytes:
    """The inside of a JSON string."""
    return msgspec.json.encode(value)[1:-1]


# Where a hole can stand, and what is done to its value there.
FORMS = {
    "text": json_text,
    "html": lambda value: json_text(html.escape(value)),
    "url": lambda value: json_text(safe_url(value)),
    "url_in_html": lambda value: json_text(html.escape(safe_url(value))),
    # Needs no escape for HTML: quote leaves letters, digits and %-._~.
    "url_part": lambda value: json_text(quote(value, safe="")),
    # A number within rules of style.
    "digits": lambda value: value.encode() if value.isascii() and value.isdigit() else b"0",
}


def url_part(hole: str, values: Mapping[str, str]) -> str:
    """The value of a hole as it stands in an address."""
    value = values.get(hole, "")
    return safe_url(value) if hole in URL_HOLES else quote(value, safe="")
