"""Is a regular expression one that we may run on every request, and does it find something?

RE2 runs it: in a time that grows with the text and with the size of the pattern's program, never with the ways in which
a text could be tried
(Cox, "Regular Expression Matching Can Be Simple And Fast", 2007). So both are bounded, and with them the time. What RE2
does not know, it cannot
run in such a time: references back, and looking ahead or back.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import re2

MAX_PATTERN = 200
MAX_TEXT = 256  # longer text is never found
# Instructions of a program. Hostile text costs up to a microsecond for each, an ordinary one far less
# (`benchmarks/patterns.py`).
MAX_SIZE = 500
MEMORY = 100_000  # bytes that a compiled pattern may take, with the states that it remembers


def fault_of(pattern: Any) -> str | None:
    """What forbids the pattern, in a sentence; None if nothing does."""
    if not isinstance(pattern, str):
        return "must be a pattern (text)"
    if len(pattern) > MAX_PATTERN:
        return f"is longer than {MAX_PATTERN} characters"
    try:
        size = size_of(pattern)
    except (re2.error, UnicodeEncodeError) as error:
        return f"is not a regular expression of RE2: {_reason(error)}"
    return "is too much work: repeat less, or shorter parts" if size > MAX_SIZE else None


def size_of(pattern: str) -> int:
    """Instructions of the pattern's program, whether it ignores case or not. Raises re2.error for what is none."""
    return max(_compile(pattern, ignore_case).programsize for ignore_case in (False, True))


def finder(pattern: str, ignore_case: bool = False) -> Callable[[Any], bool]:
    """A function from a value to whether the pattern is found in it; only text can contain one."""
    search = _compile(pattern, ignore_case).search
    return lambda value: (
        isinstance(value, str) and len(value) <= MAX_TEXT and search(value.encode("utf-8", "surrogatepass")) is not None
    )


@lru_cache(1024)
def _compile(pattern: str, ignore_case: bool) -> Any:
    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.never_capture = True  # only whether something is found is asked
    options.max_mem = MEMORY
    options.log_errors = False
    return re2.compile(pattern.encode(), options)


def _reason(error: Exception) -> str:
    said = error.args[0]
    return said.decode() if isinstance(said, bytes) else str(error)
