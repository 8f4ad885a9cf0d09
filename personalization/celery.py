"""The Celery application: retraining, publishing, archiving and other work that no request waits for."""

import os
from signal import SIGKILL
from typing import Any

from celery import Celery
from celery.signals import beat_init, celeryd_init, task_postrun, task_prerun, worker_process_init

from .embedded.private import OWN_EYES
from .embedded.process import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "personalization.settings")

app = Celery("segue")
# pages run in threads, where the current app is unknown and tasks would go to one without our settings
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_init.connect
@beat_init.connect
def _write_for_own_eyes(**_: Any) -> None:
    """As `manage.py` does: what Celery starts is not a child of it everywhere."""
    os.umask(OWN_EYES)


@worker_process_init.connect
def _die_with_worker(**_: Any) -> None:
    """A killed worker must not leave processes that go on working; its tasks are delivered again."""
    die_with_parent(SIGKILL)


@task_prerun.connect
def _begin_job(task_id: str, **_: Any) -> None:
    from .upkeep import jobs  # needs the settings, which need this module

    jobs.begin(task_id)


@task_postrun.connect
def _end_job(task_id: str, task: Any, state: str, **_: Any) -> None:
    from .upkeep import jobs

    jobs.end(task_id, task.name, state)
