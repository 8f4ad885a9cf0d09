"""Why did this visitor get that? A stored decision made again, from the release, the profile and the context that it
was made from."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from operator import attrgetter
from typing import NamedTuple

import msgspec

from campaigns import kept_releases
from campaigns.release import FrozenRelease
from campaigns.treatments.weights import Weights
from personalization import explain
from personalization.bandits import batches
from personalization.decide import Decision as Made
from personalization.decide import decide
from personalization.models import Decision
from personalization.reasons import Detail
from personalization.situation import Circumstances, Situation, ready
from segments.histories import whole
from segments.profile import Profile, fold
from segments.tallies import Rows, recount
from sites.models import Site
from sites.times import ms_of
from tracking.event_table import history

NO_RELEASE = "The release that decided is no longer kept."
NO_EVENTS = "Not all events up to this decision are stored, so the profile of that moment cannot be made again."


@dataclass(frozen=True)
class Repeated:
    """`made` is None where the past is gone; `missing` says what of it."""

    made: Made | None
    sentences: list[str]
    missing: str = ""
    agrees: bool = False  # the same variant by the same rule, and the same arm by the same chance


class Past(NamedTuple):
    """What a stored decision looked at, and the placements of its whole page: no creative stands on it twice.
    `situation` is None where the past is gone; `missing` says what of it."""

    row: Decision
    situation: Situation | None
    placements: list[str]
    missing: str = ""


def recompute(site: Site, row: Decision) -> Repeated:
    """Folds the visitor's events up to the decision again; costs two queries."""
    (past,) = situations_of(site, [row])
    return repeat(past)


def situations_of(site: Site, rows: Iterable[Decision]) -> Iterator[Past]:
    """For decisions of one visitor, in the order in which they were made. One pass over the visitor's events; a query
    for these, and one for each release.

    The profile of a situation goes on to be that of the next: look at each before asking for the next.
    """
    release_of = lru_cache(maxsize=4)(partial(kept_releases.of_version, site))
    for row, profile in _profiles_at(sorted(rows, key=attrgetter("seq", "at"))):
        release = release_of(row.release)
        if release is None:
            yield Past(row, None, [], NO_RELEASE)
        elif profile is None:
            yield Past(row, None, [], NO_EVENTS)
        else:
            yield Past(row, *situation_of(row, release, profile))


def _profiles_at(rows: Sequence[Decision]) -> Iterator[tuple[Decision, Profile | None]]:
    """None where not all events before the decision are stored."""
    if not rows:
        return
    profile = Profile()
    events = history(rows[-1].visitor_id.hex, rows[-1].seq)
    following = next(events, None)
    for row in rows:
        while following is not None and following.seq <= row.seq:
            fold(profile, following)
            following = next(events, None)
        yield row, profile if profile.seq == row.seq else None


def count_again(profile: Profile, rows: Rows, row: Decision) -> None:
    """What its event rows found: which of them the site counted then, only its release says, and who was taken in
    before they were counted is read again. Costs a query where there are such rows, and one for each who was."""
    profile.counted, profile.tallies = "", {}
    if rows.by_key:
        recount(profile, rows, whole(history(row.visitor_id.hex, row.seq), history))


def situation_of(row: Decision, release: FrozenRelease, profile: Profile) -> tuple[Situation, list[str]]:
    """What was looked at then, and the placements of the whole page. Those that nobody made are not kept among them,
    but for the row's own."""
    kept = msgspec.convert(row.context, Circumstances, str_keys=True)
    count_again(profile, release.rows.without(kept.uncounted), row)
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
        kept.used_up,
        kept.forced,
        _weights_of(row, kept, release),
    )
    return situation, [*kept.placements, row.placement]


def _weights_of(row: Decision, kept: Circumstances, release: FrozenRelease) -> dict[int, Weights]:
    """Those that were drawn by then. A query for each bandit that the release had."""
    frozen = {pk: batches.weights_in(pk, version) for pk, version in kept.weights.items()}
    return ready(release, {pk: weights for pk, weights in frozen.items() if weights is not None})


def repeat(past: Past) -> Repeated:
    """Decides again, and says whether it comes to the same."""
    row, situation, placements, missing = past
    if situation is None:
        return Repeated(None, [], missing)
    preview = row.variant if row.detail == Detail.PREVIEW else None
    decisions = decide(situation, placements, trace=True, preview=preview)
    made = next((decision for decision in decisions if decision.placement == row.placement), None)
    if made is None:
        return Repeated(None, [], "That release has no such placement.")
    release = situation.release
    variant = release.variants[made.variant].key if made.variant >= 0 else ""
    rule, arm = made.rule.id if made.rule else 0, made.choice.arm if made.choice else ""
    agrees = (variant, rule, arm, made.propensity) == (row.variant, row.rule_id, row.arm, row.propensity)
    return Repeated(made, explain.sentences(made, release), agrees=agrees)
