"""What clusters are called, and which differences are shown."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from segments.clustering import naming
from segments.clustering.naming import Difference


def differ(**deviations):
    """Differences as they are shown, the strongest first; a deviation of z stands for a ratio of e^z."""
    return [
        Difference(feature, float(np.exp(z)), z)
        for feature, z in sorted(deviations.items(), key=lambda item: -abs(item[1]))
    ]


def test_shows_the_three_strongest_differences():
    features = ["pages_recent", "cart_adds_recent", "orders_recent", "searches_recent", "scroll_depth"]
    means, overall = np.array([6.2, 3.1, 0.01, 2.0, 5.0]), np.array([6.0, 1.0, 1.0, 1.0, 0.0])

    shown = naming.differences(means, overall, np.array([1.9, 1.5, -1.8, 0.4, 3.0]), features)

    assert [str(difference) for difference in shown] == ["hardly any orders", "3.1x cart adds", "2.0x searches"]


def test_names_a_cluster_for_the_strongest_difference_that_is_shown():
    shown = [
        differ(cart_adds_recent=2.5, pages_recent=0.7),
        differ(pages_recent=1.4, searches_recent=-0.8),
        differ(time_recent=-1.1, pages_recent=-0.9),
    ]

    assert naming.names(shown) == ["Cart fillers", "Page turners", "Passers-by"]


def test_of_nearly_equal_differences_the_one_that_tells_intent_names():
    assert naming.names([differ(product_views_recent=1.5, orders_recent=1.3)]) == ["Buyers"]
    assert naming.names([differ(product_views_recent=1.5, orders_recent=0.9)]) == ["Product viewers"]


def test_cluster_that_hardly_differs_is_the_regular_visitor():
    slightly = [
        Difference("time_recent", 1.3, 0.44),
        Difference("product_views_recent", 1.3, 0.43),
        Difference("cart_adds_recent", 1.4, 0.40),
    ]

    assert naming.names([slightly, []]) == ["Regular visitors", "Regular visitors 2"]


@given(
    st.lists(
        st.lists(
            st.builds(Difference, st.sampled_from([*naming.WORDS, "unheard_of"]), st.floats(0, 50), st.floats(-4, 4)),
            max_size=3,
        ),
        min_size=1,
        max_size=9,
    ),
    st.sets(st.sampled_from(["Buyers", "Passers-by", "Regular visitors"])),
)
def test_names_differ_and_follow_from_what_is_shown(shown, taken):
    found = naming.names(shown, taken)

    assert len(set(found)) == len(shown)
    assert not taken & set(found)
    words = {name: feature for feature, (name, _) in naming.WORDS.items()}
    for name, differences in zip(found, shown, strict=True):
        feature = words.get(name.partition(",")[0].rstrip(" 0123456789"))
        assert feature is None or any(
            difference.feature == feature and difference.z >= naming.LEAST_APART for difference in differences
        )
