"""Who takes part, and what they reached since: each fact once, in whatever sequence it is told."""

from collections import defaultdict
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from campaigns.models import Metric, Phase, Treatment
from personalization.experiments.rebuilding import rebuild
from personalization.experiments.recording import BEFORE_MS
from personalization.models import Decision, Outcome, OutcomeSum, Unit, UnitSum
from tests.factories import make_site
from tests.goals import make_goal
from tests.personalization.experiments.happenings import (
    DAY_MS,
    NOW,
    click,
    consume,
    merged,
    order,
    refund,
    shown,
    visitor,
)
from tracking import consumer
from tracking.event import Event as Told
from tracking.models import Event

pytestmark = pytest.mark.django_db
HOUR = 3_600_000


@pytest.fixture
def goal(site):
    return make_goal(site, window_days=7, value_kind="event")


@pytest.fixture
def test(site, goal):
    row = Treatment.objects.create(site=site, key="test", name="Test")
    begun = datetime(2026, 5, 1, tzinfo=UTC)
    Phase.objects.create(treatment=row, number=1, begun_at=begun, coverage=100, arms=[], seed=row.seed)
    Metric.objects.create(treatment=row, goal=goal, kind="value", role="primary")
    Metric.objects.create(treatment=row, goal=None, kind="rate")
    return row


def sums(test, dimension="", goal=None):
    """By arm: units, crossed, and of a goal reached, n and v, all days together."""
    found = defaultdict(lambda: [0, 0, 0, 0, 0])
    for row in UnitSum.objects.filter(treatment_id=test.pk, dimension=dimension):
        found[row.arm][0] += row.units
        found[row.arm][1] += row.crossed
    for row in OutcomeSum.objects.filter(treatment_id=test.pk, dimension=dimension, goal_id=goal.pk if goal else 0):
        for place, name in enumerate(("reached", "n", "v"), 2):
            found[row.arm][place] += getattr(row, name)
    return dict(found)


def test_the_consumer_knows_this_step():
    from personalization.experiments.recording import record

    assert consumer.steps["experiments"] is record


def test_a_visitor_takes_part_once_however_often_they_are_shown_it(site, test):
    consume(site, shown(site, test.pk, "a"), shown(site, test.pk, "a", at=NOW + 5))
    consume(site, shown(site, test.pk, "a", at=NOW + HOUR), shown(site, test.pk, "b", who=2))

    assert sums(test) == {"a": [1, 0, 0, 0, 0], "b": [1, 0, 0, 0, 0]}
    assert sums(test, "device") == {"a": [1, 0, 0, 0, 0], "b": [1, 0, 0, 0, 0]}


def test_what_was_drawn_and_not_shown_is_an_exposure_as_well(site, test):
    consume(site, shown(site, 0, "", assigned=[[test.pk, "control", 0.5, 1]]))

    assert sums(test) == {"control": [1, 0, 0, 0, 0]}


def test_nobody_and_whom_somebody_set_by_hand_take_no_part(site, test):
    consume(site, shown(site, test.pk, "a", who=0), shown(site, test.pk, "a", who=3, detail="OVERRIDE"))
    consume(site, shown(site, test.pk + 1, "a", who=4))

    assert sums(test) == {}


def test_an_order_counts_once_whoever_tells_of_it_within_the_window_from_the_first_exposure_on(site, test, goal):
    consume(site, shown(site, test.pk, "a"))
    consume(site, (1, order("A-1", NOW + HOUR)), (1, order("A-1", NOW + HOUR + 5)), (2, order("B-1", NOW + HOUR)))
    consume(site, (1, order("A-1", NOW + 2 * HOUR)), (1, order("A-2", NOW + 8 * DAY_MS)), (1, order("A-0", NOW - 1)))
    consume(site, (1, order("A-3", NOW + 3 * HOUR, 20.5)))

    assert sums(test, goal=goal) == {"a": [1, 0, 1, 2, 7050]}
    row = OutcomeSum.objects.get(dimension="", goal_id=goal.pk)
    assert (row.nn, row.vv, row.nv) == (4, 7050**2, 2 * 7050)


def test_an_order_that_is_stored_before_the_decision_it_followed_counts(site, test, goal):
    consume(site, (1, order("A-1", NOW + 10)))
    consume(site, shown(site, test.pk, "a"))

    assert sums(test, goal=goal) == {"a": [1, 0, 1, 1, 5000]}


def test_a_click_counts_for_the_experiment_that_was_clicked(site, test):
    decision = shown(site, test.pk, "a")
    consume(site, decision, (1, click(decision, NOW + 50)), (1, click(shown(site, test.pk + 1, "a"), NOW + 60)))

    assert sums(test) == {"a": [1, 0, 1, 1, 0]}


def test_who_meets_another_arm_has_crossed_over_once_and_stays_where_they_were(site, test, goal):
    consume(site, shown(site, test.pk, "a"), shown(site, test.pk, "b", at=NOW + 5))
    consume(site, shown(site, test.pk, "b", at=NOW + 9), (1, order("A-1", NOW + HOUR)))

    assert sums(test, goal=goal) == {"a": [1, 1, 1, 1, 5000]}


def test_another_phase_is_another_experiment(site, test):
    Phase.objects.create(
        treatment=test, number=2, begun_at=datetime(2026, 5, 2, tzinfo=UTC), coverage=100, arms=[], seed="s"
    )
    consume(site, shown(site, test.pk, "a"), shown(site, test.pk, "b", phase=2, at=NOW + 5))

    assert {(row.phase, row.arm, row.units, row.crossed) for row in UnitSum.objects.filter(dimension="")} == {
        (1, "a", 1, 0),
        (2, "b", 1, 0),
    }


def test_a_refund_takes_from_its_order_and_no_more_than_it_brought(site, test, goal):
    consume(site, shown(site, test.pk, "a"), (1, order("A-1", NOW + 1)), (1, order("A-2", NOW + 2, 30.0)))
    consume(site, (1, refund("A-1", NOW + 3, total=20)), (1, refund("unknown", NOW + 4, total=500)))
    assert sums(test, goal=goal) == {"a": [1, 0, 1, 2, 6000]}

    consume(site, (1, refund("A-1", NOW + 5, total=-500)), (1, refund("A-2", NOW + 6)))

    assert sums(test, goal=goal) == {"a": [1, 0, 1, 2, 0]}


def test_a_worth_below_nothing_counts_as_nothing(site, test, goal):
    consume(site, shown(site, test.pk, "a"), (1, order("A-1", NOW + 1, -80.0)))

    assert sums(test, goal=goal) == {"a": [1, 0, 1, 1, 0]}


def test_what_a_visitor_brings_beyond_the_cap_counts_as_the_cap(site, test, goal):
    Metric.objects.filter(goal=goal).update(cap_minor=8_000)
    consume(site, shown(site, test.pk, "a"), (1, order("A-1", NOW + 1)))
    consume(site, (1, order("A-2", NOW + 2)))
    consume(site, (1, order("A-3", NOW + 3)))

    assert sums(test, goal=goal) == {"a": [1, 0, 1, 3, 8_000]}
    assert OutcomeSum.objects.get(dimension="", goal_id=goal.pk).vv == 8_000**2


def test_what_visitors_did_before_is_kept_beside_what_they_did_since(site, test, goal):
    consume(site, (1, order("P-1", NOW - DAY_MS)), (1, order("P-2", NOW - 2 * DAY_MS, 10.0)))
    consume(site, (1, order("P-0", NOW - BEFORE_MS - DAY_MS)), (2, order("P-9", NOW - DAY_MS)))
    consume(site, shown(site, test.pk, "a"), shown(site, test.pk, "a", who=2), shown(site, test.pk, "a", who=3))
    consume(site, (1, order("A-1", NOW + HOUR, 20.0)))

    row = OutcomeSum.objects.get(dimension="", goal_id=goal.pk)
    assert (row.before_n, row.before_nn, row.before_v, row.before_vv) == (3, 5, 11_000, 6000**2 + 5000**2)
    assert (row.reached_before_n, row.n_before_n, row.v_before_v) == (2, 2, 2000 * 6000)


def test_whose_history_went_to_another_visitor_takes_part_as_that_one(site, test, goal):
    consume(site, shown(site, test.pk, "a"), (1, order("A-1", NOW + 1)))
    consume(site, (9, merged(1, NOW + 2)))
    consume(site, (9, order("A-1", NOW + 3)), (9, order("A-2", NOW + 4)))

    assert sums(test, goal=goal) == {"a": [1, 0, 1, 2, 10_000]}
    assert {row.visitor_id.hex for row in Unit.objects.all()} == {visitor(9)}


def test_a_site_without_an_experiment_costs_one_query(site, django_assert_num_queries):
    with django_assert_num_queries(1):
        from django.db import connection

        from personalization.experiments.recording import record

        record(connection, [], [shown(site, 5, "a")])


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["shown", "order", "refund", "click"]),
        st.integers(1, 4),  # visitor
        st.integers(-3, 9),  # day
        st.sampled_from(["a", "b"]),
        st.integers(1, 3),  # order
    ),
    max_size=14,
)


@limits(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(STEPS, st.randoms(use_true_random=False), st.integers(1, 5))
def test_sums_are_those_of_the_visitors_whatever_the_chunks(site, test, goal, steps, random, size):
    """In a random sequence, but that a visitor's first exposure comes before their others: what a consumer sees."""
    for table in (Unit, Outcome, UnitSum, OutcomeSum, Decision, Event):
        table.objects.all().delete()
    told = []
    for number, (kind, who, day, arm, key) in enumerate(steps):
        at = NOW + day * DAY_MS + number
        if kind == "shown":
            told.append(shown(site, test.pk, arm, who, at))
        elif kind == "order":
            told.append((who, order(f"{who}-{key}", at, 10.0 * key)))
        elif kind == "refund":
            told.append((who, refund(f"{who}-{key}", at, total=4)))
        else:
            told.append((who, click(shown(site, test.pk, arm, who, at), at)))
    told.sort(key=lambda one: one.at if hasattr(one, "at") else one[1].at)
    for start in range(0, len(told), size):
        chunk = told[start : start + size]
        random.shuffle(chunk)
        consume(site, *chunk, *chunk[:1])  # something is told twice

    _agree_with_rows(test, goal)
    before = rows_of()
    assert rebuild(test) == len({one.id for one in told if hasattr(one, "id")})
    assert rows_of() == before


def rows_of():
    """All that is kept of experiments; a sum of nothing is as good as none."""
    tables = [sorted(map(str, table.objects.values_list(*fields))) for table, fields in KEPT.items()]
    filled = [row for row in OutcomeSum.objects.values() if any(row[name] for name in OutcomeSum.MEASURES)]
    return [*tables, sorted(map(str, filled))]


KEPT = {
    Unit: (
        "visitor_id",
        "phase",
        "arm",
        "first_at",
        "day",
        "device",
        "browser",
        "channel",
        "cluster",
        "before",
        "crossed",
    ),
    Outcome: ("visitor_id", "phase", "goal_id", "key", "number", "value_minor"),
    UnitSum: ("phase", "arm", "day", "dimension", "value", "units", "crossed"),
}


def test_a_refund_may_be_told_before_its_order(site, test, goal):
    consume(site, shown(site, test.pk, "a"), (1, refund("A-1", NOW + 3, total=20)))
    consume(site, (1, order("A-1", NOW + 1)))

    assert sums(test, goal=goal) == {"a": [1, 0, 1, 1, 3000]}


def test_counted_anew_a_metric_that_was_added_later_has_its_past(site, test, goal):
    consume(site, shown(site, test.pk, "a"), shown(site, 0, "", 2, assigned=[[test.pk, "control", 0.5, 1]]))
    signup = make_goal(site, key="signup", event="Signed Up", value_kind="none")
    signed = Told("s1", "track", "Signed Up", NOW + 9, NOW + 9)
    consume(site, (1, signed))
    Metric.objects.create(treatment=test, goal=signup)
    assert sums(test, goal=signup)["a"][2] == 0

    assert rebuild(test) == 2

    assert sums(test, goal=signup) == {"a": [1, 0, 1, 1, 0], "control": [1, 0, 0, 0, 0]}


def _agree_with_rows(test, goal):
    by_spot = defaultdict(lambda: [0, 0])
    for row in Outcome.objects.filter(goal_id=goal.pk):
        by_spot[row.visitor_id][0] += row.number
        by_spot[row.visitor_id][1] += row.value_minor
    expected = defaultdict(lambda: [0] * 9)
    for unit in Unit.objects.all():
        n, v = by_spot[unit.visitor_id]
        x, w = unit.before.get(str(goal.pk), [0, 0])
        for place, value in enumerate((n > 0, n, n * n, v, v * v, x, w, n * x, v * w)):
            expected[unit.arm][place] += value
    names = ("reached", "n", "nn", "v", "vv", "before_n", "before_v", "n_before_n", "v_before_v")
    for dimension in ("", "device", "browser", "channel", "cluster"):
        got = defaultdict(lambda: [0] * 9)
        for row in OutcomeSum.objects.filter(goal_id=goal.pk, dimension=dimension):
            for place, name in enumerate(names):
                got[row.arm][place] += getattr(row, name)
        assert {arm: got[arm] for arm in expected} == dict(expected)
        counted = defaultdict(int)
        for row in UnitSum.objects.filter(dimension=dimension):
            counted[row.arm] += row.units
        assert sum(counted.values()) == Unit.objects.count()


def test_with_a_site_goes_what_its_experiments_knew_of_visitors(site, test, goal):
    decision = shown(site, test.pk, "a")
    consume(site, decision, (1, order("A-1", NOW + 1)), (1, click(decision, NOW + 2)))
    other = Treatment.objects.create(site=make_site(write_key="wk_other", name="Other"), key="other", name="Other")
    UnitSum.objects.create(treatment_id=other.pk, phase=1, arm="a", day="2026-05-28", units=3)

    site.delete()

    kept = [table.objects.values_list("treatment_id", flat=True) for table in (Unit, Outcome, UnitSum, OutcomeSum)]
    assert [list(ids) for ids in kept] == [[], [], [other.pk], []]
