"""The Celery application: retraining, publishing, archiving and other work that no request waits for."""

import os
from signal import SIGKILL
from typing import Any

from celery import Celery
from celery.signals import beat_init, celeryd_init, worker_process_init

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
