"""Which parts of a condition can never hold together? Proved by what they say, whoever the visitors are. Pure.

What must hold at once is taken by attribute, and every value that could make a difference is tried by the reference
evaluator's own tests: the values that are named, one between each two of them and one beyond, nothing at all, each
within the attribute's domain. Where a value has to equal something, only that is tried. What cannot be enumerated (a
pattern, a version) is taken to hold: a contradiction that is told is one, and not each one is found.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import permutations
from typing import NamedTuple

from segments.conditions.shapes import SavedGroups
from segments.conditions.tree import Kind, Node, conjuncts, read
from segments.possible_values import Asked, first_name, key_of, least, most, possible, window_of
from segments.relations import RELATIONS, NotAbove
from segments.wording import title_of, words_of

MOST = 200  # comparisons that are looked at together


class Clash(NamedTuple):
    """`part` cannot hold beside `other`; without one, it never holds, or (`several`) not beside all else that is
    asked."""

    part: Asked
    other: Asked | None = None
    several: bool = False

    @property
    def path(self) -> str:
        return self.part.node.path

    def sentence(self, currency: str) -> str:
        """For the row that it stands at."""
        if self.other:
            return f"It contradicts “{_words(self.other, currency)}”: nobody can be both."
        if self.several:
            return f"With all else that is asked of {title_of(self.part.node.attribute)}, nobody can be so."
        return "Nobody can be so: there are no such values."

    def whole_sentence(self, currency: str) -> str:
        """For the whole condition, of which it says that it holds for nobody."""
        said = f"“{_words(self.part, currency)}”"
        if self.other:
            return f"Nobody can ever fit: {said} contradicts “{_words(self.other, currency)}”."
        beside = "contradicts what else is asked" if self.several else "is never so"
        return f"Nobody can ever fit: {said} {beside}."


class Found(NamedTuple):
    """`holds_for_nobody`: not only a part that others may stand in for."""

    holds_for_nobody: bool
    clashes: list[Clash]


def contradictions(condition: object, groups: SavedGroups | None = None) -> Found:
    """Of a condition without faults. With `groups`, saved groups are followed."""
    return contradictions_in(read(condition, groups))


def contradictions_in(node: Node, beside: Sequence[Asked] = ()) -> Found:
    """Of a part that has to hold beside others."""
    certain, choices = _must_hold(node)
    together = [*beside, *certain][:MOST]
    if clash := _clash(together):
        return Found(True, [clash])
    found = Found(False, [])
    for choice in choices:
        each = [contradictions_in(alternative, together) for alternative in choice.parts]
        clashes = [clash for one in each for clash in one.clashes]
        found = Found(found[0] or all(one.holds_for_nobody for one in each), [*found[1], *clashes])
    return found


def _must_hold(node: Node) -> tuple[list[Asked], list[Node]]:
    """The comparisons that hold, or do not, wherever the node holds; and the choices that it leaves."""
    certain: list[Asked] = []
    choices: list[Node] = []
    waiting = list(conjuncts(node))
    for part in waiting:
        if part.kind is Kind.COMPARISON:
            certain.append(Asked(part))
        elif part.kind is Kind.SOME:
            choices.append(part)
        elif part.kind is Kind.NONE:
            certain += [Asked(one, denied=True) for one in _refused(part)]
        elif part.kind in (Kind.EVERY, Kind.GROUP):
            more, further = _parts_hold(part)
            certain += more
            choices += further
    return certain, choices


def _parts_hold(node: Node) -> tuple[list[Asked], list[Node]]:
    each = [_must_hold(part) for part in node.parts]
    return [asked for certain, _ in each for asked in certain], [one for _, choices in each for one in choices]


def _refused(node: Node) -> Iterable[Node]:
    """The comparisons none of which may hold."""
    for part in node.parts:
        if part.kind is Kind.COMPARISON:
            yield part
        elif part.kind is Kind.SOME:
            yield from (one for one in part.parts if one.kind is Kind.COMPARISON)


def _clash(together: Sequence[Asked]) -> Clash | None:
    by_key: dict[str, list[Asked]] = {}
    for asked in together:
        by_key.setdefault(key_of(asked.node), []).append(asked)
    for known in by_key.values():
        if not possible(known):
            return _clash_among(known)
    return _clash_of_order(by_key)


def _clash_among(known: Sequence[Asked]) -> Clash:
    """Of comparisons that cannot hold together. The first that leaves nothing possible is found by halving: what a look
    costs grows with the square of how many are looked at."""
    place = bisect_left(range(len(known)), True, key=lambda last: not possible(known[: last + 1]))
    asked = known[place]
    if not possible([asked]):
        return Clash(asked)
    other = next((one for one in known[:place] if not possible([one, asked])), None)
    return Clash(asked, other, several=other is None)


def _clash_of_order(by_key: dict[str, list[Asked]]) -> Clash | None:
    """A part is no more than the whole: pages of the session than pages ever, events of 7 days than those of 30."""
    for lower, upper in _ordered(by_key):
        low, high = least(by_key[lower]), most(by_key[upper])
        if low is not None and high is not None and low > high:
            return Clash(by_key[upper][-1], by_key[lower][-1])
    return None


def _ordered(by_key: dict[str, list[Asked]]) -> Iterable[tuple[str, str]]:
    for relation in RELATIONS:
        if isinstance(relation, NotAbove):
            lower, upper = first_name(relation.lower), first_name(relation.upper)
            if lower in by_key and upper in by_key:
                yield lower, upper
    windows = {key: window for key, asked in by_key.items() if (window := window_of(asked[0].node))}
    for one, other in permutations(windows, 2):
        (what, first), (same, second) = windows[one], windows[other]
        if what == same and first.is_within(second):
            yield one, other


def _words(asked: Asked, currency: str) -> str:
    node = asked.node
    return words_of(Node(Kind.NONE, node.path, (node,)) if asked.denied else node, currency)
