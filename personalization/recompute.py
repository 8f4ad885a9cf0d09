"""Why did this visitor get that? A stored decision made again, from the release, the profile and the context that it
was made from."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from campaigns.models import Release as ReleaseRow
from campaigns.release import Release, load
from personalization import explain
from personalization.context import local
from personalization.decide import PREVIEW, decide
from personalization.decide import Decision as Made
from personalization.models import Decision
from segments.attributes import Attributes
from segments.profile import Profile, fold
from sites.models import Site
from tracking import event_rows

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Repeated:
    """`made` is None where the past is gone; `missing` says what of it."""

    made: Made | None
    sentences: list[str]
    missing: str = ""
    agrees: bool = False  # the same variant by the same rule


def recompute(site: Site, row: Decision) -> Repeated:
    """Folds the visitor's events up to the decision again; costs two queries."""
    release = _release(site, row.release)
    if release is None:
        return Repeated(None, [], "The release that decided is no longer kept.")
    profile = profile_at(row)
    if profile is None:
        return Repeated(
            None,
            [],
            "Not all events up to this decision are stored, so the profile of that moment cannot be made again.",
        )
    made = _decide(site, release, profile, row)
    if made is None:
        return Repeated(None, [], "That release has no such placement.")
    variant = release.variants[made.variant].key if made.variant >= 0 else ""
    agrees = (variant, made.rule.id if made.rule else None) == (row.variant, row.rule_id or None)
    return Repeated(made, explain.sentences(made, release), agrees=agrees)


def profile_at(row: Decision) -> Profile | None:
    profile = Profile()
    for event in event_rows.history(row.visitor_id, row.seq):
        fold(profile, event)
    return profile if profile.seq == row.seq else None


def _decide(site: Site, release: Release, profile: Profile, row: Decision) -> Made | None:
    now = (row.at - EPOCH) // timedelta(milliseconds=1)
    day, hour, weekday = local(site.time_zone, now)
    context = {"hour": hour, "weekday": weekday, "day": day} | row.context  # the site's clock may have changed since
    attributes = Attributes(profile, now, context, release.segment_tests, release.models)
    made = decide(
        release,
        profile,
        attributes,
        [
            *context.get("placements", ()),
            row.placement,
        ],  # all of one page: no creative stands on it twice; those that nobody made are not kept
        now,
        context.get("seed", 0),
        day=context["day"],
        trace=True,
        preview=row.variant if row.detail == PREVIEW else None,
        consent=context.get("consent", True),
        shown=context.get("shown", {}),
    )
    return next((decision for decision in made if decision.placement == row.placement), None)


def _release(site: Site, version: str) -> Release | None:
    compiled = (
        ReleaseRow.objects.filter(site=site, version=version)
        .exclude(compiled=b"")
        .values_list("compiled", flat=True)
        .first()
    )
    return load(bytes(compiled)) if compiled else None
