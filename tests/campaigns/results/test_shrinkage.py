"""Effects by group, pulled together: against statsmodels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from campaigns.results.shrinkage import Estimated, pool

groups = st.lists(st.tuples(st.floats(-1, 1), st.floats(0.02, 1)), min_size=2, max_size=12)


def of(values) -> dict[str, Estimated]:
    return {f"g{place}": Estimated(100, value, se) for place, (value, se) in enumerate(values)}


# Of the training of eight schools: A. Gelman and others, Bayesian Data Analysis, table 5.2.
SCHOOLS = [(28, 15), (8, 10), (-3, 16), (7, 11), (-1, 9), (1, 11), (18, 10), (12, 18)]


@pytest.mark.filterwarnings("ignore:divide by zero")  # of statsmodels, where all groups are equal
@given(groups)
def test_whether_groups_differ_is_statsmodels(values):
    effects, errors = np.array(values).T

    found = pool("cluster", of(values)).p

    theirs = combine_effects(effects, errors**2).q
    assert found == pytest.approx(stats.chi2.sf(theirs, len(values) - 1), abs=1e-6)


def test_eight_schools_are_pulled_together_as_published():
    """Table 5.3, whose prior of tau is flat: medians of 10, 8, 7, 8, 5, 6, 10 and 8; a mean of school A a little above,
    as its distribution leans that way."""
    found = pool("school", {f"{place:02}": Estimated(100, *each) for place, each in enumerate(SCHOOLS)}, prior_tau=50)

    assert [group.lift for group in found.groups] == pytest.approx([11.4, 8, 6, 7.7, 5, 6, 10.5, 8.5], abs=1)
    assert found.mean == pytest.approx(8, abs=0.5)
    assert found.tau == pytest.approx(6.7, abs=0.7)


@given(groups)
def test_groups_are_pulled_together_and_never_beyond_the_others(values):
    found = pool("cluster", of(values))
    raw, pulled = ([getattr(group, name) for group in found.groups] for name in ("raw", "lift"))

    assert min(raw) - 1e-9 <= min(pulled) <= max(pulled) <= max(raw) + 1e-9
    assert all(group.low <= group.lift <= group.high for group in found.groups)


def test_a_small_group_does_not_shout():
    """Nine groups around +5 %, and one of few visitors at +80 %."""
    values = {f"g{n}": Estimated(10_000, 0.05 + 0.01 * (n % 3 - 1), 0.02) for n in range(9)}
    found = pool("segment", values | {"few": Estimated(90, 0.8, 0.5)})
    few = next(group for group in found.groups if group.value == "few")

    assert few.lift == pytest.approx(0.05, abs=0.02)
    assert found.groups[-1] is few
    assert found.sentence == "No sign that the effect differs between these groups: read the effect of all."


def test_a_difference_that_is_there_is_told():
    found = pool("cluster", {"new": Estimated(9_000, 0.2, 0.02), "loyal": Estimated(9_000, -0.1, 0.02)})

    assert found.sentence.startswith("The effect differs between groups: from −9.8 % in “loyal” to +19.8 % in “new”.")


def test_true_effects_lie_in_their_intervals_nineteen_times_of_twenty():
    rng, held = np.random.default_rng(9), []
    for _ in range(400):
        truth = rng.normal(0.05, 0.1, 12)
        errors = rng.uniform(0.03, 0.2, 12)
        found = pool("x", of(zip(rng.normal(truth, errors), errors, strict=True)))
        held += [group.low <= truth[int(group.value[1:])] <= group.high for group in found.groups]

    assert np.mean(held) == pytest.approx(0.95, abs=0.025)


def test_groups_without_an_effect_are_left_out_and_named():
    found = pool("segment", {"a": Estimated(9, 0.1, 0.1), "b": None, "c": Estimated(9, 0.1, 0.0)})

    assert (found.groups, found.left_out) == ([], ["b", "c"])
    assert found.sentence == "Fewer than two groups have enough data to be compared."
