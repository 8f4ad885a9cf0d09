"""Who waits for whom? Somebody who may not publish asks for a campaign to be launched; somebody who may launches it, or
sends it back with a word. Each verb is one transaction, with its entry in the change log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from campaigns.composing import CAMPAIGN, thing
from campaigns.drafts import read_draft
from campaigns.models import ApprovalRequest, Campaign, Release
from campaigns.offers import digest_of
from campaigns.publish import ANYTHING, NothingToShow, Seen, launch
from sites.locks import lock, lock_site
from sites.models import Site
from sites.pages.history import By, actor, record
from sites.times import ms_of

MAY_PUBLISH = "campaigns.publish_release"
OPEN = Q(outcome="")


class NotWaiting(Exception):
    """Nobody waits for an answer any more: somebody else has given it, or it was withdrawn."""


@dataclass(frozen=True)
class Waiting:
    """A request that is open, and whether the campaign is still drafted as it was then."""

    request: ApprovalRequest
    is_edited: bool


def publishers() -> list[User]:
    """Those who may publish and log in, by name."""
    found = User.objects.with_perm(MAY_PUBLISH, backend="django.contrib.auth.backends.ModelBackend")
    return list(found.filter(is_staff=True).order_by("username"))


def waiting_in(site: Site, campaign: Campaign | None = None) -> list[Waiting]:
    """The oldest first. One query where nobody waits; else the draft is read."""
    found = ApprovalRequest.objects.filter(OPEN, campaign__site=site).select_related("campaign", "asked_by")
    if campaign:
        found = found.filter(campaign=campaign)
    digests = digests_of(site, [request.campaign_id for request in found], timezone.now())
    return [Waiting(request, digests[request.campaign_id] != request.digest) for request in found]


def answered(campaign: Campaign) -> ApprovalRequest | None:
    """The latest answer, where nobody has asked again since."""
    latest = campaign.approval_requests.select_related("asked_by", "answered_by").order_by("-asked_at", "-id").first()
    return latest if latest and latest.outcome == ApprovalRequest.Outcome.SENT_BACK else None


@transaction.atomic
def ask(campaign: Campaign, by: By, note: str = "") -> ApprovalRequest:
    """Asking again takes the place of what was asked before. Raises `NothingToShow`."""
    row = lock(Campaign.objects.select_related("site")).get(pk=campaign.pk)
    if row.status == Campaign.Status.ARCHIVED or not row.rules.filter(enabled=True).exists():
        raise NothingToShow(f"“{row}” has no rule that is switched on, so there is nothing to approve.")
    row.approval_requests.filter(OPEN).update(outcome=ApprovalRequest.Outcome.WITHDRAWN, answered_at=timezone.now())
    request = ApprovalRequest.objects.create(
        campaign=row,
        asked_by=_user(by),
        note=note,
        digest=digests_of(row.site, [row.pk], timezone.now())[row.pk],
    )
    record(by, row, f"Asked for approval: {note}" if note else "Asked for approval.")
    return request


@transaction.atomic
def withdraw(campaign: Campaign, by: By) -> None:
    """Raises `NotWaiting`."""
    _answer(_open(campaign), ApprovalRequest.Outcome.WITHDRAWN, by, "")
    record(by, campaign, "Asks for approval no more.")


@transaction.atomic
def approve(campaign: Campaign, by: By, note: str = "", seen: Seen = ANYTHING) -> Release:
    """Launches it as it is drafted now. Raises `NotWaiting`, and what `launch` raises."""
    lock_site(campaign.site)  # before the request, as whoever publishes locks them
    _open(campaign)
    return launch(campaign, by, note, seen)


@transaction.atomic
def send_back(campaign: Campaign, by: By, answer: str = "") -> ApprovalRequest:
    """Raises `NotWaiting`."""
    request = _open(campaign)
    _answer(request, ApprovalRequest.Outcome.SENT_BACK, by, answer)
    record(by, campaign, f"Sent back: {answer}" if answer else "Sent back.")
    return request


def _open(campaign: Campaign) -> ApprovalRequest:
    request = lock(campaign.approval_requests.filter(OPEN)).first()
    if request is None:
        raise NotWaiting(f"Nobody waits for approval of “{campaign}” any more.")
    return request


def _answer(request: ApprovalRequest, outcome: str, by: By, answer: str) -> None:
    request.outcome, request.answer = outcome, answer
    request.answered_by, request.answered_at = _user(by), timezone.now()
    request.save()


def _user(by: By) -> User | None:
    user: AbstractBaseUser | None = actor(by).user
    return user if isinstance(user, User) else None


def seen_as(campaign: Campaign, digest: str) -> Seen:
    """By somebody who looked at it when `digests_of` told this; empty: they take whatever there is."""
    return Seen(digests={thing(CAMPAIGN, campaign.pk): digest}) if digest else ANYTHING


def digests_of(site: Site, campaigns: Iterable[int], now: datetime) -> dict[int, str]:
    """Of each campaign as it is drafted, with its rules and all that they use (`campaigns.offers.digest_of`)."""
    wanted = set(campaigns)
    if not wanted:
        return {}
    draft = read_draft(site, Q(pk__in=wanted), with_items=False)
    return {pk: digest_of(draft, thing(CAMPAIGN, pk), ms_of(now)) for pk in wanted}
