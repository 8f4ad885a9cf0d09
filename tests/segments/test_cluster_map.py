"""The map of clusters: near is alike, large is large, and nothing leaves the picture."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segments.cluster_map import HEIGHT, WIDTH, drawn
from segments.clustering.mapping import draw_map


def clusters(*shares: float):
    return [SimpleNamespace(name=f"Cluster {number}", share=share) for number, share in enumerate(shares, 1)]


@given(arrays(float, st.tuples(st.integers(1, 8), st.integers(1, 15)), elements=st.floats(-9, 9)))
def test_distances_on_the_map_are_never_longer_than_they_are_and_all_stays_inside(centers):
    found = draw_map(centers)

    true = np.linalg.norm(centers[:, None] - centers[None], axis=2)
    shown = np.linalg.norm(found.points[:, None] - found.points[None], axis=2)
    assert (shown <= true + 1e-6).all()
    assert 0 <= found.kept <= 1 + 1e-9
    assert all(position != nearest for position, nearest in enumerate(found.nearest))
    picture = drawn(clusters(*[1 / len(centers)] * len(centers)), found.row())
    for circle in picture.circles:
        assert circle.radius <= circle.x <= WIDTH - circle.radius
        assert circle.radius <= circle.y <= HEIGHT - circle.radius


def test_two_dimensions_keep_all_of_what_lies_in_a_plane():
    plane = np.array([[0.0, 0.0, 1.0], [4.0, 0.0, 1.0], [0.0, 3.0, 1.0]])

    found = draw_map(plane)

    assert found.kept == pytest.approx(1)
    assert np.linalg.norm(found.points[1] - found.points[2]) == pytest.approx(5)
    assert found.nearest == [2, 0, 0]


def test_areas_are_compared_and_small_ones_lie_above_large_ones():
    stored = {"points": [[0, 0], [1, 0], [2, 1]], "kept": 0.9, "nearest": [1, 0, 1]}

    found = drawn(clusters(0.1, 0.4, 0.001), stored)

    assert [circle.number for circle in found.circles] == [2, 1, 3]
    large, small, tiny = found.circles
    assert large.radius == pytest.approx(2 * small.radius, abs=0.2)
    assert tiny.label_y < tiny.y - tiny.radius
    assert found.nearest == ["Cluster 2", "Cluster 1", "Cluster 2"]


def test_a_model_that_kept_no_map_has_none():
    assert drawn(clusters(1.0), None) is None
    assert drawn(clusters(0.5, 0.5), {"points": [[0, 0]], "kept": 1, "nearest": []}) is None
