"""Which of many conditions hold for these attributes, at a cost that hardly depends on how many there are?

`atoms` rewrites a condition as alternatives of simple predicates on one attribute each, `columns` turns all predicates
on one attribute into a function from its value to a bitmap, `compiling` puts all together, `matching` ANDs the bitmaps,
`packing` carries them to the edge. A bitmap is a Python integer: bit i is condition i.
"""

from campaigns.index.matching import Index

__all__ = ["Index"]
