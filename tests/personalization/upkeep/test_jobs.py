"""When did the work that runs by itself last end, and is it late?"""

from datetime import timedelta

import pytest
import redis
from celery.signals import task_postrun, task_prerun
from django.conf import settings
from django.utils import timezone

from campaigns.tasks import keep_drafts_reviewed
from personalization.upkeep import jobs


@pytest.fixture
def told(redis_client):
    def of(title: str, **later):
        return next(job for job in jobs.jobs(timezone.now() + timedelta(**later)) if job.title == title)

    return of


def test_nothing_is_said_of_what_was_not_seen(told):
    job = told("Reviews of drafts")

    assert (job.ended_at, job.is_late, job.has_failed, job.every) == (None, False, False, "1 min")


def test_a_run_is_noted_with_its_time(db, told):
    keep_drafts_reviewed.delay()

    job = told("Reviews of drafts")

    assert timezone.now() - job.ended_at < timedelta(minutes=1)
    assert not job.has_failed


@pytest.mark.parametrize(("minutes", "late"), [(1, False), (3, False), (6, True)])
def test_a_job_is_late_after_twice_its_pace(db, told, minutes, late):
    keep_drafts_reviewed.delay()

    assert told("Reviews of drafts", minutes=minutes).is_late is late


def test_a_failure_is_told(told):
    jobs.begin("x")
    jobs.end("x", "campaigns.tasks.keep_drafts_reviewed", "FAILURE")

    assert told("Reviews of drafts").has_failed


def test_work_goes_on_where_redis_is_away(monkeypatch):
    def silent(*_args, **_named):
        raise redis.ConnectionError("away")

    monkeypatch.setattr("redis.Redis.hset", silent)

    jobs.end("x", "some.task", "SUCCESS")


def test_words_are_of_jobs_that_are_there():
    assert set(jobs.WORDS) <= set(settings.CELERY_BEAT_SCHEDULE)


def test_workers_are_listened_to():
    assert task_prerun.receivers and task_postrun.receivers
