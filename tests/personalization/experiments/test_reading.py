"""The report of an experiment, from its sums, says what its visitors say."""

from datetime import timedelta

import numpy as np
import pytest

from campaigns.models import Arm, Phase, Treatment
from campaigns.results.analysis import analyse
from personalization.experiments.reading import read
from personalization.models import UnitSum
from tests.personalization.experiments.sums import DEVICES, NOW, experiment, store, visitors

pytestmark = pytest.mark.django_db


@pytest.fixture
def test(site):
    return experiment(site)


def without_noise(y, x):
    """CUPED, of all visitors."""
    return y - np.cov(y, x)[0, 1] / x.var(ddof=1) * (x - x.mean())


def lift_of(y, arm):
    """By the delta method: (value, standard error)."""
    c, t = y[arm == 0], y[arm == 1]
    ratio = t.mean() / c.mean()
    error = np.sqrt(c.var(ddof=1) / len(c) * ratio**2 + t.var(ddof=1) / len(t)) / c.mean()
    return ratio - 1, error


def test_effects_are_those_of_the_visitors_reckoned_anew(test):
    of = visitors()
    store(test, of)

    told = read(test, NOW)
    report = analyse(told.experiment, told.counted)

    found = {result.metric.name: result.comparisons[0].lift for result in report.metrics}
    bought, before = (of.value > 0).astype(float), (of.before > 0).astype(float)
    for name, y in {
        "Clicks, number per visitor": of.clicks.astype(float),
        "Order Completed, share of visitors": without_noise(bought, before),
        "Order Completed, value per visitor": without_noise(of.value.astype(float), of.before.astype(float)),
    }.items():
        assert (found[name].value, found[name].se) == pytest.approx(lift_of(y, of.arm), rel=1e-9), name
    assert [arm.visitors for arm in report.arms] == [int((of.arm == 0).sum()), int((of.arm == 1).sum())]
    assert report.mismatch.level == "fine" and report.verdict.action == "ship"


def test_days_and_devices_are_parts_of_all(test):
    of = visitors()
    store(test, of)

    told = read(test, NOW)
    comparison = analyse(told.experiment, told.counted).metrics[0].comparisons[0]

    assert told.visitors == 8_000 and sum(told.by_day.values()) == 8_000
    assert comparison.series[-1].n == 8_000 and len(comparison.by_day) == 14
    groups = {group.value: group for group in comparison.breakdowns[0].groups}
    bought = (of.value > 0).astype(float)
    for place, name in enumerate(DEVICES):
        here = of.device == place
        assert groups[name].raw == pytest.approx(lift_of(bought[here], of.arm[here])[0], rel=1e-9)


def test_a_report_costs_a_few_queries_however_many_visitors_there_are(test, django_assert_num_queries):
    store(test, visitors(2_000))
    with django_assert_num_queries(7):
        few = read(test, NOW)
    UnitSum.objects.update(units=10_000_000)
    with django_assert_num_queries(7):
        many = read(test, NOW)

    assert few.visitors == 2_000 and many.visitors == 28 * 10_000_000


def test_another_phase_begins_anew_and_its_division_is_checked_by_its_own_shares(test):
    store(test, visitors(4_000))
    arms = [[arm.key, arm.variant_id, share] for arm, share in zip(test.arms.order_by("id"), (90, 10), strict=True)]
    begun = NOW - timedelta(days=2)
    Phase.objects.create(treatment=test, number=2, begun_at=begun, coverage=50, arms=arms, seed="s")
    for arm, units in (("a", 900), ("b", 100)):
        UnitSum.objects.create(treatment_id=test.pk, phase=2, arm=arm, day=begun.date(), units=units, crossed=3)

    told = read(test, NOW)
    report = analyse(told.experiment, told.counted)

    assert [arm.visitors for arm in report.arms] == [900, 100]
    assert report.mismatch.level == "fine" and len(report.mismatch.phases) == 2
    assert (told.counted.days_running, told.counted.crossed) == (2, 6)
    assert told.counted.visitors_per_day == 500 and told.counted.traffic_per_day == 1000


def test_the_control_is_what_has_no_creative_and_a_draft_has_the_arms_that_it_will_have(site, test):
    Arm.objects.filter(treatment=test, key="b").update(variant=None)
    Phase.objects.all().delete()

    told = read(test, NOW)

    assert [(arm.key, arm.name, arm.is_control) for arm in told.experiment.arms] == [
        ("a", "Plain", False),
        ("b", "Control", True),
    ]
    assert told.begun_at is None and analyse(told.experiment, told.counted).verdict.action == "wait"


def test_an_experiment_without_anything_is_told_as_that(site):
    told = read(Treatment.objects.create(site=site, key="bare", name="Bare"), NOW)

    assert analyse(told.experiment, told.counted).verdict.reasons == ["It has no arms."]
