"""Where on a page does each placement lie? A drawing in broad strokes of each kind of page, in boxes that a template
draws as SVG. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar

WIDTH, HEIGHT = 240, 180  # of the drawing
GAP = 4


class Box(NamedTuple):
    """In units of the drawing."""

    x: float
    y: float
    width: float
    height: float


# Where each spot lies; those that share one divide it from top to bottom.
SPOTS = {
    "top": Box(8, 26, 224, 34),
    "main": Box(8, 68, 156, 74),
    "side": Box(172, 68, 60, 74),
    "foot": Box(8, 150, 224, 24),
    "over": Box(128, 96, 96, 62),
}
Row = TypeVar("Row")


class Block(NamedTuple):
    """One placement in the drawing. `number` stands in it and in the list beside it."""

    number: int
    box: Box
    place: object


class Drawing(NamedTuple):
    """A kind of page: its name, "" where nobody has said which, what is drawn, and what nobody has said where it
    lies."""

    page: str
    blocks: list[Block]
    unplaced: list[object]


def draw(rows: Iterable[tuple[str, str, Row]]) -> list[Drawing]:
    """Of (kind of page, spot, placement), by the names of pages, those without one last. Numbers go through all."""
    pages: dict[str, list[tuple[str, Row]]] = defaultdict(list)
    for page, spot, row in rows:
        pages[page].append((spot, row))
    drawings, number = [], 0
    for page in sorted(pages, key=lambda name: (not name, name.casefold())):
        blocks = []
        for spot, box in SPOTS.items():
            held = [row for at, row in pages[page] if at == spot]
            for part, row in zip(_divide(box, held), held, strict=True):
                number += 1
                blocks.append(Block(number, part, row))
        drawings.append(Drawing(page, blocks, [row for at, row in pages[page] if at not in SPOTS]))
    return drawings


def _divide(box: Box, held: Sequence[object]) -> list[Box]:
    count = len(held)
    height = (box.height - GAP * (count - 1)) / count if count else 0
    return [box._replace(y=box.y + i * (height + GAP), height=max(height, 1)) for i in range(count)]
