"""How does a marketer read a trace? One sentence for what was shown, and one for each rule that was considered."""

from zoneinfo import ZoneInfo

from campaigns.release import FrozenRelease
from campaigns.treatments import FrozenTreatment
from personalization.decide import Decision
from personalization.gates import GATES
from personalization.reasons import Detail, Outcome, Reason
from personalization.trace import Step
from segments.reasons import sentence
from sites.times import moment_of
from sites.units import counted


def sentences(decision: Decision, release: FrozenRelease) -> list[str]:
    """Needs a decision made with `trace=True`; without it there is only the first sentence."""
    return [summary(decision, release), *(step_sentence(step, release) for step in decision.trace)]


def summary(decision: Decision, release: FrozenRelease) -> str:
    shown = f"shows “{release.variants[decision.variant].key}”" if decision.variant >= 0 else "shows nothing"
    return f"“{decision.placement}” {shown}: {because(decision, release)}."


def because(decision: Decision, release: FrozenRelease) -> str:
    """Why a placement shows what it shows; no full stop."""
    if decision.rule:
        return f"rule “{decision.rule.name}” won{_describe_lot(decision, release.treatments[decision.rule.treatment])}"
    return _DETAILS.get(decision.detail) or _REASONS[decision.reason]


def _describe_lot(decision: Decision, treatment: FrozenTreatment) -> str:
    """By what lot, where one was drawn: the shares, and the hash with which anybody finds the same arm."""
    choice = decision.choice
    if choice is None or not choice.arm:
        return ""
    if choice.is_forced:
        return f" and shows arm “{choice.arm}” of “{treatment.key}”, which somebody set for this visitor"
    if choice.draw is None:
        return f" and shows arm “{choice.arm}” of “{treatment.key}”, which the visitor drew before and keeps"
    shares = "/".join(f"{arm.weight * 100:.3g}" for arm in treatment.arms)
    return f" and drew arm “{choice.arm}” of {shares} in “{treatment.key}”, by hash {choice.draw:.4f}"


_DETAILS = {
    Detail.CAPPED: "the rules that apply have been seen often enough, so this is the placement's default",
    Detail.NO_CONSENT: "without consent only the page itself may be considered, and no such rule applies",
    Detail.NO_PROFILE: "the profile cannot be read, and no rule applies that considers the page alone",
    Detail.NO_RELEASE: "nothing has been published yet",
    Detail.PREVIEW: "it is a preview",
    Detail.HOLDOUT: "the visitor is held out, to measure what campaigns do, so this is the placement's default",
    Detail.REPEATED: "the default is on the page already",
    Detail.UNFILLED: "the default has a slot that nothing is known for",
    Detail.UNKNOWN_PLACEMENT: "there is no such placement in this release",
}
_REASONS = {
    Reason.DEFAULT: "no rule applies, so this is the placement's default",
    Reason.DISABLED: "the placement is switched off",
    Reason.ERROR: "something failed",
    Reason.STATIC: "it was asked for",
}
_GATES = {gate.outcome: gate.sentence for gate in GATES}


def step_sentence(step: Step, release: FrozenRelease) -> str:
    name = f"Rule “{release.rules[step.rule].name}”"
    held = "; ".join(sentence(check, release.currency) for check in step.checks if check.holds)
    if step.outcome == Outcome.WON:
        return f"{name} won: {held or 'it is for everybody'}."
    if step.outcome == Outcome.OUTRANKED:
        return f"{name} did not win: it applies, but a rule before it in the order of priority won."
    objections = f"{name} did not win: {_objections(step, release)}."
    return f"{objections} In favour: {held}." if held and step.outcome == Outcome.CONDITION else objections


def _objections(step: Step, release: FrozenRelease) -> str:
    """All that speaks against a rule, in the order in which it is asked."""
    missing = "; ".join(sentence(check, release.currency) for check in step.checks if not check.holds)
    said = [
        _GATES[one.outcome].format(
            used=one.used,
            cap=counted(one.cap, "impressions"),
            missing=missing,
            next=_next(one.until, release.time_zone),
            dates=_dates(one.until, release.time_zone),
        )
        for one in step.against
    ]
    return "; and ".join(said)


def _next(at: int, time_zone: str) -> str:
    """ "next on Friday 27 Nov 09:00, Europe/Berlin"."""
    return f"next on {_clock(at, time_zone)}" if at else "and has none left within its dates"


def _dates(at: int, time_zone: str) -> str:
    """ "begin on Friday 27 Nov 09:00, Europe/Berlin"."""
    return f"begin on {_clock(at, time_zone)}" if at else "are over"


def _clock(at: int, time_zone: str) -> str:
    return f"{moment_of(at).astimezone(ZoneInfo(time_zone)):%A %-d %b %H:%M}, {time_zone}"
