"""Which language does a locale, or a browser's Accept-Language, name first?"""

from functools import lru_cache

LONGEST = 64  # characters that are looked at, and remembered


def language_of(text: str) -> str:
    """The primary subtag of the first language tag (RFC 5646: two or three letters), in lower case; "" where there is
    none."""
    return _language(text[:LONGEST])


@lru_cache(maxsize=4096)
def _language(text: str) -> str:
    tag = text.partition(",")[0].partition(";")[0].strip()
    language = tag.replace("_", "-").partition("-")[0].lower()
    return language if 2 <= len(language) <= 3 and language.isalpha() and language.isascii() else ""
