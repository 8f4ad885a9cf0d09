"""How many clusters there are, by stability, separation and size."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from segments import preprocessing
from segments.clustering import selection
from segments.clustering.kinds import KINDS
from segments.clustering.kmeans import KMeans
from tests.segments.planted import blobs, raw


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_chooses_the_number_of_planted_clusters(kind):
    trials = selection.try_all(ks=range(2, 6), seed=0, **raw(blobs(), kind))

    chosen = selection.choose(trials)

    assert chosen.k == 3
    assert chosen.stability > 0.99
    assert sorted(np.bincount(chosen.labels)) == [300, 300, 300]


def test_refuses_every_k_when_nothing_is_stable():
    noise = np.random.default_rng(0).normal(size=(400, 12))

    trials = selection.try_all(ks=[5, 6], seed=0, **raw(noise))

    assert selection.choose(trials) is None
    assert all("differently each time" in trial.refused for trial in trials)


def test_refuses_a_cluster_of_too_few():
    trial = selection.try_k(k=3, seed=0, **raw(blobs((500, 500, 4))))

    assert trial.smallest == 4
    assert trial.refused == "a cluster of 4 is too small: 20 are needed"


def test_smallest_cluster_must_have_one_per_cent_and_at_least_twenty():
    assert [selection.least_size(n) for n in (150, 2_000, 2_850, 20_000)] == [20, 20, 29, 200]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_same_seed_gives_the_same_table(kind):
    asked = raw(blobs((80, 80, 80), spread=1.5), kind)

    assert selection.try_k(k=4, seed=3, **asked).row() == selection.try_k(k=4, seed=3, **asked).row()


def test_a_silhouette_is_that_of_the_definition():
    """(b - a) / max(a, b) by hand: a to the others of one's own cluster, b to the nearest other one."""
    Z, labels = np.array([[0.0], [1.0], [10.0]]), np.array([0, 0, 1])

    assert selection.silhouette(Z, labels, seed=0) == pytest.approx((9 / 10 + 8 / 9 + 0) / 3)
    assert selection.silhouette(Z, np.zeros(3, dtype=int), seed=0) == -1
    assert selection.silhouette(Z, np.arange(3), seed=0) == -1


def test_reaches_the_reference_figures_on_online_shoppers(shared_dir):
    """Silhouette .442 / .428 / .378, stability .83 / .996 / .93 for k = 3, 4, 5; conversion from 0.5 % to 24 % (a part
    of the data: a bit more margin)."""
    table = pq.read_table(shared_dir / "data/clickstream/online_shoppers_intention_dev.parquet")
    kinds = ("Administrative", "Informational", "ProductRelated")
    columns = [*kinds, *(f"{kind}_Duration" for kind in kinds), "BounceRates", "ExitRates"]
    X = np.column_stack([table[name].to_numpy() for name in columns]).astype(float).clip(min=0)

    three, four, five = selection.try_all(X, [3, 4, 5], KMeans, preprocessing.fit(X), seed=0)

    assert [trial.silhouette for trial in (three, four, five)] == pytest.approx([0.442, 0.428, 0.378], rel=0.05)
    assert four.stability == pytest.approx(0.996, abs=0.01)
    assert five.stability > 0.88
    assert three.stability > 0.8
    converted = table["Revenue"].to_numpy(zero_copy_only=False).astype(float)
    shares = [converted[four.labels == position].mean() for position in range(4)]
    assert min(shares) < 0.01
    assert 0.2 < max(shares) < 0.28
