"""How is what repeats between requests worked out once, without strangers filling the memory with what does not?"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

Found = TypeVar("Found")


def remember(most: int, longest: int) -> Callable[[Callable[[str], Found]], Callable[[str], Found]]:
    """`functools.lru_cache` for a function of text that anybody may send, bounded in bytes: `most` texts of at most
    `longest` characters.

    What is longer is worked out anew each time; whoever sends it has to pay for it by sending it.
    """

    def decorate(function: Callable[[str], Found]) -> Callable[[str], Found]:
        known = lru_cache(maxsize=most)(function)

        @wraps(function)
        def recall(text: str) -> Found:
            return known(text) if len(text) <= longest else function(text)

        return recall

    return decorate
