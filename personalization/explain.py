"""How does a marketer read a trace? One sentence for what was shown, and one for each rule that was considered."""

from typing import Any

from campaigns.release import Release
from personalization.decide import Decision
from personalization.gates import GATES
from personalization.reasons import Detail, Outcome, Reason
from personalization.trace import Check, Step
from segments.attributes import ATTRIBUTES
from sites.units import counted, with_unit


def sentences(decision: Decision, release: Release) -> list[str]:
    """Needs a decision made with `trace=True`; without it there is only the first sentence."""
    return [summary(decision, release), *(step_sentence(step, release) for step in decision.trace)]


def summary(decision: Decision, release: Release) -> str:
    shown = f"shows “{release.variants[decision.variant].key}”" if decision.variant >= 0 else "shows nothing"
    if decision.rule:
        because = f"rule “{decision.rule.name}” won"
    else:
        because = _DETAILS.get(decision.detail) or _REASONS[decision.reason]
    return f"“{decision.placement}” {shown}: {because}."


_DETAILS = {
    Detail.CAPPED: "the rules that apply have been seen often enough, so this is the placement's default",
    Detail.NO_CONSENT: "without consent only the page itself may be considered, and no such rule applies",
    Detail.NO_PROFILE: "the profile cannot be read, and no rule applies that considers the page alone",
    Detail.NO_RELEASE: "nothing has been published yet",
    Detail.PREVIEW: "it is a preview",
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


def step_sentence(step: Step, release: Release) -> str:
    name = f"Rule “{release.rules[step.rule].name}”"
    if step.outcome == Outcome.WON:
        held = "; ".join(map(fact, step.checks)) or "it is for everybody"
        return f"{name} won: {held}."
    if step.outcome == Outcome.OUTRANKED:
        return f"{name} did not win: it applies, but a rule before it in the order of priority won."
    sentence = f"{name} did not win: {_objections(step)}."
    if step.outcome == Outcome.CONDITION and (held := "; ".join(fact(check) for check in step.checks if check.holds)):
        sentence += f" In favour: {held}."
    return sentence


def _objections(step: Step) -> str:
    """All that speaks against a rule, in the order in which it is asked."""
    missing = "; ".join(requirement(check) for check in step.checks if not check.holds)
    said = [
        _GATES[one.outcome].format(used=one.used, cap=counted(one.cap, "impressions"), missing=missing)
        for one in step.against
    ]
    return "; and ".join(said)


def fact(check: Check) -> str:
    """What was there, for a part that holds."""
    if check.parts or not check.attribute:
        return f"{_group(check)} holds"
    return f"{title_of(check.attribute)} is {shown(check.actual, unit_of(check.attribute))}"


def requirement(check: Check) -> str:
    """What was there, and what would have to be."""
    if check.parts or not check.attribute:
        return f"{_group(check)} does not hold"
    unit = unit_of(check.attribute)
    return f"{title_of(check.attribute)} is {shown(check.actual, unit)} and would have to {wish(check.operator, check.expected, unit)}"


def _group(check: Check) -> str:
    if check.operator.startswith("$savedGroup"):
        return f"membership of {shown(check.expected)}"
    word = {"$or": "one of", "$nor": "none of"}.get(check.operator, "the contrary of")
    return f"{word} ({' / '.join(' and '.join(map(_wish_of, part)) or 'everybody' for part in check.parts)})"


def _wish_of(check: Check) -> str:
    if check.parts or not check.attribute:
        return _group(check)
    unit = unit_of(check.attribute)
    return (
        f"{title_of(check.attribute)} to {wish(check.operator, check.expected, unit)}, is {shown(check.actual, unit)}"
    )


def wish(operator: str, expected: Any, unit: str = "") -> str:
    """What an operator asks for, after "would have to"."""
    if operator == "$not":
        inner = expected.items() if isinstance(expected, dict) else [("$eq", expected)]
        return "not " + " and ".join(wish(name, argument, unit) for name, argument in inner)
    if operator == "$exists":
        return "be known" if expected else "be unknown"
    if operator == "$elemMatch":
        return "have an element that would " + " and ".join(
            wish(name, argument) if name[:1] == "$" else f"have {name}" for name, argument in expected.items()
        )
    if operator == "$size" and isinstance(expected, dict):
        return "have a length that would " + " and ".join(wish(name, argument) for name, argument in expected.items())
    return f"{_WISHES.get(operator, operator)} {shown(expected, unit)}"


_WISHES = {
    "$eq": "be", "$ne": "be other than", "$gt": "be more than", "$gte": "be at least", "$lt": "be less than", "$lte": "be at most",
    "$in": "be one of", "$nin": "be none of", "$ini": "be one of", "$nini": "be none of", "$all": "have all of", "$alli": "have all of",
    "$size": "have the length", "$type": "be of the type", "$inGroup": "be in the group", "$notInGroup": "not be in the group",
    "$regex": "match", "$regexi": "match", "$notRegex": "not match", "$notRegexi": "not match",
    "$veq": "be version", "$vne": "be other than version", "$vgt": "be above version", "$vgte": "be at least version",
    "$vlt": "be below version", "$vlte": "be at most version",
}  # fmt: skip


def title_of(attribute: str) -> str:
    known = ATTRIBUTES.get(attribute)
    return known.title if known else attribute


def unit_of(attribute: str) -> str:
    known = ATTRIBUTES.get(attribute)
    return known.unit if known else ""


def shown(value: Any, unit: str = "") -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        if unit == "minor":
            return f"{value / 100:,.2f}"
        number = f"{value:,.2f}".rstrip("0").rstrip(".")
        return with_unit(number, unit)
    if isinstance(value, (list, tuple)):
        return ", ".join(map(shown, value)) or "empty"
    return f"“{value}”"
