"""Which cluster of a new model is which of the old one."""

import numpy as np

from segments.clustering import identity


def test_clusters_keep_id_and_name_when_their_order_changes():
    old = np.repeat([0, 1, 2], 100)
    new = np.repeat([2, 0, 1], 100)

    found = identity.match(old, new, [5, 3, 8], ["A", "B", "C"], 3, next_id=9)

    assert found.ids == [3, 8, 5]
    assert found.names == ["B", "C", "A"]
    assert found.notes == []


def test_split_and_merged_clusters_are_reported_and_get_new_ids():
    old = np.repeat([0, 1, 2], [90, 100, 100])
    split = np.concatenate([np.repeat([0, 1, 2], 30), np.full(100, 3), np.full(100, 4)])
    merged = np.concatenate([np.full(90, 0), np.full(200, 1)])

    found = identity.match(old, split, [1, 2, 3], ["A", "B", "C"], 5, next_id=4)
    assert found.ids == [4, 5, 6, 2, 3]
    assert found.notes == ["A: split up (largest part 33%)"]

    found = identity.match(old, merged, [1, 2, 3], ["A", "B", "C"], 2, next_id=4)
    assert found.ids[0] == 1
    assert len(found.notes) == 1
    assert "merged into another cluster (100%)" in found.notes[0]
