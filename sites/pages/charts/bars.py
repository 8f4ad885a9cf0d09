"""Where do the marks of a small chart stand? Pure arithmetic for SVG that templates draw."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    value: float
    label: str


def bars(
    values: Sequence[float], labels: Sequence[str], width: float = 720, height: float = 120, gap: float = 2
) -> list[Bar]:
    """One bar a value, from the left, scaled to the largest; a value above zero is at least a pixel high."""
    top = max(values, default=0) or 1
    step = width / max(len(values), 1)
    heights = [max(height * value / top, 1) if value else 0 for value in values]
    return [
        Bar(round(i * step, 2), round(height - tall, 2), round(step - gap, 2), round(tall, 2), value, label)
        for i, (value, label, tall) in enumerate(zip(values, labels, heights, strict=True))
    ]


def line(values: Sequence[float], width: float = 110, height: float = 28, margin: float = 2) -> str:
    """The `points` of a polyline from zero to the largest value; empty below two values."""
    if len(values) < 2:
        return ""
    top = max(values) or 1
    step = (width - 2 * margin) / (len(values) - 1)
    return " ".join(
        f"{margin + i * step:.1f},{height - margin - (height - 2 * margin) * value / top:.1f}"
        for i, value in enumerate(values)
    )
