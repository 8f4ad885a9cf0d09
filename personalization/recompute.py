"""Why did this visitor get that? A stored decision made again, from the release, the profile and the context that it
was made from."""

from dataclasses import dataclass

import msgspec

from campaigns import kept_releases
from campaigns.release import FrozenRelease
from personalization import explain
from personalization.decide import Decision as Made
from personalization.decide import decide
from personalization.models import Decision
from personalization.reasons import Detail
from personalization.situation import Circumstances, Situation
from segments.profile import Profile, fold
from sites.models import Site
from sites.times import ms_of
from tracking.event_table import history


@dataclass(frozen=True)
class Repeated:
    """`made` is None where the past is gone; `missing` says what of it."""

    made: Made | None
    sentences: list[str]
    missing: str = ""
    agrees: bool = False  # the same variant by the same rule, and the same arm by the same chance


def recompute(site: Site, row: Decision) -> Repeated:
    """Folds the visitor's events up to the decision again; costs two queries."""
    release = kept_releases.of_version(site, row.release)
    if release is None:
        return Repeated(None, [], "The release that decided is no longer kept.")
    profile = profile_at(row)
    if profile is None:
        return Repeated(
            None,
            [],
            "Not all events up to this decision are stored, so the profile of that moment cannot be made again.",
        )
    made = _decide(release, profile, row)
    if made is None:
        return Repeated(None, [], "That release has no such placement.")
    variant = release.variants[made.variant].key if made.variant >= 0 else ""
    rule, arm = made.rule.id if made.rule else 0, made.choice.arm if made.choice else ""
    agrees = (variant, rule, arm, made.propensity) == (row.variant, row.rule_id, row.arm, row.propensity)
    return Repeated(made, explain.sentences(made, release), agrees=agrees)


def profile_at(row: Decision) -> Profile | None:
    profile = Profile()
    for event in history(row.visitor_id.hex, row.seq):
        fold(profile, event)
    return profile if profile.seq == row.seq else None


def situation_of(row: Decision, release: FrozenRelease, profile: Profile) -> tuple[Situation, list[str]]:
    """What was looked at then, and the placements of the whole page: no creative stands on it twice. Those that nobody
    made are not kept among them, but for the row's own."""
    kept = msgspec.convert(row.context, Circumstances)
    situation = Situation(
        release,
        profile,
        row.visitor_id.hex,
        kept.consent,
        kept.context,
        ms_of(row.at),
        kept.day,
        kept.shown,
        kept.is_readable,
    )
    return situation, [*kept.placements, row.placement]


def _decide(release: FrozenRelease, profile: Profile, row: Decision) -> Made | None:
    situation, placements = situation_of(row, release, profile)
    preview = row.variant if row.detail == Detail.PREVIEW else None
    made = decide(situation, placements, trace=True, preview=preview)
    return next((decision for decision in made if decision.placement == row.placement), None)
