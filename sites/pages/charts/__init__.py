"""Where do the marks of a chart stand? Pure arithmetic for SVG that templates draw (`templates/charts/`).

Marks are drawn in shares of the plot, which stretches with the page; words stand beside it as text, so that they stay
readable on a phone. Each chart has its figures as a table below it.
"""

from sites.pages.charts.bars import Bar, bars, line

__all__ = ["Bar", "bars", "line"]
