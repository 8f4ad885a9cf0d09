"""May a candidate replace what is in force? The measure itself, and both sides of the line."""

from types import SimpleNamespace

import numpy as np
import pytest

from segments import comparing
from segments.comparing import TOLERANCE, judge, labels_of, separation
from segments.population import Population

FEATURES = ("pages_recent", "cart_value", "orders_recent")


def people(n=60):
    """Three kinds of people: by pages, by cart, by orders."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 3, (n, 3)).astype(float)
    X[np.arange(n), np.arange(n) % 3] += 200
    return Population([f"{number:032x}" for number in range(n)], FEATURES, X, 0, 1)


def of_kinds(kinds, stable=True, features=FEATURES):
    """Labels visitors by what they have most of, `kinds` of it apart and the others together."""
    return SimpleNamespace(
        features=list(features), label=lambda X: np.minimum(X.argmax(axis=1), kinds - 1), stable=stable
    )


def test_separation_is_high_for_groups_that_are_there_and_low_for_others():
    crowd = people()
    right, halved = labels_of(of_kinds(3), crowd), labels_of(of_kinds(2), crowd)
    chance = np.random.default_rng(1).integers(0, 3, 60)

    assert separation(crowd, right) > 0.6
    assert separation(crowd, right) > separation(crowd, halved) + 0.1
    assert abs(separation(crowd, chance)) < 0.1
    assert separation(crowd, np.zeros(60, dtype=int)) == -1


def test_separation_does_not_depend_on_the_scale_of_a_feature():
    crowd = people()
    labels = labels_of(of_kinds(3), crowd)
    scaled = Population(crowd.visitors, FEATURES, np.expm1(np.log1p(crowd.X) * [1, 1, 3]), 0, 1)

    assert separation(scaled, labels) == pytest.approx(separation(crowd, labels))


def test_a_candidate_that_separates_worse_is_refused_with_the_figures():
    crowd = people()

    verdict = judge(of_kinds(2), of_kinds(3), crowd)

    ours, theirs = (round(separation(crowd, labels_of(of_kinds(kinds), crowd)), 4) for kinds in (2, 3))
    assert not verdict.accepted
    assert verdict.figures == {"visitors": 60, "candidate": ours, "promoted": theirs}
    assert verdict.note == f"Not promoted: silhouette {ours:.3f} against {theirs:.3f} on the same 60 held-out visitors."


def test_a_candidate_that_separates_better_or_as_well_is_accepted():
    assert judge(of_kinds(3), of_kinds(2), people()).accepted
    assert judge(of_kinds(3), of_kinds(3), people()).accepted


@pytest.mark.parametrize(("worse_by", "accepted"), [(TOLERANCE - 0.001, True), (TOLERANCE + 0.001, False)])
def test_a_little_worse_is_within_what_months_differ(monkeypatch, worse_by, accepted):
    figures = iter((0.5 - worse_by, 0.5))
    monkeypatch.setattr(comparing, "separation", lambda people, labels: next(figures))

    assert judge(of_kinds(3), of_kinds(3), people()).accepted is accepted


def test_without_one_in_force_that_can_be_compared_stability_decides():
    assert judge(of_kinds(3), None, people()).note == "Promoted: the first model."
    assert judge(of_kinds(3), of_kinds(3, features=["gone_by"]), people()).accepted
    assert not judge(of_kinds(3, stable=False), None, people()).accepted
