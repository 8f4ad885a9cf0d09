"""Background work: each task finds a queue that some worker takes from, and what takes minutes holds up nothing
else."""

import pytest
from django.conf import settings

from personalization.celery import app
from personalization.management.commands.up import _background

LONG = {
    *("segments.tasks.train_clusters", "tracking.tasks.archive_hours", "tracking.tasks.drop_expired"),
    *("personalization.tasks.evaluate_policy", "personalization.tasks.rebuild_experiment"),
}


def queue_of(name: str) -> str:
    return app.amqp.router.route({}, name)["queue"].name


@pytest.fixture(scope="module", autouse=True)
def tasks():
    app.loader.import_default_modules()
    return {name for name in app.tasks if not name.startswith("celery.")}


def test_what_takes_minutes_stands_in_a_queue_of_its_own(tasks):
    assert {name for name in tasks if queue_of(name) == "long"} == LONG


def test_every_scheduled_task_is_there(tasks):
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= tasks


def test_up_starts_a_worker_for_every_queue(tasks):
    served = {
        program.command[program.command.index("--queues") + 1]
        for program in _background()
        if "--queues" in program.command
    }

    assert served == {queue_of(name) for name in tasks}
