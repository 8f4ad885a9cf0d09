"""Which priority puts a rule where somebody dropped it? The fewest changes to a master list of priorities. Pure."""

from collections.abc import Sequence

HIGHEST = 999
STEP = 10


def between(priorities: Sequence[int], place: int) -> int | None:
    """A priority that stands at `place` in a list sorted from high to low, without touching the others; None where no
    number is free."""
    above = priorities[place - 1] if place else HIGHEST + 1
    below = priorities[place] if place < len(priorities) else -1
    if above - below < 2:
        return None
    if not priorities:
        return HIGHEST // 2 + 1
    if place == 0:
        return min(below + STEP, HIGHEST)
    if place == len(priorities):
        return max(above - STEP, 0)
    return (above + below) // 2


def spread(count: int) -> list[int]:
    """`count` priorities from high to low, evenly apart; more than 1,000 rules must share some."""
    return [HIGHEST - (HIGHEST * (i + 1)) // (count + 1) for i in range(count)]
