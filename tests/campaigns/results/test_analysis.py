"""A whole report: what it says of sound experiments, and that it says something of unsound ones."""

import json
import math
from datetime import date
from decimal import Decimal

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.results import comparing, corrections, daily, sums
from campaigns.results.analysis import analyse
from campaigns.results.causes import Count
from campaigns.results.guardrails import State
from campaigns.results.inputs import Adjustment, Arm, Counted, Experiment, Row, row_of
from campaigns.results.metrics import Kind, Metric, Role
from campaigns.results.mismatch import Level, Phase
from campaigns.results.novelty import Trend
from campaigns.results.report import Report
from campaigns.results.sums import Sums
from campaigns.results.verdict import Action

ARMS = [Arm("a", "Old", 0.5, is_control=True), Arm("b", "New", 0.5)]
ORDERS = Metric("orders", "Orders")
REVENUE = Metric("revenue", "Revenue", Kind.REVENUE, Role.SECONDARY)
BOUNCES = Metric("bounces", "Bounces", role=Role.GUARDRAIL, more_is_better=False, bound=0.1)
EVEN = {"a": 0.5, "b": 0.5}
DAYS = [f"2026-11-{day:02}" for day in range(1, 15)]


def share(n: int, events: int) -> Sums:
    return Sums(n, events, events, events)


def two(first: Sums, second: Sums, metric: str = "orders", **kwargs) -> list[Row]:
    return [Row("a", metric, first, **kwargs), Row("b", metric, second, **kwargs)]


def counted(rows: list[Row], **kwargs) -> Counted:
    visitors = {arm: sum(row.sums.n for row in rows if (row.arm, row.metric) == (arm, rows[0].metric)) for arm in "ab"}
    usual = {"phases": [Phase("", EVEN, visitors)], "totals": rows, "days_running": 14, "visitors_per_day": 3_000}
    return Counted(**usual | kwargs)


def figures(report: Report) -> list[float]:
    """All numbers of a report, wherever they stand."""
    found: list[float] = []

    def look(value):
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, (list, tuple)):
            for each in value:
                look(each)
        elif isinstance(value, float):
            found.append(value)

    look(msgspec.to_builtins(report))
    return found


def shop(rng=None, lift: float = 0.25) -> list[Row]:
    """Fourteen days of 3,000 visitors; one in ten orders for about 40 euros, and New gets `lift` more to do so."""
    rng = rng or np.random.default_rng(11)
    rows = []
    for day in DAYS:
        for arm, rate in (("a", 0.1), ("b", 0.1 * (1 + lift))):
            n = int(rng.poisson(1500))
            orders = (rng.random(n) < rate).astype(int)
            paid = orders * rng.exponential(4000, n).astype(int)
            bounces = (rng.random(n) < 0.4).astype(int)
            for metric, y in (("orders", orders), ("revenue", paid), ("bounces", bounces)):
                rows.append(Row(arm, metric, sums.of_arrays(y), day=day))
    return rows


def visitors_of(rows: list[Row]) -> dict[str, int]:
    return {arm: sum(row.sums.n for row in rows if row.arm == arm and row.metric == "orders") for arm in "ab"}


def test_a_winner_is_told_with_all_that_stands_around_it():
    rows = shop()
    report = analyse(
        Experiment(ARMS, [REVENUE, BOUNCES, ORDERS]),
        Counted([Phase("", EVEN, visitors_of(rows))], days=rows, days_running=14, visitors_per_day=3_000),
    )
    orders, bounces, revenue = report.metrics
    [found] = orders.comparisons

    assert [each.metric.key for each in report.metrics] == ["orders", "bounces", "revenue"]
    assert (report.control, [arm.name for arm in report.arms]) == ("a", ["Old", "New"])
    assert (report.verdict.action, report.verdict.arm) == (Action.SHIP, "b")
    assert found.lift.always.low < 0.25 < found.lift.always.high
    assert found.lift.fixed.low > found.lift.always.low > 0
    assert found.belief.chance_to_win > 0.999
    assert found.novelty.trend is Trend.STEADY
    assert [point.day for point in found.series] == DAYS
    assert found.series[-1].lift == found.lift.always
    assert found.by_day[0].difference == found.series[0].difference
    assert bounces.comparisons[0].guarded.state is State.HOLDS
    assert found.impact.per_month.difference == pytest.approx(0.025 * 90_000, rel=0.2)
    assert revenue.comparisons[0].p >= revenue.comparisons[0].lift.p
    assert (report.notes, orders.notes, found.notes) == ([], [], [])
    assert report.duration.days % 7 == 0


def test_a_report_is_json_without_a_trace_of_what_is_no_number():
    rows = shop()
    report = analyse(
        Experiment(ARMS, [REVENUE, BOUNCES, ORDERS]), Counted([Phase("", EVEN, visitors_of(rows))], days=rows)
    )

    assert all(math.isfinite(figure) for figure in figures(report))
    assert json.loads(msgspec.json.encode(report))["verdict"]["action"]


def test_rows_with_the_same_keys_add_up_in_any_order():
    rows = shop()
    phases = [Phase("", EVEN, visitors_of(rows))]
    experiment = Experiment(ARMS, [ORDERS, REVENUE])
    halves = [msgspec.structs.replace(row, day="") for row in rows]

    one = analyse(experiment, Counted(phases, totals=halves, days=rows))
    other = analyse(experiment, Counted(phases, totals=halves[::-1], days=rows[::-1]))

    assert one == other
    assert analyse(experiment, Counted(phases, days=rows)) == one


def test_rows_are_made_of_what_a_query_answers():
    record = {
        "arm": 7,
        "metric": "orders",
        "day": date(2026, 11, 3),
        "n": 9,
        "y": Decimal(4),
        "value": None,
        "other": 1,
    }

    assert row_of(record) == Row("7", "orders", Sums(n=9, y=4), day="2026-11-03")


def test_days_with_few_events_show_no_trend_by_chance():
    """Sixty visitors of an arm a day, three of a hundred order: on many days nobody does in one arm."""
    rng, trends = np.random.default_rng(4), []
    for _ in range(400):
        days = {day: {arm: share(60, int(rng.binomial(60, 0.03))) for arm in "ab"} for day in DAYS}
        trends.append(daily.trend(ORDERS, days, "a", "b").trend)

    assert np.mean([trend is not Trend.STEADY for trend in trends]) <= 0.03


def test_an_arm_without_a_row_has_its_visitors_and_nothing_else():
    rows = [Row("b", "orders", share(1000, 50))]
    report = analyse(Experiment(ARMS, [ORDERS]), Counted([Phase("", EVEN, {"a": 1000, "b": 1000})], totals=rows))
    [found] = report.metrics[0].comparisons

    assert report.metrics[0].arms[0].estimate[:3] == pytest.approx((0, 0, 0.00383), abs=1e-5)
    assert found.lift is None
    assert found.difference.value == 0.05
    assert found.notes == ["Control's mean is 0: the difference can be told in numbers, not in per cent."]
    assert found.belief is None
    assert found.p == found.difference.p


def test_a_mismatch_is_repaired_before_anything_is_said():
    rows = shop()
    visitors = visitors_of(rows)
    visitors["b"] -= 2_000
    counts = [Count("browser", "Chrome", arm, visitors["b"] // 2) for arm in "ab"]
    counts += [Count("browser", "Safari", "a", visitors["a"] // 2), Count("browser", "Safari", "b", visitors["b"] // 4)]
    report = analyse(Experiment(ARMS, [ORDERS]), Counted([Phase("", EVEN, visitors)], days=rows, counts=counts))

    assert report.verdict.action is Action.REPAIR
    assert "Among the" in report.cause
    assert "Safari" in report.verdict.reasons[0]


def test_a_doubtful_division_is_told_beside_the_verdict():
    phase = Phase("", EVEN, {"a": 20_000, "b": 19_450})
    report = analyse(Experiment(ARMS, [ORDERS]), counted(two(share(20_000, 1000), share(19_450, 1300)), phases=[phase]))

    assert (report.mismatch.level, report.verdict.action) == (Level.DOUBTFUL, Action.SHIP)
    assert "perhaps by chance" in report.verdict.reasons[-1]
    assert report.cause


def test_many_crossovers_are_a_warning_beside_the_verdict():
    report = analyse(Experiment(ARMS, [ORDERS]), counted(two(share(20_000, 1000), share(20_000, 1300)), crossed=900))

    assert (report.verdict.action, report.crossover.is_alarm) == (Action.SHIP, True)
    assert report.verdict.reasons[-1].startswith("2.2 % of visitors (900) were seen in more than one arm")


def test_adaptive_arms_get_no_interval_for_one_look():
    report = analyse(Experiment(ARMS, [ORDERS], is_adaptive=True), counted(two(share(900, 90), share(900, 120))))
    [found] = report.metrics[0].comparisons

    assert (found.lift.fixed, found.lift.fixed_p, found.difference.fixed) == (None, None, None)
    assert found.belief.chance_to_win > 0.9
    assert report.duration is None
    assert "would be wrong" in report.notes[0]
    wide = report.metrics[0].arms[0].estimate
    assert wide.low < comparing.share(90, 900).low


def test_results_are_those_since_the_weights_were_changed():
    phases = [
        Phase("First", {"a": 9, "b": 1}, {"a": 9_000, "b": 1_000}),
        Phase("Half each", EVEN, {"a": 900, "b": 900}),
    ]
    report = analyse(Experiment(ARMS, [ORDERS]), Counted(phases, totals=two(share(900, 90), share(900, 90))))

    assert [arm.visitors for arm in report.arms] == [900, 900]
    assert report.notes == ["Its weights were changed: results are those of visitors since then (“Half each”)."]
    assert not report.mismatch.is_broken


def test_cuped_takes_noise_out_and_says_how_much():
    rng = np.random.default_rng(2)
    rows = []
    for arm, more in (("a", 0), ("b", 5)):
        x = rng.normal(100, 30, 5_000)
        y = 0.9 * x + rng.normal(0, 10, 5_000) + more
        rows.append(Row(arm, "time", sums.of_arrays(np.rint(y).astype(int), x=np.rint(x).astype(int))))
    metric = Metric("time", "Time", Kind.MEAN)
    [found] = analyse(Experiment(ARMS, [metric], adjustment=Adjustment.CUPED), counted(rows)).metrics[0].comparisons

    assert found.noise_left == pytest.approx(10**2 / (0.81 * 30**2 + 10**2), abs=0.02)
    assert found.lift.se < found.unadjusted.se / 2


def test_where_less_is_better_the_arm_with_less_is_shipped():
    fewer = Metric("orders", "Returns", more_is_better=False)
    report = analyse(Experiment(ARMS, [fewer]), counted(two(share(20_000, 2_000), share(20_000, 1_600))))

    assert (report.verdict.action, report.verdict.arm) == (Action.SHIP, "b")
    assert report.verdict.reasons[0].startswith("New is better than control in Returns: −20 %, between −")
    assert report.verdict.reasons[1].endswith("is more than 99.9 %.")
    assert report.metrics[0].comparisons[0].lift.value == pytest.approx(-0.2)
    assert report.duration.lift == -0.05


def test_less_noise_shortens_the_plan():
    rng = np.random.default_rng(3)
    x = rng.normal(100, 30, (2, 5_000))
    y = 0.9 * x + rng.normal(0, 10, x.shape)
    rows = [
        Row(arm, "time", sums.of_arrays(np.rint(y[i]).astype(int), x=np.rint(x[i]).astype(int)))
        for i, arm in enumerate("ab")
    ]
    metric = Metric("time", "Time", Kind.MEAN)
    plain, less = (
        analyse(Experiment(ARMS, [metric], least_lift=0.01, adjustment=kind), counted(rows))
        for kind in (Adjustment.NONE, Adjustment.CUPED)
    )

    noise = less.metrics[0].comparisons[0].noise_left
    assert less.duration.visitors == pytest.approx(noise * plain.duration.visitors, rel=0.01)


@pytest.mark.parametrize("role", [Role.PRIMARY, Role.SECONDARY, Role.GUARDRAIL])
def test_several_arms_are_corrected_for_how_many_they_are(role):
    arms = [*ARMS, Arm("c", "Newer", 0.5)]
    rows = [*two(share(9_000, 900), share(9_000, 1_080)), Row("c", "orders", share(9_000, 1_060))]
    phase = Phase("", {"a": 1, "b": 1, "c": 1}, {"a": 9_000, "b": 9_000, "c": 9_000})
    report = analyse(Experiment(arms, [Metric("orders", "Orders", role=role)]), counted(rows, phases=[phase]))
    found = report.metrics[0].comparisons

    raw = [max(each.lift.p, each.difference.p) for each in found]
    assert [each.p for each in found] == (raw if role is Role.GUARDRAIL else corrections.benjamini_hochberg(raw))


def test_strata_take_a_mix_out_that_differs():
    loyal, others = two(share(4000, 2000), share(3600, 1800)), two(share(6000, 600), share(6400, 640))
    strata = [msgspec.structs.replace(row, value=name) for name, rows in (("l", loyal), ("o", others)) for row in rows]
    totals = two(share(10_000, 2600), share(10_000, 2440))
    report = analyse(Experiment(ARMS, [ORDERS], adjustment=Adjustment.STRATA), counted(totals, strata=strata))
    [found] = report.metrics[0].comparisons

    assert found.lift.value == pytest.approx(0, abs=1e-12)
    assert found.unadjusted.value == pytest.approx(-0.0615, abs=1e-3)


@pytest.mark.parametrize(
    ("adjustment", "metric", "note"),
    [
        (Adjustment.CUPED, ORDERS, comparing.NO_BEFORE),
        (Adjustment.STRATA, ORDERS, comparing.NO_STRATA),
        (Adjustment.CUPED, Metric("orders", "Clicks of looks", Kind.RATIO), comparing.NO_RATIO),
    ],
)
def test_what_cannot_be_adjusted_says_so_and_is_shown_unadjusted(adjustment, metric, note):
    rows = two(*[sums.of_arrays([1, 0, 1, 0] * 50, [1, 2, 1, 1] * 50)] * 2)
    report = analyse(Experiment(ARMS, [metric], adjustment=adjustment), counted(rows))

    assert report.metrics[0].notes == [note]
    assert report.metrics[0].comparisons[0].lift is not None


def test_a_guardrail_is_not_judged_by_too_few_visitors():
    rows = [*two(share(60, 30), share(60, 30)), *two(share(60, 5), share(60, 55), "bounces")]
    report = analyse(Experiment(ARMS, [ORDERS, BOUNCES]), counted(rows))

    assert report.metrics[1].comparisons[0].guarded.state is State.UNCLEAR
    assert report.verdict.action is Action.WAIT


def test_groups_are_compared_and_pulled_together():
    groups = []
    for value, events in (("new", 150), ("loyal", 90), ("few", 0)):
        n = 1000 if value != "few" else 3
        groups += two(share(n, 100 if n > 3 else 0), share(n, events), dimension="segment", value=value)
    totals = two(share(2003, 200), share(2003, 240))
    [found] = analyse(Experiment(ARMS, [ORDERS]), counted(totals, groups=groups)).metrics[0].comparisons

    [breakdown] = found.breakdowns
    assert [group.value for group in breakdown.groups] == ["loyal", "new"]
    assert breakdown.left_out == ["few"]
    assert -0.1 < breakdown.groups[0].lift < breakdown.groups[1].lift < 0.5


# --- unsound ---------------------------------------------------------------------------------------------------------

NAN = float("nan")
UNSOUND = {
    "no arms": (Experiment([], [ORDERS]), Counted([]), Action.REPAIR, "It has no arms."),
    "one arm": (
        Experiment(ARMS[:1], [ORDERS]),
        counted([Row("a", "orders", share(900, 90))]),
        Action.REPAIR,
        comparing.ONE_ARM,
    ),
    "no metric": (Experiment(ARMS, []), counted(two(Sums(9), Sums(9))), Action.REPAIR, "It has no primary metric, so"),
    "no primary metric": (
        Experiment(ARMS, [BOUNCES]),
        counted(two(share(9, 3), share(9, 3), "bounces")),
        Action.REPAIR,
        "It has no primary metric",
    ),
    "nothing counted": (Experiment(ARMS, [ORDERS]), Counted([]), Action.WAIT, "Not enough data yet in Orders"),
    "nobody": (Experiment(ARMS, [ORDERS]), counted(two(Sums(), Sums())), Action.WAIT, "Not enough data yet in Orders"),
    "one visitor": (Experiment(ARMS, [ORDERS]), counted(two(Sums(1), Sums())), Action.WAIT, "Not enough data yet"),
    "one each": (
        Experiment(ARMS, [ORDERS]),
        counted(two(share(1, 1), share(1, 0))),
        Action.WAIT,
        "Not enough data yet",
    ),
    "no events": (
        Experiment(ARMS, [ORDERS]),
        counted(two(Sums(900), Sums(900))),
        Action.WAIT,
        "Not enough data yet in Orders",
    ),
    "everybody": (
        Experiment(ARMS, [ORDERS]),
        counted(two(share(900, 900), share(900, 900))),
        Action.WAIT,
        "Not enough data yet in Orders",
    ),
    "all the same": (
        Experiment(ARMS, [Metric("orders", "Orders", Kind.MEAN)]),
        counted(two(sums.of_arrays([7] * 900), sums.of_arrays([7] * 900))),
        Action.WAIT,
        "There is no clear difference in Orders yet.",
    ),
    "no number": (
        Experiment(ARMS, [ORDERS]),
        counted(two(share(900, 90), share(900, 90)), totals=two(Sums(900, 90, NAN, 90), share(900, 90))),
        Action.REPAIR,
        "These sums cannot be right: y is no whole number.",
    ),
    "decimals": (
        Experiment(ARMS, [ORDERS]),
        counted(two(share(900, 90), share(900, 90)), totals=two(Sums(900, 90, Decimal("90.5"), 90), share(900, 90))),
        Action.REPAIR,
        "These sums cannot be right: y is no whole number.",
    ),
    "more than all": (
        Experiment(ARMS, [ORDERS]),
        counted(two(share(900, 90), share(900, 950))),
        Action.REPAIR,
        "These sums cannot be right: 950 visitors with a value among 900.",
    ),
    "weights of nobody": (
        Experiment([Arm("a", "Old", 0, True), Arm("b", "New", NAN)], [ORDERS]),
        counted(two(share(900, 90), share(900, 95))),
        Action.WAIT,
        "There is no clear difference",
    ),
    "refunds": (
        Experiment(ARMS, [Metric("orders", "Revenue", Kind.REVENUE)]),
        counted(two(sums.of_arrays([-500, 0, 100] * 300), sums.of_arrays([-400, 50, 100] * 300))),
        Action.SHIP,
        "New is better than control in Revenue: the whole interval of the difference says so.",
    ),
    "a ratio of nothing": (
        Experiment(ARMS, [Metric("orders", "Clicks of looks", Kind.RATIO)]),
        counted(two(Sums(900), Sums(900))),
        Action.WAIT,
        "Not enough data yet in Clicks of looks",
    ),
}


@pytest.mark.parametrize("name", UNSOUND)
def test_what_is_unsound_has_an_outcome_in_words(name):
    experiment, rows, action, words = UNSOUND[name]

    report = analyse(experiment, rows)

    assert (report.verdict.action, report.verdict.reasons[0][: len(words)]) == (action, words)
    assert all(math.isfinite(figure) for figure in figures(report))
    assert report.verdict.days is None or report.verdict.days > 0
    for result in report.metrics:
        for comparison in result.comparisons:
            assert comparison.difference or comparison.notes


def test_a_metric_without_events_says_where_to_look():
    report = analyse(Experiment(ARMS, [ORDERS]), counted(two(Sums(900), Sums(900))))

    assert report.metrics[0].notes == [comparing.NO_EVENTS]
    assert report.metrics[0].comparisons[0].notes == [
        "The value is the same for all visitors: nothing tells how sure a difference is."
    ]


def test_revenue_without_a_cap_is_pointed_out():
    rows = two(sums.of_arrays([0, 900] * 90), sums.of_arrays([0, 800] * 90))
    notes = [
        analyse(Experiment(ARMS, [Metric("orders", "Revenue", Kind.REVENUE, cap_minor=cap)]), counted(rows))
        .metrics[0]
        .notes
        for cap in (None, 1_000)
    ]

    assert notes == [[comparing.NO_CAP], []]


@pytest.mark.parametrize(
    ("arms", "notes"),
    [
        ([Arm("a", "Old", 0.5), Arm("b", "New", 0.5)], ["No arm is marked as control: Old is taken."]),
        (
            [Arm("b", "New", 50, True), Arm("a", "Old", 50, True)],
            ["Several arms are marked as control: New is taken."],
        ),
        (
            [Arm("a", "Old", 0.5, True), Arm("b", "New", 0.6)],
            ["The weights do not sum to 100 %: they are taken in proportion to each other."],
        ),
        ([Arm("a", "Old", 0.5, True), Arm("b", "New", NAN)], ["The weight of New is no share: it counts as 0."]),
        ([Arm("a", "Old", 60, True), Arm("b", "New", 40)], []),
    ],
)
def test_what_was_taken_for_granted_is_said(arms, notes):
    assert analyse(Experiment(arms, [ORDERS]), counted(two(share(900, 90), share(900, 90)))).notes == notes


odd_sums = st.builds(
    Sums,
    *[st.one_of(st.integers(-3, 40), st.sampled_from([0, 10**24, NAN, Decimal("NaN"), math.inf]))] * 10,
)


@settings(max_examples=150)
@given(st.data(), st.sampled_from(list(Kind)), st.sampled_from(list(Adjustment)), st.booleans())
def test_no_sums_whatever_raise_or_become_no_number(data, kind, adjustment, is_adaptive):
    experiment = Experiment(
        ARMS, [Metric("orders", "Orders", kind), BOUNCES], adjustment=adjustment, is_adaptive=is_adaptive
    )
    rows = two(data.draw(odd_sums), data.draw(odd_sums), value="x", day="2026-11-01", dimension="segment")
    visitors = {"a": data.draw(st.integers(0, 40)), "b": data.draw(st.integers(0, 40))}

    report = analyse(experiment, Counted([Phase("", EVEN, visitors)], rows, rows, rows, rows))

    assert all(math.isfinite(figure) for figure in figures(report))
    assert report.verdict.sentence
