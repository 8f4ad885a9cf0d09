from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from campaigns.wireframes import HEIGHT, SPOTS, WIDTH, draw

ROWS = st.lists(st.tuples(st.sampled_from(["", "Home", "cart"]), st.sampled_from(["", "gone", *SPOTS]), st.integers()))


def test_pages_by_name_and_those_without_one_last():
    drawings = draw([("", "top", 1), ("Product", "side", 2), ("cart", "", 3)])

    assert [(each.page, [block.place for block in each.blocks], each.unplaced) for each in drawings] == [
        ("cart", [], [3]),
        ("Product", [2], []),
        ("", [1], []),
    ]


@given(ROWS)
def test_every_placement_is_told_once_and_no_block_leaves_the_page_or_covers_its_neighbour(rows):
    drawings = draw(rows)

    told = [block.place for each in drawings for block in each.blocks] + [
        row for each in drawings for row in each.unplaced
    ]
    assert sorted(told) == sorted(row for _, _, row in rows)
    assert [block.number for each in drawings for block in each.blocks] == list(
        range(1, 1 + sum(len(each.blocks) for each in drawings))
    )
    for each in drawings:
        for block in each.blocks:
            assert 0 <= block.box.x <= block.box.x + block.box.width <= WIDTH
            assert block.box.height > 0
        if len(rows) < 8:
            assert all(block.box.y + block.box.height <= HEIGHT for block in each.blocks)
            stacked = sorted((block.box.x, block.box.y, block.box.height) for block in each.blocks if block.box.x == 8)
            assert all(y + height <= below for (_, y, height), (_, below, _) in pairwise(stacked))
