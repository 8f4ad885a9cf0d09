"""Who asks what another policy would have brought? One question at a time for a site, so that two do not halve each
other's speed; a worker answers it (`personalization.off_policy.working`)."""

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from campaigns.models import Treatment
from personalization.off_policy.tables import LOST_AFTER, UNDER_WAY, PolicyEvaluation
from personalization.off_policy.wording import words_for
from personalization.off_policy.working import finish
from personalization.tasks import evaluate_policy
from sites.locks import lock_site
from sites.models import Site
from sites.pages.history import Actor, record

NO_BROKER = "No worker could be asked, because Redis does not answer."


@transaction.atomic
def ask(treatment: Treatment, by: Actor, *, target: dict[str, Any], reward: str, days: int) -> PolicyEvaluation | None:
    """One that a worker takes up soon; None where one of the site is under way. Expects a target without faults."""
    lock_site(treatment.site)  # two who ask at once take turns here
    if under_way(treatment.site, timezone.now()):
        return None
    row = PolicyEvaluation.objects.create(
        site=treatment.site,
        treatment=treatment,
        target=target,
        reward=reward,
        days=days,
        asked_by=by.user if isinstance(by.user, User) else None,
        asked_through=by.through[:200],
    )
    record(by, row, f"Asked: {words_for(target)}, on {days} days.", created=True)
    transaction.on_commit(partial(_hand_over, row))
    return row


def under_way(site: Site, now: datetime) -> PolicyEvaluation | None:
    return PolicyEvaluation.objects.filter(site=site, state__in=UNDER_WAY, seen_at__gte=now - LOST_AFTER).first()


def _hand_over(row: PolicyEvaluation) -> None:
    try:
        evaluate_policy.delay(row.pk)
    except OperationalError:
        finish(row.pk, PolicyEvaluation.State.FAILED, message=NO_BROKER)
