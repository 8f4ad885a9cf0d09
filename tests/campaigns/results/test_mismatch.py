"""Are visitors divided as configured, and if not, why? Against SciPy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from campaigns.results import causes, mismatch
from campaigns.results.causes import Count
from campaigns.results.mismatch import Level, Phase

EVEN = {"a": 1.0, "b": 1.0}
NAMES = {"a": "Old", "b": "New"}
arms = st.integers(2, 6).flatmap(
    lambda k: st.tuples(
        st.lists(st.integers(100, 10**6), min_size=k, max_size=k), st.lists(st.integers(1, 99), min_size=k, max_size=k)
    )
)


@given(arms)
def test_it_is_scipys_chi_squared(of):
    visitors, weights = of
    expected = [sum(visitors) * weight / sum(weights) for weight in weights]
    if min(expected) < 5:
        return
    keys = "abcdef"[: len(weights)]

    found = mismatch.fit(dict(zip(keys, visitors, strict=True)), dict(zip(keys, weights, strict=True)))

    theirs = stats.chisquare(visitors, expected)
    assert found.statistic == pytest.approx(theirs.statistic, rel=1e-9, abs=1e-9)
    assert found.p == pytest.approx(theirs.pvalue, rel=1e-6, abs=1e-12)


def test_a_lost_part_of_an_arm_is_an_alarm_with_its_size():
    found = mismatch.check([Phase("", EVEN, {"a": 50_000, "b": 48_500})], NAMES)

    assert found.is_broken
    assert found.deviation == pytest.approx(-0.0152, abs=1e-4)
    assert found.sentence.startswith("New has 1.5 % fewer visitors than configured: that is no chance")


def test_what_chance_does_is_no_alarm():
    found = mismatch.check([Phase("", {"a": 50, "b": 50}, {"a": 50_000, "b": 49_600})], NAMES)

    assert (found.level, found.sentence) == (Level.FINE, "Visitors are divided as configured.")


def test_what_may_be_chance_is_doubtful():
    found = mismatch.check([Phase("", EVEN, {"a": 50_430, "b": 49_570})], NAMES)

    assert found.p == pytest.approx(0.00653, abs=1e-5)
    assert found.level is Level.DOUBTFUL
    assert found.sentence == "New has 0.86 % fewer visitors than configured: perhaps by chance, so look again tomorrow."


def test_phases_have_their_own_weights():
    first = Phase("Monday", {"a": 90, "b": 10}, {"a": 9_000, "b": 1_000})
    second = Phase("Friday", EVEN, {"a": 5_000, "b": 5_000})

    assert mismatch.check([first, second]).p == pytest.approx(1)
    assert mismatch.check([Phase("", EVEN, {"a": 14_000, "b": 6_000})]).is_broken
    broken = Phase("Friday", EVEN, {"a": 5_000, "b": 4_500})
    assert "in phase “Friday”" in mismatch.check([first, broken]).sentence


def test_one_faulty_phase_does_not_drown_in_many_sound_ones():
    """Fifty phases with deviations as chance makes them, so that all together may well be chance."""
    sound = [Phase(str(day), EVEN, {"a": 5_050, "b": 4_950}) for day in range(50)]
    found = mismatch.check([*sound, Phase("51", EVEN, {"a": 5_230, "b": 4_770})])

    assert found.p > 0.01
    assert found.level is Level.BROKEN
    assert "in phase “51”" in found.sentence


def test_a_bandits_weights_are_the_sums_of_its_propensities():
    """Three batches of 1,000 at 50, 70 and 90 %."""
    expected = {"a": 2_100.0, "b": 900.0}

    assert not mismatch.check([Phase("", expected, {"a": 2_080, "b": 920})]).is_broken
    assert mismatch.check([Phase("", expected, {"a": 1_900, "b": 1_100})]).is_broken


def test_a_deviation_of_no_consequence_says_so():
    found = mismatch.check([Phase("", EVEN, {"a": 50_020_000, "b": 49_980_000})], NAMES)

    assert found.is_broken
    assert "hardly large enough" in found.sentence


@pytest.mark.parametrize(
    "phases",
    [
        [],
        [Phase("", EVEN, {})],
        [Phase("", EVEN, {"a": 3, "b": 4})],
        [Phase("", {"a": 1.0}, {"a": 1000})],
        [Phase("", {}, {})],
        [Phase("", {"a": 0.0, "b": 0.0}, {})],
    ],
)
def test_too_few_visitors_are_said(phases):
    found = mismatch.check(phases)

    assert (found.is_broken, found.p) == (False, None)
    assert found.sentence == "Too few visitors to tell whether they are divided as configured."


@pytest.mark.parametrize("weight", [0.0, float("nan"), float("inf"), -1.0])
def test_visitors_in_an_arm_without_a_weight_are_an_alarm(weight):
    found = mismatch.check([Phase("", {"a": 1.0, "b": weight}, {"a": 1000, "b": 10})], NAMES)

    assert (found.is_broken, found.p, found.deviation) == (True, 0.0, 1.0)
    assert found.sentence.startswith("New has visitors though it should have none")


def test_the_cause_is_found_where_it_is():
    """In one browser half of the new arm's visitors are lost."""
    counts = [Count("browser", name, arm, n) for name, n in (("Chrome", 20_000), ("Firefox", 5_000)) for arm in "ab"]
    counts += [Count("browser", "Safari", "a", 8_000), Count("browser", "Safari", "b", 4_000)]
    counts += [Count("bot", "no", "a", 33_000), Count("bot", "no", "b", 29_000)]

    found = causes.find(counts, EVEN, NAMES)

    assert (found[0].dimension, found[0].value, found[0].explains_all) == ("browser", "Safari", True)
    assert found[0].sentence == (
        "Among the 12,000 visitors whose browser is “Safari”, New has 33.3 % fewer than configured; without them the"
        " division is as configured."
    )
    assert causes.summary(found, ["browser", "bot"]).startswith(found[0].sentence)


def test_what_is_spread_evenly_points_at_what_all_visitors_pass():
    counts = [Count("browser", name, arm, n) for name in ("Chrome", "Firefox") for arm, n in (("a", 1_010), ("b", 990))]

    assert causes.find(counts, EVEN) == []
    assert causes.summary([], ["browser", "day"]).startswith("No value of browser and day stands out")
    assert causes.summary([], []).startswith("Nothing is known of the visitors")


def test_of_many_values_none_is_found_by_chance():
    """200 days at p about .001: one in five such searches would find something, were they not corrected."""
    counts = [Count("day", str(day), arm, n) for day in range(200) for arm, n in (("a", 540), ("b", 460 + day % 5))]
    weights = {"a": 540.0, "b": 462.0}

    assert causes.find([*counts, Count("day", "odd", "a", 600), Count("day", "odd", "b", 400)], weights) == []
