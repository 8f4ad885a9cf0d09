"""What does a decision look at? All of it in one frozen value, whoever asks: a request, an open stream, a stored
decision that is made again, a made-up visitor."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import force_setattr

from campaigns.release import FrozenRelease
from campaigns.treatments import Choice, choose
from campaigns.treatments.weights import FrozenWeights, Weights
from personalization.reasons import Detail
from segments.attributes import Attributes
from segments.profile import Profile
from tracking.event import NO_VISITOR

REFUSED = frozenset(("denied", "stored"))  # what a profile remembers of a visitor who is not to be personalised for
NO_COUPONS: frozenset[int] = frozenset()
NOTHING_FORCED: Mapping[int, str] = {}
NO_WEIGHTS: Mapping[int, Weights] = {}
NO_VERSIONS: Mapping[int, int] = {}
NO_SLOTS: Mapping[str, str] = {}
UNREAD = Attributes(Profile(), 0)


class Beside(NamedTuple):
    """What stands beside the release of a site, and changes without one."""

    used_up: frozenset[int] = NO_COUPONS  # ids of coupons of which nothing is left
    weights: Mapping[int, Weights] = NO_WEIGHTS  # of bandits, by treatment
    overrides: Mapping[str, Mapping[int, str]] = {}  # arms by treatment, by the visitor for whom they were set


NOTHING_BESIDE = Beside()


def ready(release: FrozenRelease, frozen: Mapping[int, FrozenWeights]) -> dict[int, Weights]:
    """By treatment, for the arms that the release has."""
    return {
        treatment.id: Weights(frozen[treatment.id], [arm.key for arm in treatment.arms])
        for treatment in release.treatments
        if treatment.kind == "bandit" and treatment.id in frozen
    }


class Situation(msgspec.Struct, frozen=True, gc=False):
    """One visitor at one moment, with the release that decides.

    Profiles are read, never changed. `barred` and `attributes` follow from the rest; they are fields because every
    decision reads them.
    """

    release: FrozenRelease
    profile: Profile
    visitor: str  # 32 hex digits: whose lots are drawn; NO_VISITOR for nobody
    consent: bool  # whether the request allows that the visitor be personalised for
    context: Mapping[str, Any]  # the `context.*` attributes by their names without the prefix
    now: int  # milliseconds since 1970 UTC
    day: int  # local day number in the site's time zone: caps count by it
    shown: Mapping[str, str] = {}  # keys of variants by placement that the page shows in this view
    is_readable: bool = True  # whether the profile could be read; else it is an empty one
    used_up: frozenset[int] = NO_COUPONS  # ids of coupons of which nothing is left
    forced: Mapping[int, str] = NOTHING_FORCED  # arms by treatment that somebody set for this visitor by hand
    weights: Mapping[int, Weights] = NO_WEIGHTS  # of bandits, by treatment: those of the latest batch
    tuned: tuple[tuple[int, Choice], ...] = ()  # of experiments on how Segue works, by treatment: what was drawn
    slots: Mapping[str, str] = NO_SLOTS  # what fills a slot for this visitor instead of what it names
    barred: Detail = Detail.NONE  # why only the request may be looked at; NONE: all may be
    attributes: Attributes = UNREAD  # of which a decision may know; computed one by one, when first asked for

    def __post_init__(self) -> None:
        if not self.consent or self.profile.consent in REFUSED:
            force_setattr(self, "barred", Detail.NO_CONSENT)
        elif not self.is_readable:
            force_setattr(self, "barred", Detail.NO_PROFILE)
        else:
            force_setattr(self, "attributes", attributes_of(self.release, self.profile, self.now, self.context))
            if self.release.tunings and self.unit:
                self._tune()
            return
        force_setattr(self, "attributes", _OfRequest(Profile(), self.now, self.context))

    def _tune(self) -> None:
        """Draws for each experiment on how Segue works, and lets it work so."""
        release, tuned = self.release, []
        models, slots = dict(release.models), dict(self.slots)
        for tuning, ready_models in zip(release.tunings, release.tuned_models, strict=True):
            choice = choose(tuning.treatment, self.unit, self)
            if choice is None or choice.is_outside:
                continue
            tuned.append((tuning.treatment.id, choice))
            models.update(ready_models[choice.arm])
            arms = [arm.key for arm in tuning.treatment.arms]
            slots.update(tuning.settings[arms.index(choice.arm)].slots)
        force_setattr(self, "tuned", tuple(tuned))
        force_setattr(self, "slots", slots)
        known = Attributes(self.profile, self.now, self.context, release.segment_tests, models)
        force_setattr(self, "attributes", known)

    @property
    def unit(self) -> str:
        """Whom lots are drawn for; "" where nobody is known."""
        return "" if self.visitor == NO_VISITOR else self.visitor

    def circumstances(self, placements: list[str]) -> "Circumstances":
        uncounted = self.release.rows.missing(self.profile)
        return Circumstances(
            self.context,
            self.day,
            placements,
            self.consent,
            self.shown,
            self.is_readable,
            uncounted=uncounted,
            used_up=self.used_up,
            forced=self.forced,
        )


class Passed(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A rule that fitted here, in its dates and for this visitor, and did not win."""

    rule_id: int
    campaign_id: int
    outcome: str  # of `personalization.reasons.Outcome`


class Assigned(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a treatment gave to the visitor, where that is not what the winning rule shows: a control, an arm whose
    creative could not be shown, a holdout. As much an exposure of its experiment as what was shown."""

    treatment_id: int
    arm: str
    propensity: float
    weights: int  # as in `campaigns.treatments.Choice`

    @classmethod
    def of(cls, treatment_id: int, choice: Choice) -> "Assigned":
        return cls(treatment_id, choice.arm, choice.propensity, choice.weights)


class Circumstances(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What the record of a decision keeps of its situation, beside release, visitor, sequence number and moment: with
    these it can be made again."""

    context: Mapping[str, Any]
    day: int
    placements: list[str]  # all that were asked in one question: no creative stands on a page twice
    consent: bool = True
    shown: Mapping[str, str] = {}
    is_readable: bool = True
    passed: tuple[Passed, ...] = ()  # not looked at, but what the decision says of the rules beside its own
    uncounted: str = ""  # event rows of the release that the profile had not counted yet
    used_up: frozenset[int] = NO_COUPONS
    forced: Mapping[int, str] = NOTHING_FORCED
    weights: Mapping[int, int] = NO_VERSIONS  # versions by treatment, of the bandits that the page drew by
    assigned: tuple[Assigned, ...] = ()  # not looked at either, like `passed`
    is_random: bool = False  # the arm was drawn in the slice that gets all arms alike
    cluster: int = -1  # of the visitor, where an arm was drawn; -1: in none, or not known
    features: tuple[float | None, ...] = ()  # of the visitor, where the arm was drawn by them; None: not known


class _OfRequest(Attributes):
    """Attributes of which only `context.*` can be read, whatever a condition asks for. `context.country` and others
    fall back to what a profile remembers, so these are of an empty one."""

    def __missing__(self, name: str) -> Any:
        return super().__missing__(name) if name.startswith("context.") else None


def attributes_of(release: FrozenRelease | None, profile: Profile, now: int, context: Mapping[str, Any]) -> Attributes:
    """All that is known of a visitor, with the release's segments and clusters; those who may not be personalised for
    are known as well. The one place where a profile meets a release."""
    if release is None:
        return Attributes(profile, now, context)
    return Attributes(profile, now, context, release.segment_tests, release.models)
