"""The page of a bandit says what it has learned, how surely, and what that is worth."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from campaigns.bandits import Settings
from campaigns.bandits.winning import Beta, Normal
from campaigns.models import AdVariant, Arm, Treatment
from personalization.bandits import batches, figures, pictures
from personalization.models import Batch, Trial


@pytest.fixture
def bandit(site):
    row = Treatment.objects.create(
        site=site, key="offers", name="Offers", kind="bandit", policy={"least_trials": 50, "control": 0.1}
    )
    for key in "ab":
        variant = AdVariant.objects.create(site=site, key=f"offer-{key}", name=f"Offer {key}", headline=key)
        Arm.objects.create(treatment=row, key=key, variant=variant)
    return row


def counted(bandit, arm, trials, rewards, *, is_random=False, hours=30, cluster=-1, unmatched=0):
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours)
    sums = {"trials": trials, "rewards": rewards, "total": 0.0, "squares": 0.0, "unmatched": unmatched}
    Trial.objects.create(treatment_id=bandit.pk, arm=arm, cluster=cluster, is_random=is_random, hour=hour, **sums)


def learn(bandit):
    return batches.make([bandit], timezone.now())


@pytest.mark.django_db
def test_a_bandit_without_data_says_what_to_do(see, bandit):
    told = see(f"/bandits/{bandit.pk}/")

    assert "Waiting for visitors" in told and "No rule draws from it yet" in told and "Look at its setup" in told


@pytest.mark.django_db
def test_the_page_tells_shares_beliefs_and_worth(see, bandit):
    counted(bandit, "a", 200, 12)
    counted(bandit, "b", 3_000, 480, unmatched=2)
    counted(bandit, "a", 400, 24, is_random=True)
    counted(bandit, "b", 400, 64, is_random=True)
    learn(bandit)

    told = see(f"/bandits/{bandit.pk}/")

    assert "Settled" in told and "“Offer b” is the best with a chance of 100.0 %" in told
    assert told.index("Offer b</a>") < told.index("Offer a</a>")
    assert "Random slice: all creatives alike" in told and "Choosing pays" in told
    # 492 of 3,200 against 88 of 800: 0.15375 - 0.11, times 3,200.
    assert "+4.38 points" in told and "140 rewards" in told
    assert told.count("The same as a table") == 2 and "<polygon" in told
    assert "their decision is not known" in told


@pytest.mark.django_db
def test_stages_in_words(site, bandit):
    counted(bandit, "a", 20, 2)
    learn(bandit)
    assert figures.learned(site, bandit).stage.name == figures.EXPLORING

    counted(bandit, "a", 400, 40, hours=31)
    counted(bandit, "b", 400, 44, hours=31)
    learn(bandit)
    stage = figures.learned(site, bandit).stage
    assert stage.name == figures.LEARNING and "“Offer b” leads" in stage.words


@pytest.mark.django_db
def test_a_slice_without_enough_data_says_what_is_missing(see, bandit):
    counted(bandit, "a", 200, 12)

    assert "each of the two needs 100 decisions, of which 10 were rewarded" in see(f"/bandits/{bandit.pk}/")


@pytest.mark.django_db
def test_without_a_slice_nobody_knows_and_the_page_says_how_to(see, bandit):
    Treatment.objects.update(policy={})
    counted(bandit, "a", 200, 12)

    assert "Set a random slice" in see(f"/bandits/{bandit.pk}/")


@pytest.mark.django_db
def test_each_cluster_has_a_row_where_it_has_shares(see, bandit):
    Treatment.objects.update(policy={"policy": "per_cluster", "least_trials": 5})
    for cluster, good in ((0, "a"), (1, "b")):
        for arm in "ab":
            counted(bandit, arm, 300, 90 if arm == good else 10, cluster=cluster)
    learn(Treatment.objects.get())

    told = see(f"/bandits/{bandit.pk}/")

    assert "Shares of each cluster" in told and "Cluster 0" in told and "Everybody else" in told


@pytest.mark.django_db
def test_a_bandit_that_counts_money_tells_it(see, bandit):
    Treatment.objects.update(reward="value")
    counted(bandit, "a", 300, 30)
    Trial.objects.update(total=90_000.0, squares=300_000_000.0)
    learn(Treatment.objects.get())

    assert "Brings per decision" in see(f"/bandits/{bandit.pk}/")


@pytest.mark.django_db
def test_of_many_batches_some_are_shown_and_the_latest_always(bandit):
    for version in range(1, 200):
        at = timezone.now() - timedelta(hours=200 - version)
        Batch.objects.create(treatment_id=bandit.pk, version=version, made_at=at, weights=b"", arms=[], digest="")

    kept = [batch.version for batch in figures.history(bandit)]

    assert len(kept) <= figures.MOST_BATCHES and kept[-1] == 199 and kept == sorted(kept)


def test_areas_stack_to_the_whole_and_stand_still_between_batches():
    drawn = pictures.allocation("ab", [0, 50], ["one", "two"], [{"a": 0.5, "b": 0.5}, {"a": 0.2, "b": 0.8}], 100)

    assert drawn.areas[0].points.split()[:4] == ["0.00,50.0", "500.00,50.0", "500.00,80.0", "1000.00,80.0"]
    assert {point.split(",")[1] for point in drawn.areas[1].points.split()[:4]} == {"0.0"}
    assert [moment.label for moment in drawn.moments] == ["two", "one"]


def test_densities_are_those_of_the_values():
    x = np.linspace(0.0005, 0.9995, 2_000)
    rate = pictures.densities(Beta(np.array([[3.0]]), np.array([[9.0]])), x)[0]
    mean = pictures.densities(Normal(np.array([[0.5]]), np.array([[0.1]])), x)[0]

    assert np.trapezoid(rate, x) == pytest.approx(1, abs=1e-3)
    assert x[rate.argmax()] == pytest.approx(2 / 10, abs=1e-3)
    assert np.trapezoid(mean, x) == pytest.approx(1, abs=1e-3)


def test_a_picture_of_beliefs_holds_its_intervals():
    drawn = pictures.beliefs(Beta(np.array([[3.0, 300.0]]), np.array([[9.0, 700.0]])), [0, 1], 0.95, str)

    for row in drawn.rows:
        assert 0 <= row.left <= row.at <= row.left + row.width <= 100


def test_batches_of_before_without_what_they_had_seen_still_tell_a_stage():
    arm = figures.Standing("a", "A", "a", 200, 20, 0.0, 1.0, 1.0, 0.1)

    assert figures.stage_of([arm], {"a": {"trials": 200}}, Settings()).name == figures.SETTLED
