"""What should be done now: ship an arm, stop, wait so many days, or repair? In words, with the reasons.

In this order: what cannot be trusted is repaired; what harms is stopped at once; what has too little data or has not
seen a whole week waits; what is clearly better is shipped, unless a guardrail is at risk; what can no longer be worth
its time is stopped; else it waits. Pure.
"""

from enum import StrEnum

import msgspec

from campaigns.results.guardrails import State
from campaigns.results.power import WEEK
from campaigns.results.standing import Facts, Standing
from campaigns.results.wording import chance, change, days, listed, percent

MOST_DAYS = 90  # a test that needs longer is not waited for: cookies go, and so does the question


class Action(StrEnum):
    SHIP = "ship"
    STOP = "stop"
    WAIT = "wait"
    REPAIR = "repair"


class Verdict(msgspec.Struct, frozen=True):
    action: Action
    sentence: str
    reasons: list[str]
    arm: str = ""  # to ship
    days: int | None = None  # to wait; None: it cannot be told


def decide(facts: Facts) -> Verdict:
    steps = (_repair, _harm, _too_early, _winner, _barred, _nothing_to_find)
    verdict = next((found for step in steps if (found := step(facts))), None) or _wait(facts)
    return msgspec.structs.replace(verdict, reasons=[*verdict.reasons, *facts.warnings])


def _repair(facts: Facts) -> Verdict | None:
    if not facts.faults:
        return None
    return Verdict(Action.REPAIR, "Repair it first: what it says now cannot be trusted.", facts.faults)


def _harm(facts: Facts) -> Verdict | None:
    """Control is to be kept: every arm is clearly worse, or breaks a guardrail."""
    reasons = [reason for standing in facts.standings if (reason := _harm_of(facts, standing))]
    if not reasons or len(reasons) < len(facts.standings):
        return None
    return Verdict(Action.STOP, "Stop it, and keep control.", reasons)


def _harm_of(facts: Facts, standing: Standing) -> str:
    for guard in standing.guards:
        if guard.state is State.BROKEN:
            return f"{standing.name}: {guard.sentence}"
    if standing.is_enough and _is_clear(facts, standing) and standing.gain and standing.gain.high < 0:
        return f"{standing.name} is worse than control in {facts.metric}: {_told(facts, standing)}."
    return ""


def _too_early(facts: Facts) -> Verdict | None:
    short = [standing for standing in facts.standings if not standing.is_enough]
    if short:
        known = [standing.days_until_enough for standing in short if standing.days_until_enough is not None]
        number = max(known) if len(known) == len(short) else None
        names = listed([standing.name for standing in short])
        return _waiting(number, [f"Not enough data yet in {facts.metric} for {names} and control."])
    if facts.days_running < WEEK:
        return _waiting(WEEK - facts.days_running, ["It has not seen a whole week yet, and weekdays differ."])
    return None


def _winner(facts: Facts) -> Verdict | None:
    fit = [standing for standing in _better(facts) if not _against(standing)]
    if not fit:
        return None
    best = max(fit, key=lambda standing: standing.gain.difference if standing.gain else 0.0)
    reasons = [f"{best.name} is better than control in {facts.metric}: {_told(facts, best)}."]
    if best.chance_to_win is not None:
        reasons.append(f"The chance that it is better than control is {chance(best.chance_to_win)}.")
    reasons += [guard.sentence for guard in best.guards]
    if others := [standing.name for standing in fit if standing is not best]:
        reasons.append(f"{listed(others)} would also be better than control.")
    return Verdict(Action.SHIP, f"Ship {best.name}.", reasons, arm=best.arm)


def _barred(facts: Facts) -> Verdict | None:
    """Something is better, and a guardrail speaks against it."""
    better = _better(facts)
    if not better:
        return None
    reasons = [f"{each.name} is better in {facts.metric}, but: {' '.join(_against(each))}" for each in better]
    if facts.duration and facts.duration.always_days and facts.days_running >= facts.duration.always_days:
        return Verdict(Action.STOP, "Stop it, and keep control.", reasons)
    return _waiting(_days_left(facts), reasons)


def _nothing_to_find(facts: Facts) -> Verdict | None:
    """Going on is not worth it. A bandit shifts traffic by itself, so it need not be ended for this."""
    if facts.is_adaptive:
        return None
    lifts = [standing for standing in facts.standings if standing.is_lift and standing.gain]
    if len(lifts) == len(facts.standings) and all(each.gain and each.gain.high < facts.least_lift for each in lifts):
        reason = f"Whatever the effect is, it is surely smaller than the {percent(facts.least_lift)} worth finding."
        return Verdict(Action.STOP, "Stop it: no difference that matters.", [reason])
    if facts.duration is None or facts.duration.always_days is None:
        return None
    wanted = change(facts.sign * facts.least_lift)
    if facts.days_running >= facts.duration.always_days:
        reason = (
            f"It has run for {days(facts.days_running)}, long enough to find {wanted} with good chances, and there is"
            f" no clear difference in {facts.metric}."
        )
        return Verdict(Action.STOP, "Stop it: no clear difference. Either is as good as the other.", [reason])
    if min([facts.duration.always_days - facts.days_running, *_days_until_clear(facts)]) > MOST_DAYS:
        reason = (
            f"To find {wanted} in {facts.metric} takes about {days(facts.duration.always_days)} at the present traffic."
            " Test something bolder, on more traffic, or by a metric that happens more often."
        )
        return Verdict(Action.STOP, "Stop it: it would take too long.", [reason])
    return None


def _wait(facts: Facts) -> Verdict:
    reasons = [f"There is no clear difference in {facts.metric} yet."]
    if facts.is_adaptive:
        reasons.append("Its weights follow the results meanwhile, so waiting costs little.")
    ends = [*_days_until_clear(facts), *filter(None, [_days_left(facts)])]
    return _waiting(min(ends) if ends and not facts.is_adaptive else None, reasons)


def _better(facts: Facts) -> list[Standing]:
    return [each for each in facts.standings if _is_clear(facts, each) and each.gain and each.gain.low > 0]


def _against(standing: Standing) -> list[str]:
    return [guard.sentence for guard in standing.guards if guard.state in (State.BROKEN, State.AT_RISK)]


def _days_left(facts: Facts) -> int | None:
    """Of the longest that it should take."""
    if facts.duration is None or facts.duration.always_days is None:
        return None
    return max(facts.duration.always_days - facts.days_running, 1)


def _days_until_clear(facts: Facts) -> list[int]:
    return [each.days_until_clear for each in facts.standings if each.days_until_clear]


def _waiting(number: int | None, reasons: list[str]) -> Verdict:
    sentence = "Wait: it goes on." if number is None else f"Wait {days(number)}."
    return Verdict(Action.WAIT, sentence, reasons, days=number)


def _is_clear(facts: Facts, standing: Standing) -> bool:
    return standing.p is not None and standing.p < facts.alpha


def _told(facts: Facts, standing: Standing) -> str:
    """The change as it was measured, in per cent where it is a lift: less where less is better."""
    assert standing.gain is not None
    if not standing.is_lift:
        return "the whole interval of the difference says so"
    low, high = sorted((facts.sign * standing.gain.low, facts.sign * standing.gain.high))
    return f"{change(facts.sign * standing.gain.difference)}, between {change(low)} and {change(high)}"
