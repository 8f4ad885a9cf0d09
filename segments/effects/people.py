"""What do words about the visitor change, and what came of what we showed?"""

from bisect import insort

from segments.bounds import MAX_ENGAGEMENTS, MAX_KEPT, MAX_SHOWN, MOST_EXACT, TEXT
from segments.effects.reading import as_text
from segments.effects.traits import set_traits
from segments.state import CLICKS, WEEK_MS, Engagement, Kept, Profile, Session
from tracking.event import Event
from tracking.exposure import of_properties


def identify(profile: Profile, session: Session, event: Event) -> None:
    if event.traits:
        set_traits(profile, event.traits, event.at)


def consent_updated(profile: Profile, session: Session, event: Event) -> None:
    """No to analytics: nothing may be stored. No to personalisation alone: stored, but not used for decisions. The
    latest answer counts."""
    if event.at < profile.consent_at:
        return
    given = [event.properties.get(purpose) for purpose in ("analytics", "personalization")]
    if given[0] is False:
        profile.consent = "denied"
    elif given[1] is False:
        profile.consent = "stored"
    elif True in given:
        profile.consent = "granted"
    else:
        return
    profile.consent_at = event.at


def remember_engagement(profile: Profile, session: Session, event: Event) -> None:
    decision = as_text(event.properties.get("decision"))
    done = Engagement(event.at, event.name, decision, of_properties(event.properties))
    insort(profile.engagements, done)
    del profile.engagements[:-MAX_ENGAGEMENTS]


def impression(profile: Profile, session: Session, event: Event) -> None:
    remember_engagement(profile, session, event)
    properties = event.properties
    rule, day = as_text(properties.get("rule_id")), properties.get("day")
    if not rule or day.__class__ is not int or not 0 <= day < 10**6:
        return
    count_shown(profile.shown, session.shown, rule, day)
    campaign = as_text(properties.get("campaign_id"))
    if campaign and campaign != "0":  # else no rule won
        count_shown(profile.shown_of_campaigns, session.shown_of_campaigns, campaign, day)


def count_shown(shown: dict[str, list[int]], in_session: dict[str, int], key: str, day: int) -> None:
    """One impression more of a rule or a campaign: of the day, in all, and of its session."""
    in_session[key] = in_session.get(key, 0) + 1
    if len(in_session) > MAX_SHOWN:
        del in_session[min(in_session, key=lambda key: (in_session[key], key))]
    count = shown.get(key)
    if count is None:
        shown[key] = [day, 1, 1]
        if len(shown) > MAX_SHOWN:
            del shown[min(shown, key=lambda key: (shown[key], key))]
        return
    count[2] += 1
    if day == count[0]:
        count[1] += 1
    elif day > count[0]:
        count[0], count[1] = day, 1


def click(profile: Profile, session: Session, event: Event) -> None:
    remember_engagement(profile, session, event)
    week = profile.week
    weight = week.weight(event.at, WEEK_MS)
    week.sums[CLICKS] += weight


def assigned(profile: Profile, session: Session, event: Event) -> None:
    """Of one experiment the first draw counts, until its visitors are dealt anew."""
    told = event.properties
    treatment, arm, propensity = told.get("treatment_id"), told.get("arm"), told.get("propensity")
    numbers = treatment, told.get("generation"), told.get("phase")
    if any(number.__class__ is not int or not 0 <= number < MOST_EXACT for number in numbers):
        return
    if arm.__class__ is not str or not 0 < len(arm) <= TEXT:
        return
    if propensity.__class__ not in (int, float) or not 0 <= propensity <= 1:
        return
    drawn = Kept(event.at, arm, told["generation"], told["phase"], float(propensity))
    keep(profile.kept, str(treatment), drawn)


def keep(kept: dict[str, Kept], treatment: str, drawn: Kept) -> None:
    """The draw of the latest generation stays, and of these the first."""
    known = kept.get(treatment)
    if known is None or (-drawn.generation, drawn) < (-known.generation, known):
        kept[treatment] = drawn
    if len(kept) > MAX_KEPT:
        del kept[min(kept, key=lambda key: (kept[key], key))]
