"""What is one point of a checklist? Its state, what was found, and where it is mended. Findings of a draft make one."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from campaigns.models import Rule
from campaigns.problems import Problem

GOOD, LOOK, WRONG, OPEN = "good", "warn", "bad", ""
WORDS = {GOOD: "In order", LOOK: "Worth a look", WRONG: "Must be mended", OPEN: "Not known yet"}
MOST_TOLD = 3  # findings of one point


class Check(NamedTuple):
    """`state` is a key of WORDS. `link` leads to what mends it, and `action` says what one does there."""

    state: str
    title: str
    words: str
    link: str = ""
    action: str = ""

    @property
    def badge(self) -> str:
        return WORDS[self.state]


def of_problems(title: str, good: str, told: Collection[tuple[Problem, str]], action: str) -> Check:
    if not told:
        return Check(GOOD, title, good)
    ordered = sorted(told, key=lambda pair: not pair[0].is_error)
    first, link = ordered[0]
    words = _some(f"{one.name}: {one.message}" for one, _ in ordered)
    return Check(WRONG if first.is_error else LOOK, title, words, link, action)


def _some(sentences: Iterable[str]) -> str:
    each = list(dict.fromkeys(sentences))
    more = len(each) - MOST_TOLD
    return " ".join(each[:MOST_TOLD]) + (f" And {more} more." if more > 0 else "")


def names_of(rules: Sequence[Rule]) -> str:
    named = [f"“{rule}”" for rule in rules[:MOST_TOLD]]
    more = len(rules) - len(named)
    return " and ".join([", ".join(named), f"{more} more"]) if more else ", ".join(named)
