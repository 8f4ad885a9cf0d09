"""Which text can be kept? Postgres takes no NUL, and nothing takes half of a surrogate pair."""

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    return _UNSTORABLE.search(text) is None


def make_storable(text: str) -> str:
    """The text with what cannot be kept made visible as U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)
