"""Who reviews a draft, and when? A worker, after each edit; whoever looks, where no worker takes it up.

Pages show the kept review at once, with its age, and look again while a newer one is made. Publishing never relies on
it: it looks at the draft itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from operator import attrgetter
from typing import Any

from django.db import transaction
from django.db.models import Model, Q
from django.db.models.signals import post_delete, post_save
from django.utils import timezone
from kombu.exceptions import OperationalError

from campaigns import kept_review, tasks
from campaigns.drafts import TABLES
from campaigns.kept_review import LOST
from campaigns.models import DraftReview, Release
from campaigns.review import Review
from sites.models import Site

PATIENCE = timedelta(seconds=5)  # with a worker that was asked and has not begun


@dataclass(frozen=True)
class Look:
    """A review, when it was made, and whether it is that of the draft as it is."""

    review: Review
    made_at: datetime
    took_ms: int
    is_current: bool


class Step(Enum):
    """What to do about a review that is no longer true."""

    ASK = "ask a worker"
    WAIT = "somebody is at it"
    HERE = "nobody takes it up: make it here"


def next_step(asked_at: datetime | None, begun_at: datetime | None, now: datetime) -> Step:
    if begun_at and now - begun_at < LOST:
        return Step.WAIT
    if asked_at is None:
        return Step.ASK
    return Step.WAIT if now - asked_at < PATIENCE else Step.HERE


def look(site: Site) -> Look:
    """The kept review, at once. Where it is no longer true, a newer one is on its way, unless nobody takes it up for
    `PATIENCE`; then it is made here, and so is the first of a site. Three queries, where it is true."""
    kept = DraftReview.objects.filter(site=site).first()
    if kept is None:
        return _look(kept_review.keep(site), is_current=True)
    if kept_review.is_current(kept):
        return _look(kept, is_current=True)
    step = next_step(kept.asked_at, kept.begun_at, timezone.now())
    if step is Step.ASK and ask(site.pk):
        kept.refresh_from_db()  # by a worker in this process, where tasks are run at once
        return _look(kept, is_current=kept_review.is_current(kept))
    if step is Step.WAIT:
        return _look(kept, is_current=False)
    return _look(kept_review.keep(site), is_current=True)


def look_now(site: Site) -> Look:
    """The review of the draft as it is: the kept one where it is true, else made here, however long that takes. For
    programs, which do not look again."""
    kept = DraftReview.objects.filter(site=site).first()
    if kept is None or not kept_review.is_current(kept):
        kept = kept_review.keep(site)
    return _look(kept, is_current=True)


def ask(site_id: int) -> bool:
    """Asks a worker for a review, unless one was asked for that has not begun: of many edits in a row, the first asks.
    False where nobody can be asked. A site that nobody has looked at yet waits for that, or for beat."""
    now = timezone.now()
    unasked = Q(asked_at=None) | Q(asked_at__lt=now - LOST)
    # Two edits at once: the database lets one of them change the row, and the other finds it changed.
    if not DraftReview.objects.filter(unasked, site=site_id).update(asked_at=now):
        return True
    try:
        tasks.review_draft.delay(site_id)
    except OperationalError:
        return False
    return True


def listen() -> None:
    """Asks for a review whenever a row of a draft, or a release, is saved or deleted. Called once, when the apps are
    ready.

    Only what makes reviews early depends on it. A write that sends no signal (`update`, `bulk_create`, SQL) is seen in
    the rows by whoever looks next, and by beat.
    """
    tables: dict[type[Model], str] = {**TABLES, Release: "site_id"}
    for table, path in tables.items():
        changed = partial(_ask_review, attrgetter(path.replace("__", ".")))
        for signal in (post_save, post_delete):
            signal.connect(changed, sender=table, weak=False, dispatch_uid="segue.reviews")


def _ask_review(site_of: Callable[[Any], int], instance: Model, **_signal: Any) -> None:
    site = site_of(instance)
    # Robust: the edit is kept though no broker may answer. A function, for Django logs its name where it fails.
    transaction.on_commit(lambda: ask(site), robust=True)


def _look(kept: DraftReview, *, is_current: bool) -> Look:
    return Look(kept_review.review_of(kept), kept.made_at, kept.took_ms, is_current)
