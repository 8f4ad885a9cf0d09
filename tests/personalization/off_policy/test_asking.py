"""One question of a site at a time is worked at; whatever becomes of its worker, the question says how it stands."""

from datetime import timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from campaigns.models import Arm, Treatment
from personalization import tasks
from personalization.models import PolicyEvaluation
from personalization.off_policy import working
from personalization.off_policy.asking import NO_BROKER, ask, under_way
from personalization.off_policy.tables import LOST_AFTER
from personalization.off_policy.working import work
from sites.pages.history import Actor, changes_of

pytestmark = pytest.mark.django_db
TARGET = {"kind": "arm", "arm": "a"}


@pytest.fixture
def treatment(site):
    row = Treatment.objects.create(site=site, key="offers", name="Offers")
    Arm.objects.create(treatment=row, key="a")
    return row


@pytest.fixture
def asked(treatment, editor):
    return ask(treatment, Actor(editor), target=TARGET, reward="click", days=7)


def age(row, by: timedelta) -> None:
    PolicyEvaluation.objects.filter(pk=row.pk).update(seen_at=timezone.now() - by)
    row.refresh_from_db()


def test_it_is_signed_and_waits_for_a_worker(asked, editor):
    assert (asked.state, asked.asked_by) == ("waiting", editor)
    assert [change.words for change in changes_of(asked)] == ["Asked: always a, on 7 days."]


def test_a_site_has_one_at_a_time(treatment, asked):
    assert ask(treatment, Actor(None), target=TARGET, reward="click", days=7) is None
    assert under_way(treatment.site, timezone.now()) == asked


def test_the_answer_is_kept(asked, monkeypatch):
    def answer(treatment, target, reward, since, until, progress):
        progress(0.4)
        assert PolicyEvaluation.objects.get().progress == 40
        assert (until - since, reward) == (timedelta(days=7), "click")
        return {"verdict": "better"}

    monkeypatch.setattr(working, "evaluation_of", answer)
    tasks.evaluate_policy.delay(asked.pk)

    asked.refresh_from_db()
    assert (asked.state, asked.progress, asked.result) == ("done", 100, {"verdict": "better"})
    assert asked.finished_at and not under_way(asked.site, timezone.now())


def test_nothing_to_go_by_is_said(asked):
    work(asked.pk)

    asked.refresh_from_db()
    assert (asked.state, asked.message[:16]) == ("failed", "Nobody took part")


def test_an_error_is_logged_and_said(asked, monkeypatch, caplog):
    monkeypatch.setattr(working, "evaluation_of", lambda *_: 1 / 0)
    work(asked.pk)

    asked.refresh_from_db()
    assert (asked.state, asked.message) == ("failed", working.BROKEN)
    assert "ZeroDivisionError" in caplog.text


def test_a_killed_worker_is_told_and_another_one_can_be_asked(treatment, asked, monkeypatch):
    def killed(*_):
        raise SystemExit

    monkeypatch.setattr(working, "evaluation_of", killed)
    with pytest.raises(SystemExit):
        work(asked.pk)
    asked.refresh_from_db()
    assert asked.state == "running" and asked.is_under_way(timezone.now())

    age(asked, LOST_AFTER + timedelta(seconds=1))
    assert asked.is_lost(timezone.now())
    assert ask(treatment, Actor(None), target=TARGET, reward="click", days=7)


def test_delivered_again_it_is_taken_up_once_more_and_then_given_up(asked, monkeypatch):
    runs = []

    def killed(*_):
        runs.append(1)
        raise SystemExit

    monkeypatch.setattr(working, "evaluation_of", killed)
    with pytest.raises(SystemExit):
        work(asked.pk)
    work(asked.pk)  # another worker, which was told it twice
    with pytest.raises(SystemExit):
        work(asked.pk, is_again=True)
    work(asked.pk, is_again=True)

    asked.refresh_from_db()
    assert (len(runs), asked.state, asked.message) == (2, "failed", working.KILLED)


def test_without_a_broker_it_has_failed(treatment, monkeypatch, django_capture_on_commit_callbacks):
    def refuse(_):
        raise OperationalError

    monkeypatch.setattr(tasks.evaluate_policy, "delay", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        row = ask(treatment, Actor(None), target=TARGET, reward="click", days=7)

    row.refresh_from_db()
    assert (row.state, row.message) == ("failed", NO_BROKER)
