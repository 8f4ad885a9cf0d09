"""What every kind of clustering must be able to do. A new kind joins by its name in `KINDS`."""

import tracemalloc

import msgspec
import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from segments import artifacts, preprocessing
from segments.clustering import base
from segments.clustering.frozen import Clusters, FrozenClusters
from segments.clustering.kinds import KINDS
from segments.features import FEATURES

FEATURES_USED = 4
K = 3


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


def visitors(n=240, seed=0):
    """Raw features of three kinds of people, many of them 0, as features are."""
    rng = np.random.default_rng(seed)
    means = np.array([[1.0, 0.0, 5.0, 0.2], [30.0, 2.0, 0.1, 0.2], [4.0, 40.0, 9.0, 0.2]])
    groups = np.arange(n) % K
    return rng.poisson(means[groups]).astype(float), groups


def same(one, other):
    """Equal to the last bit, in what was learned and in what it says."""
    X, _ = visitors(60, seed=9)
    assert one.to_plain() == other.to_plain()
    assert (one.memberships(X) == other.memberships(X)).all()


def test_finds_groups_that_are_there(kind):
    X, groups = visitors()

    model = kind(K).fit(X)

    assert adjusted_rand_score(groups, model.label(X)) > 0.95
    assert model.centers_.shape == (K, FEATURES_USED)
    assert np.isfinite(model.loss_)


def test_the_seed_decides_and_is_kept(kind):
    X, _ = visitors()
    model = kind(5, random_state=7, starts=1).fit(X)
    again = kind(5, random_state=7, starts=1).fit(X)

    same(model, again)
    same(model.fit(X), again)
    assert (model.random_state, model.k, model.starts) == (7, 5, 1)


def test_another_seed_begins_elsewhere(kind):
    X, _ = visitors()

    found = [kind(5, random_state=seed, starts=1).fit(X).to_plain() for seed in range(4)]

    assert any(one != found[0] for one in found)


def test_no_chance_but_its_own_is_used_or_moved(kind):
    X, _ = visitors()
    model = kind(5, starts=1).fit(X)
    before = np.random.get_state()[1].copy()
    np.random.seed(1)
    other = kind(5, starts=1).fit(X)
    after = np.random.get_state()[1]
    np.random.seed(1)

    same(model, other)
    assert (after == np.random.get_state()[1]).all() and before is not after


def test_one_visitor_is_told_what_the_whole_table_says(kind):
    X, _ = visitors()
    model = kind(K).fit(X)
    unseen = np.vstack([visitors(50, seed=5)[0], np.zeros(FEATURES_USED), np.full(FEATURES_USED, 1e12)])
    labels, memberships = model.label(unseen), model.memberships(unseen)

    for row, label, shares in zip(unseen, labels, memberships, strict=True):
        position, parts = model.assign(row.tolist())
        assert position == label == int(np.argmax(parts))
        assert parts == pytest.approx(shares.tolist(), abs=1e-9)


def test_memberships_sum_to_one_also_far_from_everybody(kind):
    model = kind(K).fit(visitors()[0])
    far = np.array([[0.0] * 4, [1e15] * 4, [0.0, 1e15, 0.0, 1e15]])

    shares = model.memberships(far)

    assert shares.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-12)
    assert (shares >= 0).all()
    assert sum(model.assign(far[2].tolist())[1]) == pytest.approx(1, abs=1e-12)


def test_comes_back_from_plain_data(kind):
    model = kind(K).fit(visitors()[0])

    travelled = msgspec.msgpack.decode(msgspec.msgpack.encode(model.to_plain()))

    same(model, kind.from_plain(travelled))


def test_comes_back_from_an_artefact(kind, settings, tmp_path):
    settings.ARTIFACT_DIR = tmp_path
    model = kind(K).fit(visitors()[0])
    names = list(FEATURES)[:FEATURES_USED]
    frozen = FrozenClusters(4, kind.KIND, names, ["Ä", "B", "C"], [9, 2, 5], model.to_plain())

    digest = artifacts.save(artifacts.Artifact(frozen, {"k": K}), "a.npz")
    loaded = artifacts.load("a.npz", digest)

    assert loaded.clusters == frozen and loaded.about == {"k": K}
    same(model, Clusters(loaded.clusters).clustering)


@pytest.mark.parametrize("broken", [lambda plain: plain.popitem(), lambda plain: plain.update(centers=[[1.0]])])
def test_plain_data_of_something_else_is_refused(kind, broken):
    plain = kind(K).fit(visitors()[0]).to_plain()
    broken(plain)

    with pytest.raises((KeyError, ValueError)):
        kind.from_plain(plain)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -1.0])
def test_what_is_no_feature_is_refused(kind, wrong):
    X, _ = visitors()
    model = kind(K).fit(X)
    X[7, 2] = wrong

    for ask in (kind(K).fit, model.label, model.memberships):
        with pytest.raises(ValueError, match=r"not a finite number|below 0"):
            ask(X)
    if np.isnan(wrong):
        with pytest.raises(ValueError, match="not a number"):
            model.assign(X[7].tolist())


@pytest.mark.parametrize("width", [1, 3, 5])
def test_another_number_of_features_is_refused(kind, width):
    X, _ = visitors()
    model = kind(K).fit(X)
    other = np.ones((5, width))

    for ask in (model.label, model.memberships, kind(K, space=preprocessing.fit(X)).fit):
        with pytest.raises(ValueError, match=f"{width} features instead of 4"):
            ask(other)
    with pytest.raises(ValueError, match=f"{width} features instead of 4"):
        model.assign([1.0] * width)


def test_a_row_is_no_table(kind):
    with pytest.raises(ValueError, match="2 dimensions"):
        kind(K).fit(np.ones(4))


@pytest.mark.parametrize("rows", [0, 1, K - 1])
def test_too_few_visitors_are_refused(kind, rows):
    with pytest.raises(ValueError, match=f"{rows} visitors cannot form {K} clusters"):
        kind(K).fit(visitors()[0][:rows])


def test_one_row_and_no_row_can_be_labelled(kind):
    X, _ = visitors()
    model = kind(K).fit(X)

    assert model.label(X[:1]).tolist() == model.label(X)[:1].tolist()
    assert model.label(X[:0]).shape == (0,) and model.memberships(X[:0]).shape == (0, K)


def test_the_order_of_visitors_does_not_matter(kind):
    X, _ = visitors()
    order = np.random.default_rng(3).permutation(len(X))
    model, mixed = kind(K).fit(X), kind(K).fit(X[order])

    assert (model.label(X[order]) == model.label(X)[order]).all()
    assert adjusted_rand_score(model.label(X), mixed.label(X)) == 1


def test_columns_without_spread_decide_nothing(kind):
    X, groups = visitors()
    X = np.column_stack([X, np.zeros(len(X)), np.full(len(X), 7.0)])

    model = kind(K).fit(X)

    assert np.isfinite(model.memberships(X)).all()
    assert adjusted_rand_score(groups, model.label(X)) > 0.95
    changed = X.copy()
    changed[:, 4:] = 1e6
    assert (model.memberships(changed) == model.memberships(X)).all()


def test_visitors_who_are_all_alike_are_survived(kind):
    model = kind(2).fit(np.ones((30, FEATURES_USED)))

    assert len(set(model.label(np.ones((3, FEATURES_USED))).tolist())) == 1


def test_one_cluster_holds_everybody(kind):
    X, _ = visitors()
    model = kind(1).fit(X)

    assert set(model.label(X).tolist()) == {0} and model.assign(X[0].tolist()) == (0, [1.0])


def test_a_space_that_is_given_is_used(kind):
    X, _ = visitors()
    space = preprocessing.fit(X * 2)

    model = kind(K, space=space).fit(X)

    assert model.space_ is space and model.to_plain()["mean"] == space.mean.tolist()


def test_asking_of_many_takes_memory_for_a_part_of_them(kind):
    """Also a table of many visitors is labelled within memory that its chunks take, not the table."""
    X = np.tile(visitors()[0], (1000, 1))
    model = kind(K).fit(X[:240])
    model.label(X[:10])
    tracemalloc.start()
    try:
        model.label(X)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(X) > 20 * base.CHUNK
    assert peak < X.nbytes


def test_says_what_it_is(kind):
    assert KINDS[kind.KIND] is kind
    assert kind.KIND.isidentifier() and kind.TITLE and kind.SENTENCE.endswith(".")
    assert kind.__doc__ and ">>>" in kind.__doc__ and "Examples" in kind.__doc__
