"""Policies that look at features learn from stored decisions and what came of them."""

from datetime import timedelta
from functools import partial

import numpy as np
import pytest

from campaigns.models import AdVariant, Arm, Treatment
from campaigns.treatments import bandit as drawing
from campaigns.treatments.weights import Weights
from personalization import recording
from personalization.bandits import batches, learning
from personalization.models import Batch
from sites.times import moment_of
from tests.personalization.bandits.test_learning import decided
from tests.personalization.experiments import happenings
from tests.personalization.experiments.happenings import NOW, click
from tracking.decision import LoggedDecision

pytestmark = pytest.mark.django_db
consume = partial(happenings.consume, steps=(recording.record, learning.learn))
FEATURE = "feature.products_viewed"


@pytest.fixture(params=["logistic", "linear"])
def bandit(site, request):
    policy = {"policy": request.param, "features": [FEATURE], "least_trials": 20}
    row = Treatment.objects.create(site=site, key="offers", name="Offers", kind="bandit", policy=policy)
    for key in "ab":
        variant = AdVariant.objects.create(site=site, key=f"offer-{key}", name=key.upper(), headline=key)
        Arm.objects.create(treatment=row, key=key, variant=variant)
    return row


def at(hours):
    return moment_of(NOW) + timedelta(hours=hours)


def drawn_by(one, version):
    fields = {name: getattr(one, name) for name in one.__struct_fields__} | {"weights": version}
    return LoggedDecision(*fields.values())


def visits(site, bandit, version=1):
    """Who looks much likes b, who looks little likes a."""
    told = []
    for number in range(1, 401):
        arm, looks = "ab"[number % 2], number // 2 % 2
        one = drawn_by(decided(site, bandit, arm, number, NOW + number, features=[10.0 * looks]), version)
        told.append(one)
        if (arm == "b") == bool(looks) and number % 5 < 3:
            told.append((number, click(one, NOW + number + 30_000)))
    return told


def shares(batch, value):
    weights = Weights(batches.weights_in(batch.treatment_id, batch.version), ["a", "b"])
    dealing, _ = weights.dealing({FEATURE: value})
    return dealing.propensities


def test_the_first_batch_deals_alike_and_asks_for_features(site, bandit):
    (batch,) = batches.make([bandit], at(0))

    frozen = batches.weights_in(bandit.pk, 1)
    assert (frozen.features, batch.features) == ([FEATURE], [FEATURE])
    assert shares(batch, 3) == [0.5, 0.5]
    assert Weights(frozen, ["a", "b"]).looks_at_features


def test_later_ones_give_each_visitor_what_suits_them(site, bandit):
    batches.make([bandit], at(0))
    consume(site, *visits(site, bandit))

    (batch,) = batches.make([bandit], at(30))

    assert batch.version == 2
    assert shares(batch, 0.0)[0] > 0.9 and shares(batch, 10.0)[1] > 0.9
    assert sum(arm["share"] for arm in batch.arms) == pytest.approx(1)
    assert batches.make([bandit], at(30)) == []


def test_the_edge_draws_by_them_with_the_chance_that_it_notes(site, bandit):
    batches.make([bandit], at(0))
    consume(site, *visits(site, bandit))
    (batch,) = batches.make([bandit], at(30))
    treatment = drawing.freeze(bandit.pk, "offers", "seed", [("a", 0, 1), ("b", 1, 1)])

    class Looks:
        weights = {bandit.pk: Weights(batches.weights_in(bandit.pk, 2), ["a", "b"])}
        attributes = {FEATURE: 10.0}

    drawn = [drawing.choose(treatment, f"{number:032x}", Looks()) for number in range(500)]

    assert {choice.weights for choice in drawn} == {2}
    assert np.mean([choice.arm == "b" for choice in drawn]) == pytest.approx(shares(batch, 10.0)[1], abs=0.05)
    assert all(choice.propensity == shares(batch, 10.0)["ab".index(choice.arm)] for choice in drawn)


def test_decisions_by_other_features_or_by_hand_teach_nothing(site, bandit):
    batches.make([bandit], at(0))
    Batch.objects.update(features=["visitor.orders"])
    consume(site, *visits(site, bandit))

    (batch,) = batches.make([bandit], at(30)) or [Batch.objects.get()]

    assert shares(batch, 0.0) == [0.5, 0.5]


def test_the_log_read_in_other_chunks_gives_the_same_draws(site, bandit):
    batches.make([bandit], at(0))
    told = visits(site, bandit)
    for start in range(0, len(told), 50):
        consume(site, *told[start : start + 50])
        consume(site, *told[start : start + 50])
    (batch,) = batches.make([bandit], at(30))
    first = bytes(batch.weights)
    batch.delete()

    (again,) = batches.make([bandit], at(30))

    assert bytes(again.weights) == first
