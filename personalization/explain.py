"""How does a marketer read a trace? One sentence for what was shown, and one for each rule that was considered."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from campaigns.release import Release
from personalization import trace
from segments.reasons import sentence
from sites.units import counted

if TYPE_CHECKING:
    from personalization.decide import Decision


def sentences(decision: "Decision", release: Release) -> list[str]:
    """Needs a decision made with `trace=True`; without it there is only the first sentence."""
    return [summary(decision, release), *(step_sentence(step, release) for step in decision.trace)]


def summary(decision: "Decision", release: Release) -> str:
    shown = f"shows “{release.variants[decision.variant].key}”" if decision.variant >= 0 else "shows nothing"
    because = (
        f"rule “{decision.rule.name}” won"
        if decision.rule
        else _REASONS.get((decision.reason, decision.detail)) or _REASONS[decision.reason, ""]
    )
    return f"“{decision.placement}” {shown}: {because}."


_REASONS = {
    ("DEFAULT", ""): "no rule applies, so this is the placement's default",
    ("DEFAULT", "CAPPED"): "the rules that apply have been seen often enough, so this is the placement's default",
    ("DEFAULT", "NO_CONSENT"): "without consent only the page itself may be considered, and no such rule applies",
    ("DEFAULT", "REPEATED"): "the default is on the page already",
    ("DEFAULT", "UNFILLED"): "the default has a slot that nothing is known for",
    ("DISABLED", ""): "the placement is switched off",
    ("ERROR", ""): "something failed",
    ("ERROR", "UNKNOWN_PLACEMENT"): "there is no such placement in this release",
    ("STATIC", ""): "it was asked for",
    ("STATIC", "PREVIEW"): "it is a preview",
}


def step_sentence(step: trace.Step, release: Release) -> str:
    name = f"Rule “{release.rules[step.rule].name}”"
    if step.outcome == trace.WON:
        held = "; ".join(sentence(check, release.currency) for check in step.checks) or "it is for everybody"
        return f"{name} won: {held}."
    if step.outcome == trace.CONDITION:
        missing = "; ".join(sentence(check, release.currency) for check in step.checks if not check.holds)
        held = "; ".join(sentence(check, release.currency) for check in step.checks if check.holds)
        return f"{name} did not win: {missing}." + (f" In favour: {held}." if held else "")
    return f"{name} did not win: {_OUTCOMES[step.outcome](step)}."


_OUTCOMES: dict[str, Callable[[trace.Step], str]] = {
    trace.OUTRANKED: lambda step: "it applies, but a rule before it in the order of priority won",
    trace.UNSCHEDULED: lambda step: "it is outside its dates",
    trace.CAPPED_TODAY: lambda step: f"{step.used} of {counted(step.cap, 'impressions')} today used",
    trace.CAPPED: lambda step: f"{step.used} of {counted(step.cap, 'impressions')} in all used",
    trace.UNFILLED: lambda step: "nothing is known yet that could fill its creative",
    trace.REPEATED: lambda step: "its creative is on the page already",
    trace.NO_CONSENT: lambda step: "it needs to know the visitor, who has not consented",
}
