"""Is a regular expression safe to run on every request, and does it find something?

Python's `re` backtracks, so a pattern can take exponential time. We bound what it can cost instead of how long it may run: short patterns and texts,
no repetition or alternatives inside an open-ended repetition, no back references, and few choices in all.
"""

import math
import re
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MAX_PATTERN = 200
MAX_TEXT = 256  # longer text is never found
MAX_WAYS = 2**21.5  # in which a text can be tried: two open-ended repetitions, three behind a ^. Some 0.04 s in the worst case, measured

_REPEATS = {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}
_NAMED_GROUP = re.compile(r"\(\?<(?=[A-Za-z_])")


def fault_of(pattern: Any) -> str | None:
    """What forbids the pattern, in a sentence; None if nothing does."""
    if not isinstance(pattern, str):
        return "must be a pattern (text)"
    if len(pattern) > MAX_PATTERN:
        return f"is longer than {MAX_PATTERN} characters"
    try:
        ways = _ways(parser.parse(_python_syntax(pattern)))
        _compile(pattern, False)
    except _Unsafe as unsafe:
        return str(unsafe)
    except (re.error, OverflowError, RecursionError) as error:
        return f"is not a regular expression: {error}"
    return "can be tried in too many ways: use fewer repetitions and alternatives" if ways > MAX_WAYS else None


def finder(pattern: str, ignore_case: bool = False):
    """A function from a value to whether the pattern is found in it; only text can contain one."""
    search = _compile(pattern, ignore_case).search
    return lambda value: isinstance(value, str) and len(value) <= MAX_TEXT and search(value) is not None


@lru_cache(4096)
def _compile(pattern: str, ignore_case: bool) -> re.Pattern:
    return re.compile(_python_syntax(pattern), re.IGNORECASE if ignore_case else 0)


def _python_syntax(pattern: str) -> str:
    return _NAMED_GROUP.sub("(?P<", pattern)


class _Unsafe(Exception):
    pass


def _ways(parsed: Any) -> float:
    """In how many ways a text can be tried before nothing is found. Where an open-ended repetition ends, the next begins, so k of them share n places."""
    spans, choices = _choices(parsed, inside=False)
    is_anchored = len(parsed) > 0 and parsed[0] == (codes.AT, codes.AT_BEGINNING) and not parsed.state.flags & re.MULTILINE
    spans += not is_anchored  # a search begins anywhere
    return math.comb(MAX_TEXT + spans, spans) * 2.0**choices


def _choices(node: Any, inside: bool) -> tuple[int, float]:
    """Open-ended repetitions, and other choices that a match can have to undo, as a power of two; what a bounded repetition holds counts
    each time. Raises `_Unsafe` for repetitions that multiply without a bound: `inside` says that one is around this.
    """
    spans, choices = 0, 0.0
    for code, argument in node:
        if code in (codes.GROUPREF, codes.GROUPREF_EXISTS):
            raise _Unsafe("refers back to a group")
        if inside and code is codes.BRANCH:
            raise _Unsafe("has alternatives inside a repetition")
        if inside and code in _REPEATS:
            raise _Unsafe("has a repetition inside a repetition")
        if code in _REPEATS and argument[1] >= MAX_TEXT:
            spans += 1
        elif code in _REPEATS:
            choices += math.log2(argument[1] - argument[0] + 1)
        elif code is codes.BRANCH:
            choices += math.log2(len(argument[1]))
        for child in _children(code, argument):
            is_open = code in _REPEATS and argument[1] >= MAX_TEXT
            times = argument[1] if code in _REPEATS and not is_open else 1
            more_spans, more_choices = _choices(child, inside or is_open)
            spans, choices = spans + times * more_spans, choices + times * more_choices
    return spans, choices


def _children(code: Any, argument: Any) -> list:
    if code in _REPEATS:
        return [argument[2]]
    if code is codes.BRANCH:
        return argument[1]
    if code is codes.SUBPATTERN:
        return [argument[3]]
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return [argument[1]]
    return [argument] if code is codes.ATOMIC_GROUP else []
