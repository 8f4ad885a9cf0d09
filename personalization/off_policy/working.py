"""Who works at an answer, and how far is it? Progress is stored as it is made, so a page can be left and found again,
and a killed worker is told."""

import logging
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from personalization.off_policy.evaluating import evaluation_of
from personalization.off_policy.tables import UNDER_WAY, PolicyEvaluation
from sites.locks import lock

MOST_ATTEMPTS = 2
BROKEN = "It ended with an error, which stands in the worker's log."
KILLED = "The worker was killed at it twice, perhaps for want of memory. A shorter time takes less."
logger = logging.getLogger(__name__)


def work(pk: int, *, is_again: bool = False) -> None:
    """Answers it. `is_again`: the broker delivers it once more, for the worker that had it was lost."""
    row = _claim(pk, is_again=is_again)
    if row is None:
        return
    try:
        result = evaluation_of(row.treatment, row.target, row.reward, row.since, row.asked_at, partial(_tell, pk))
    except ValueError as reason:
        finish(pk, PolicyEvaluation.State.FAILED, message=str(reason))
    except Exception:
        logger.exception("policy evaluation %s", pk)
        finish(pk, PolicyEvaluation.State.FAILED, message=BROKEN)
    else:
        finish(pk, PolicyEvaluation.State.DONE, result=result, progress=100)


@transaction.atomic
def _claim(pk: int, *, is_again: bool) -> PolicyEvaluation | None:
    """For one worker; None where another has it, or it is over."""
    now = timezone.now()
    row = lock(PolicyEvaluation.objects.select_related("treatment__site")).filter(pk=pk, state__in=UNDER_WAY).first()
    if row is None or (row.state == PolicyEvaluation.State.RUNNING and not (is_again or row.is_lost(now))):
        return None
    if row.attempts >= MOST_ATTEMPTS:
        finish(pk, PolicyEvaluation.State.FAILED, message=KILLED)
        return None
    row.state, row.progress, row.seen_at, row.attempts = PolicyEvaluation.State.RUNNING, 0, now, row.attempts + 1
    row.save(update_fields=["state", "progress", "seen_at", "attempts"])
    return row


def _tell(pk: int, share: float) -> None:
    PolicyEvaluation.objects.filter(pk=pk).update(progress=int(100 * share), seen_at=timezone.now())


def finish(pk: int, state: str, **fields: Any) -> None:
    now = timezone.now()
    PolicyEvaluation.objects.filter(pk=pk).update(state=state, seen_at=now, finished_at=now, **fields)
