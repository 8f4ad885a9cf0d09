"""How does a draft become a release? Validated and composed while the site's row is locked, so two publishers take
turns; recorded in the audit log, whoever asks for it. Rolling back is publishing an old release, stopping is publishing
what visitors see without something. `campaigns.golive` takes it from there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import msgspec
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from campaigns import golive, holds, tasks
from campaigns.changes import changes
from campaigns.composing import CAMPAIGN, Thing, campaigns_in, thing, without
from campaigns.drafts import read_draft
from campaigns.models import ApprovalRequest, Campaign, Release, Rule
from campaigns.offers import digest_of
from campaigns.parts import apart, together
from campaigns.problems import Problem
from campaigns.release import Source, version_of
from campaigns.review import OFFERED, Examined, examine, head_of
from sites.editing import set_value
from sites.locks import lock, lock_site
from sites.models import Site
from sites.pages.history import Actor, By, actor, record
from sites.times import now_ms


class PublishError(Exception):
    """Base of what a publisher is told."""


class Refused(PublishError):
    """The draft has errors; trying again helps once they are gone."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems if problem.is_error))
        self.problems = problems


class NothingToPublish(PublishError):
    """The draft is what visitors see already, or is on its way to them."""


class NotSeen(PublishError):
    """Visitors do not see what is to be stopped."""


class NothingToShow(PublishError):
    """What is to be launched has nothing that visitors could see."""


class Unpublishable(PublishError):
    """The release asked for does not exist or never compiled."""


class Outdated(PublishError):
    """What would go live, or what it would replace, is not what the publisher looked at; looking again helps."""


@dataclass(frozen=True)
class Seen:
    """What a publisher looked at before they pressed; None: whatever there is."""

    version: str | None = None  # of the draft, as `Review` has it
    live: int | None = None  # number of the live release, 0 for none
    digests: Mapping[Thing, str] = field(default_factory=dict)  # of what may be chosen, as each `Offer` has it


ANYTHING = Seen()


@transaction.atomic
def publish(
    site: Site, by: By, note: str = "", seen: Seen = Seen(), chosen: Collection[Thing] | None = None
) -> Release:
    """Composes what is chosen of the draft with what visitors see, and sends it on its way; the answer is a release
    that compiles. Campaigns that are chosen and were never launched are launched. Without a choice, all that is
    launched goes out, and nothing that is held. Looks at the draft itself, at no kept review. Raises `Refused`,
    `NothingToPublish` and `Outdated`."""
    # Two who publish at once: the second finds the first one's release, which has the same content, and is told so.
    lock_site(site)
    now = now_ms()
    if chosen is not None:
        _must_be_as_seen(site, chosen, seen, now)
        _launch_new(site, chosen, by)
    examined = examine(site, now, chosen)
    if examined.source is None:
        raise Refused(examined.problems)
    if chosen is None and seen.version not in (None, examined.version):
        _must_replace(site, seen.live)  # which says more
        raise Outdated("The draft has changed since you looked at it.")
    _must_be_new(site, examined.source)
    _must_replace(site, seen.live)
    holds.release(site, chosen or (), examined.source)
    release = _start(site, examined.source, actor(by), note, things=sorted(examined.chosen))
    _approve_asked(examined, by)
    record(by, release, "Published." if chosen is None else "Published what was chosen.", created=True)
    return release


@transaction.atomic
def launch(campaign: Campaign, by: By, note: str = "", seen: Seen = Seen()) -> Release:
    """Lets visitors see the campaign as it is drafted, with what it uses, and publishes nothing else. Also what was
    paused, stopped or held, and the changes of what is live. `seen` may have the digest of what somebody looked at.
    Raises what `publish` raises, and `NothingToShow`."""
    lock_site(campaign.site)
    row = lock(Campaign.objects.select_related("site")).get(pk=campaign.pk)
    if row.status == Campaign.Status.ARCHIVED:
        raise NothingToShow(f"“{row}” is archived. Bring it back first.")
    if not row.rules.filter(enabled=True).exists():
        raise NothingToShow(f"“{row}” has no rule that is switched on, so there is nothing to show.")
    if row.status != Campaign.Status.LIVE:
        _set_launched(row, by)
    return publish(row.site, by, note or f"Launched “{row}”"[:200], seen, chosen={thing(CAMPAIGN, row.pk)})


@transaction.atomic
def stop(row: Campaign | Rule, by: By) -> Release:
    """Takes a campaign or a rule away from visitors, now, whatever else is drafted: nothing else of what they see
    changes. It stays away until it is launched again, or the rule resumed and published. Compiled here, once the
    transaction is committed, for no worker may be free. Raises `NotSeen`."""
    site = row.site if isinstance(row, Campaign) else row.campaign.site
    lock_site(site)
    head = head_of(site)
    owned = [
        part.rule.id
        for part in head.rules.values()
        if (part.rule.campaign_id if isinstance(row, Campaign) else part.rule.id) == row.pk
    ]
    if not owned:
        raise NotSeen(f"Visitors do not see “{row}”, so there is nothing to stop.")
    _remember_stopped(row, by)
    release = _start(site, together(without(head, rules=owned)), actor(by), f"Stopped “{row}”"[:200], stops=True)
    record(by, release, f"Stopped “{row}”.", created=True)
    return release


@transaction.atomic
def roll_back(site: Site, number: int, by: By, seen: Seen = Seen()) -> Release:
    """Publishes an old release again, under a new number; drafts stay as they are, and what it takes back is held.
    Raises `Unpublishable`, `NothingToPublish` and `Outdated`."""
    lock_site(site)
    old = Release.objects.filter(
        site=site, number=number, status=Release.Status.SUPERSEDED, live_at__isnull=False
    ).first()
    if old is None:
        raise Unpublishable(f"Release {number} was never live, or is live now.")
    source = old.content()
    _must_be_new(site, source)
    _must_replace(site, seen.live)
    before = head_of(site)
    release = _start(site, source, actor(by), f"Rolled back to release {number}", rolled_back_to=old)
    holds.hold(release, before, apart(source))
    record(by, release, f"Rolled back to {old}.", created=True)
    return release


def _approve_asked(examined: Examined, by: By) -> None:
    """What somebody waited for is on its way to visitors now, whoever pressed which button."""
    user = actor(by).user
    going = {row.id for row in examined.source.campaigns} if examined.source else set()
    asked = ApprovalRequest.objects.filter(campaign__in=going & campaigns_in(examined.chosen), outcome="")
    asked.update(
        outcome=ApprovalRequest.Outcome.APPROVED, answered_by_id=user.pk if user else None, answered_at=timezone.now()
    )


def _must_be_as_seen(site: Site, chosen: Collection[Thing], seen: Seen, now: int) -> None:
    looked_at = {name for name in chosen if name in seen.digests}
    if not looked_at:
        return
    draft = read_draft(site, OFFERED)
    changed = sorted(name for name in looked_at if digest_of(draft, name, now) != seen.digests[name])
    if changed:
        names = {pk: str(row) for pk, row in draft.campaigns.items()}
        told = [f"“{names.get(pk, pk)}”" for pk in sorted(campaigns_in(changed))] or ["What you chose"]
        raise Outdated(f"{', '.join(told)} changed since you looked.")


def _launch_new(site: Site, chosen: Collection[Thing], by: By) -> None:
    new = Campaign.objects.filter(site=site, pk__in=campaigns_in(chosen), status=Campaign.Status.DRAFT)
    for row in lock(new):
        _set_launched(row, by)


def _set_launched(row: Campaign, by: By) -> None:
    set_value(row, "status", Campaign.Status.LIVE, actor(by), "Launched.")


def _remember_stopped(row: Campaign | Rule, by: By) -> None:
    """In the draft, so that nobody's next publication brings it back."""
    if isinstance(row, Rule):
        set_value(row, "enabled", False, actor(by), "Stopped: visitors see it no more.")
    elif row.status == Campaign.Status.ARCHIVED:
        record(by, row, "Stopped: visitors see it no more.")
    else:
        set_value(row, "status", Campaign.Status.PAUSED, actor(by), "Stopped: visitors see it no more.")


def _must_be_new(site: Site, source: Source) -> None:
    latest = Release.objects.filter(site=site, status__in=[*Release.PENDING, Release.Status.LIVE]).first()
    if latest and latest.version == version_of(source):
        raise NothingToPublish(f"Release {latest.number} has the same content already.")


def _must_replace(site: Site, number: int | None) -> None:
    """The live release, by its number."""
    if number is None:
        return
    live = Release.objects.filter(site=site, status=Release.Status.LIVE).values_list("number", flat=True).first()
    if number == (live or 0):
        return
    if live:
        raise Outdated(f"Visitors have been seeing release {live} since you looked.")
    raise Outdated("Visitors see no release any more.")


def _start(
    site: Site,
    source: Source,
    by: Actor,
    note: str,
    rolled_back_to: Release | None = None,
    *,
    stops: bool = False,
    things: Collection[Thing] = (),
) -> Release:
    live = Release.objects.live(site)
    release = Release.objects.create(
        site=site,
        # No two get one number: the site is locked.
        number=(Release.objects.filter(site=site).aggregate(last=Max("number"))["last"] or 0) + 1,
        version=version_of(source),
        source=msgspec.to_builtins(source),
        window_days=max((goal.window_days for goal in source.goals), default=0),
        changes=changes(live.content() if live else None, source),
        note=note,
        stops=stops,
        things=list(things),
        published_by_id=by.user.pk if by.user else None,
        rolled_back_to=rolled_back_to,
    )
    begin = golive.compile_release if stops else tasks.compile_release.delay
    # Robust: the release is recorded though no broker may answer; `golive.resume` takes it up then.
    transaction.on_commit(lambda: begin(release.pk), robust=True)
    return release
