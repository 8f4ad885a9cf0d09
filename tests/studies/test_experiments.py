"""Does what is said of experiments come true as often as it says: without an effect, with a lost part of the visitors, and
on the archives of real ones?"""

import time
from collections import Counter, defaultdict
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as parquet
import pytest
from scipy import stats

from campaigns.results import corrections, effects, mismatch, sums
from campaigns.results.analysis import analyse
from campaigns.results.inputs import Arm, Counted, Experiment, Row
from campaigns.results.metrics import Kind, Metric, Role
from campaigns.results.mismatch import Level, Phase
from campaigns.results.moments import lack, moments
from campaigns.results.sums import Sums
from campaigns.results.verdict import Action

pytestmark = pytest.mark.study
EXPERIMENTS, LOOKS, AT_A_LOOK = 2_000, 20, 500  # visitors of an arm
EVEN = {"a": 1.0, "b": 1.0}


class Looks(NamedTuple):
    """Which looks of an experiment call a difference, each at 5 %."""

    once: list[bool]
    always: list[bool]


# --- A/A -------------------------------------------------------------------------------------------------------------


def orders(rng, shape):
    """One visitor of ten."""
    return (rng.random(shape) < 0.1).astype(int), None


def minutes(rng, shape):
    return rng.gamma(1.5, 2_000, shape).astype(int), None


def revenue(rng, shape):
    """One of ten spends about 40 euros, in cents."""
    return (rng.random(shape) < 0.1) * rng.gamma(2, 2_000, shape).astype(int), None


def clicks_of_looks(rng, shape):
    """Those who look often click more of it."""
    looks = rng.geometric(0.4, shape)
    return rng.binomial(looks, np.minimum(0.15 + 0.02 * looks, 0.6)), looks


@pytest.mark.parametrize(
    ("kind", "draw"),
    [
        (Kind.PROPORTION, orders),
        (Kind.MEAN, minutes),
        (Kind.REVENUE, revenue),
        (Kind.RATIO, clicks_of_looks),
    ],
)
def test_without_an_effect_differences_are_called_as_rarely_as_promised(kind, draw):
    rng, metric = np.random.default_rng(20), Metric("m", "M", kind)
    found = [_look(metric, *(_looks(draw, rng) for _ in "ab")) for _ in range(EXPERIMENTS)]

    once = np.mean([looks.once[-1] for looks in found])
    peeking = np.mean([any(looks.once) for looks in found])
    always = np.mean([any(looks.always) for looks in found])
    print(
        f"\nA/A, {kind}, {EXPERIMENTS:,} experiments of {2 * LOOKS * AT_A_LOOK:,} visitors: one look {once:.2%}, {LOOKS}"
        f" looks at intervals for one {peeking:.2%}, {LOOKS} looks at always-valid ones {always:.2%}"
    )
    assert 0.037 <= once <= 0.063
    assert always <= 0.05
    assert peeking > 0.15


def _looks(draw, rng) -> list[Sums]:
    """Of one arm, at each look."""
    y, d = draw(rng, (LOOKS, AT_A_LOOK))
    kept, together = [], Sums()
    for look in range(LOOKS):
        together += sums.of_arrays(y[look], None if d is None else d[look])
        kept.append(together)
    return kept


def _look(metric: Metric, control: list[Sums], arm: list[Sums]) -> Looks:
    once, always = [], []
    for first, second in zip(control, arm, strict=True):
        lift = effects.lift(moments(first, metric), moments(second, metric))
        once.append(lift.fixed_p < 0.05)
        always.append(lift.p < 0.05)
    return Looks(once, always)


# --- sample ratio ----------------------------------------------------------------------------------------------------


def test_a_part_that_is_lost_is_found():
    rng = np.random.default_rng(21)
    lost = _alarms(rng.binomial(100_000, 0.49, EXPERIMENTS))
    sound = _alarms(rng.binomial(100_000, 0.5, 10 * EXPERIMENTS))

    print(f"\nSample ratio at 100,000 visitors: 49/51 is an alarm in {lost:.2%}, 50/50 in {sound:.3%}")
    assert lost > 0.99
    assert sound <= 0.002


def _alarms(control: np.ndarray) -> float:
    checks = (mismatch.check([Phase("", EVEN, {"a": int(n), "b": 100_000 - int(n)})]) for n in control)
    return float(np.mean([check.is_broken for check in checks]))


def test_batches_of_a_bandit_are_no_mismatch():
    """Weights that change with each of 50 batches of 400, compared with the sums of their propensities."""
    rng, alarms = np.random.default_rng(22), 0
    for _ in range(EXPERIMENTS):
        weights = np.clip(np.cumsum(rng.normal(0, 0.05, 50)) + 0.5, 0.01, 0.99)
        got = int(rng.binomial(400, weights).sum())
        expected = 400 * weights.sum()
        phase = Phase("", {"a": expected, "b": 20_000 - expected}, {"a": got, "b": 20_000 - got})
        alarms += mismatch.check([phase]).is_broken

    print(f"\nSample ratio of bandits with sound draws: an alarm in {alarms / EXPERIMENTS:.3%}")
    assert alarms / EXPERIMENTS <= 0.002


# --- archives --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def upworthy(shared_dir) -> dict[str, list[dict]]:
    """Packages of headline and picture, by test."""
    file = shared_dir / "data/abtests/upworthy_exploratory_dev.parquet"
    if not file.exists():
        pytest.skip(f"NO UPWORTHY ARCHIVE at {file}")
    tests = defaultdict(list)
    for row in parquet.read_table(file).to_pylist():
        tests[row["clickability_test_id"]].append(row)
    return {key: rows for key, rows in tests.items() if len(rows) > 1}


def test_weeks_in_which_assignment_failed_are_found(upworthy):
    """Each is looked at once, so it counts from doubtful on (p < .01), as the page of the data counts. Broken, which stops
    a test, is p < .001, as a page is looked at every day; of the faulty weeks that alone finds two of three."""
    found = {True: [], False: []}
    for rows in upworthy.values():
        visitors = {str(place): row["impressions"] for place, row in enumerate(rows)}
        check = mismatch.check([Phase("", dict.fromkeys(visitors, 1.0), visitors)])
        found[rows[0]["randomisation_suspect"]].append(check.level)

    alarms = {suspect: np.mean([level is not Level.FINE for level in levels]) for suspect, levels in found.items()}
    broken = {suspect: np.mean([level is Level.BROKEN for level in levels]) for suspect, levels in found.items()}
    print()
    for suspect, name in ((True, "suspect"), (False, "sound")):
        print(
            f"Upworthy, {len(found[suspect]):,} {name} tests: {alarms[suspect]:.1%} are doubtful or broken (p < .01), broken"
            f" (p < .001) {broken[suspect]:.1%}"
        )
    assert alarms[True] >= 0.70
    assert alarms[False] <= 0.04
    assert broken[False] <= 0.015 < 0.65 <= broken[True]


def test_winners_of_an_archive(upworthy):
    """The first package of each test stands for control. Called better: by one look, corrected for the number of
    packages; by always-valid intervals; and by a chance to win of 95 %."""
    sound = {key: rows for key, rows in upworthy.items() if not rows[0]["randomisation_suspect"]}
    ps = [_any_difference(rows) for rows in sound.values()]
    plain, corrected = np.mean(np.array(ps) < 0.05), np.mean(np.array(corrections.benjamini_hochberg(ps)) < 0.05)
    reports = {key: _report(rows) for key, rows in sound.items()}
    winners = {name: [] for name in ("one look", "always valid", "chance to win")}
    for key, report in reports.items():
        for name, place in _winners(report).items():
            winners[name].append((report.metrics[0].comparisons[place].effect, sound[key][place + 1]))

    print(f"\nUpworthy, {len(sound):,} sound tests: packages differ in {plain:.1%}, corrected {corrected:.1%}")
    for name, found in winners.items():
        first = np.mean([bool(row["first_place"]) for _, row in found])
        print(
            f"  a package is better than the first by {name}: {len(found):,}, of which {first:.0%} were also the archive's best"
        )
    actions = Counter(report.verdict.action for report in reports.values())
    print("  verdicts: " + ", ".join(f"{action} {number:,}" for action, number in actions.most_common()))
    for effect, row in sorted(winners["always valid"], key=lambda each: -each[0].value)[:8]:
        interval = effect.always
        print(f"  {effect.value:+5.0%} ({interval.low:+.0%} to {interval.high:+.0%})  {row['headline'][:70]}")
    assert (plain, corrected) == pytest.approx((0.440, 0.340), abs=0.005)
    assert 0 < len(winners["always valid"]) < len(winners["one look"])


def _winners(report) -> dict[str, int]:
    """The best package by each measure, by its place among comparisons, where one is clearly better."""
    comparisons = report.metrics[0].comparisons
    known = [place for place, each in enumerate(comparisons) if each.is_enough and each.belief]
    if not known:
        return {}
    once = corrections.benjamini_hochberg([comparisons[place].lift.fixed_p for place in known])
    called = {
        "one look": [place for place, p in zip(known, once, strict=True) if p < 0.05],
        "always valid": [place for place in known if comparisons[place].p < 0.05],
        "chance to win": [place for place in known if comparisons[place].belief.chance_to_win > 0.95],
    }
    better = {name: [place for place in places if comparisons[place].lift.value > 0] for name, places in called.items()}
    return {
        name: max(places, key=lambda place: comparisons[place].lift.value) for name, places in better.items() if places
    }


def _any_difference(rows: list[dict]) -> float:
    table = [[row["clicks"], row["impressions"] - row["clicks"]] for row in rows]
    if not sum(clicks for clicks, _ in table):
        return 1.0
    return stats.chi2_contingency(table, correction=False).pvalue


def _report(rows: list[dict]):
    """The first package is control; two weeks stand for however long it took."""
    arms = [Arm(str(place), row["headline"], 1 / len(rows), place == 0) for place, row in enumerate(rows)]
    visitors = {str(place): row["impressions"] for place, row in enumerate(rows)}
    kept = [
        Row(str(place), "clicks", Sums(row["impressions"], row["clicks"], row["clicks"], row["clicks"]))
        for place, row in enumerate(rows)
    ]
    phase = Phase("", dict.fromkeys(visitors, 1.0), visitors)
    counted = Counted([phase], kept, days_running=14, visitors_per_day=sum(visitors.values()) / 14)
    return analyse(Experiment(arms, [Metric("clicks", "Clicks")]), counted)


# Differences from the group without an e-mail, and their standard errors, as the page of the data tells them.
HILLSTROM = {
    ("visit", "Mens E-Mail"): (0.0748, 0.0040),
    ("visit", "Womens E-Mail"): (0.0483, 0.0039),
    ("conversion", "Mens E-Mail"): (0.0057, 0.0011),
    ("conversion", "Womens E-Mail"): (0.0027, 0.0010),
    ("spend", "Mens E-Mail"): (0.499, 0.163),
    ("spend", "Womens E-Mail"): (0.289, 0.154),
}


def test_a_test_of_three_emails_has_the_effects_that_are_known_of_it(shared_dir):
    file = shared_dir / "data/email/hillstrom_dev.parquet"
    if not file.exists():
        pytest.skip(f"NO HILLSTROM DATA at {file}")
    columns = {name: np.array(values) for name, values in parquet.read_table(file).to_pydict().items()}
    names = ["No E-Mail", "Mens E-Mail", "Womens E-Mail"]
    scales = {"visit": 1, "conversion": 1, "spend": 100}
    metrics = [Metric("visit", "Visits"), Metric("conversion", "Orders"), Metric("spend", "Revenue", Kind.REVENUE)]
    rows = [
        Row(name, metric, sums.of_arrays(np.rint(columns[metric][columns["segment"] == name] * scale).astype(int)))
        for metric, scale in scales.items()
        for name in names
    ]
    visitors = {name: int((columns["segment"] == name).sum()) for name in names}
    arms = [Arm(name, name, 1 / 3, name == "No E-Mail") for name in names]
    report = analyse(
        Experiment(arms, metrics), Counted([Phase("", dict.fromkeys(names, 1.0), visitors)], rows, days_running=14)
    )

    print()
    for result in report.metrics:
        scale = scales[result.metric.key]
        for comparison in result.comparisons:
            found = comparison.difference.value / scale, comparison.difference.se / scale
            print(f"Hillstrom, {result.metric.key:<10} {comparison.arm:<13} {found[0]:+.4f} ({found[1]:.4f})")
            known = HILLSTROM[result.metric.key, comparison.arm]
            digits = 3 if scale > 1 else 4
            assert (round(found[0], digits), round(found[1], digits)) == known
    print(f"Hillstrom: {report.mismatch.sentence} {report.verdict.sentence} {' '.join(report.verdict.reasons)}")
    assert not report.mismatch.is_broken
    assert (report.verdict.action, report.verdict.arm) == (Action.SHIP, "Mens E-Mail")
    assert not any(lack(row.sums, metrics[0]) for row in rows[:3])


# --- speed -----------------------------------------------------------------------------------------------------------


def test_a_report_of_ten_million_visitors_is_told_from_sums_within_a_second():
    """Five arms, ten metrics, ninety days and a hundred groups: more than a page shows. Processor time, and the best of
    three, as others use the machine."""
    rng, arms, days = np.random.default_rng(23), "abcde", [f"{day:03}" for day in range(90)]
    metrics = [Metric(str(place), str(place), role=Role.SECONDARY if place else Role.PRIMARY) for place in range(10)]
    keys = [(arm, metric.key) for arm in arms for metric in metrics]
    counted = Counted(
        [Phase("", dict.fromkeys(arms, 1.0), dict.fromkeys(arms, 2_000_000))],
        days=[Row(*key, _share(rng, 2_000_000 // 90), day=day) for day in days for key in keys],
        groups=[
            Row(*key, _share(rng, 80_000), dimension=dimension, value=str(value))
            for dimension in ("segment", "cluster", "device", "country")
            for value in range(25)
            for key in keys
        ],
        days_running=90,
        visitors_per_day=10_000_000 / 90,
    )
    experiment = Experiment([Arm(arm, arm, 0.2, arm == "a") for arm in arms], metrics)
    took = []
    for _ in range(3):
        begun = time.process_time()
        report = analyse(experiment, counted)
        took.append(time.process_time() - begun)

    rows = len(counted.days) + len(counted.groups)
    print(f"\nA report of 10,000,000 visitors, {rows:,} rows of sums: {min(took):.2f} s of the processor")
    assert len(report.metrics[0].comparisons[0].series) == 90
    assert min(took) <= 1


def _share(rng, n: int) -> Sums:
    hits = int(rng.binomial(n, 0.05))
    return Sums(n, hits, hits, hits)
