"""A review follows each edit, once for many, and comes also where nobody works."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from campaigns import kept_review, reviewing, tasks
from campaigns.kept_review import is_current
from campaigns.models import AdVariant, Campaign, DraftReview, Placement, Rule
from campaigns.reviewing import LOST, PATIENCE, Step, ask, look, look_now, next_step
from tests.drafts import review

NOW = datetime(2026, 5, 1, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def queue(monkeypatch) -> list[int]:
    """The sites whose review a worker was asked for; none works."""
    asked: list[int] = []
    monkeypatch.setattr(tasks.review_draft, "delay", asked.append)
    return asked


@pytest.fixture
def edit(drafted, django_capture_on_commit_callbacks):
    """Saves something of the draft, and commits."""

    def run() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            rule = Rule.objects.get(name="Coupon")
            rule.priority += 1
            rule.save()

    return run


@pytest.mark.parametrize(
    ("asked_at", "begun_at", "step"),
    [
        (None, None, Step.ASK),
        (NOW, None, Step.WAIT),
        (NOW - PATIENCE + MOMENT, None, Step.WAIT),
        (NOW - PATIENCE, None, Step.HERE),
        (NOW - 10 * LOST, None, Step.HERE),
        (None, NOW - LOST + MOMENT, Step.WAIT),
        (NOW - PATIENCE, NOW - LOST + MOMENT, Step.WAIT),
        (None, NOW - LOST, Step.ASK),
        (NOW - PATIENCE, NOW - LOST, Step.HERE),
    ],
)
def test_the_next_step(asked_at, begun_at, step):
    assert next_step(asked_at, begun_at, NOW) is step


def test_many_edits_in_a_row_ask_for_one_review(drafted, edit, queue):
    look(drafted)

    for _ in range(3):
        edit()

    assert queue == [drafted.pk]


def test_an_edit_after_the_worker_has_begun_asks_again(drafted, edit, queue, monkeypatch):
    """It may come too late for the review that is being made."""
    look(drafted)
    edit()
    keep = kept_review.keep
    monkeypatch.setattr(kept_review, "keep", lambda site: (keep(site), edit()))

    kept_review.refresh(drafted.pk)

    assert queue == [drafted.pk, drafted.pk]
    assert not is_current(DraftReview.objects.get())


def test_a_worker_that_is_asked_twice_reviews_once(drafted, edit):
    look(drafted)
    edit()
    made = DraftReview.objects.get().made_at

    tasks.review_draft(drafted.pk)

    assert DraftReview.objects.get().made_at == made


def test_a_lost_task_is_asked_for_again(drafted, edit, queue):
    look(drafted)
    edit()
    DraftReview.objects.update(asked_at=timezone.now() - LOST)

    edit()

    assert queue == [drafted.pk, drafted.pk]


def test_whoever_looks_meanwhile_sees_the_old_review_marked_as_such(drafted, edit, queue):
    old = look(drafted)
    edit()

    seen = look(drafted)

    assert not seen.is_current
    assert (seen.review, seen.made_at) == (old.review, old.made_at)


def test_where_nobody_works_whoever_looks_reviews(drafted, edit, queue):
    look(drafted)
    edit()
    DraftReview.objects.update(asked_at=timezone.now() - PATIENCE)

    assert look(drafted).review == review(drafted)
    edit()
    seen = look(drafted)  # at once: nobody has begun since

    assert seen.is_current
    assert seen.review == review(drafted)
    assert queue == [drafted.pk]


def test_where_nobody_can_be_asked_whoever_looks_reviews(drafted, monkeypatch):
    def refuse(site):
        raise OperationalError

    monkeypatch.setattr(tasks.review_draft, "delay", refuse)
    look(drafted)
    Rule.objects.update(priority=3)

    seen = look(drafted)

    assert seen.is_current
    assert seen.review == review(drafted)


def test_a_look_asks_for_what_nobody_told_of(drafted, queue):
    look(drafted)
    Rule.objects.update(priority=3)

    assert not look(drafted).is_current
    assert queue == [drafted.pk]


def test_programs_never_see_an_old_review(drafted, edit, queue):
    look(drafted)
    edit()

    assert look_now(drafted).review == review(drafted)


def test_a_true_review_is_read_not_made(drafted, django_assert_num_queries):
    made = look(drafted).made_at

    with django_assert_num_queries(3):
        assert look(drafted).made_at == made


def test_a_site_that_nobody_has_looked_at_waits(drafted, edit, queue):
    edit()

    assert queue == []
    assert ask(drafted.pk)


@pytest.mark.parametrize(
    "write",
    [
        lambda site: AdVariant.objects.get(key="offer").save(),
        lambda site: Placement.objects.get().save(),
        lambda site: Campaign.objects.get().save(),
        lambda site: Rule.objects.filter(name="Coupon").delete(),
        lambda site: site.segments.get().save(),
        lambda site: site.items.create(key="p", name="P", category="C", price_minor=1, url="/p"),
        lambda site: site.model_versions.create(number=1),
        lambda site: site.releases.create(number=1),
    ],
)
def test_what_is_saved_or_deleted_asks_for_a_review(drafted, queue, write, django_capture_on_commit_callbacks):
    look(drafted)

    with django_capture_on_commit_callbacks(execute=True):
        write(drafted)

    assert queue == [drafted.pk]


def test_an_edit_is_kept_though_no_worker_can_be_asked(drafted, edit, monkeypatch):
    look(drafted)
    monkeypatch.setattr(reviewing, "ask", lambda site: 1 / 0)

    edit()

    assert Rule.objects.get(name="Coupon").priority == 501
