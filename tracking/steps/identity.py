"""Whose events are they, and what of them would give the person away?"""

from tracking import pseudonyms
from tracking.event import Arrival
from tracking.formats.segment import Fault, Message
from tracking.intake import Intake, Stretch
from tracking.personal import hide, may_be_personal


def pseudonymise(intake: Intake) -> Fault | None:
    """Ids, and whatever the site marks as personal, become keyed hashes. `tracking.personal` says what counts."""
    site, names = intake.site, intake.site.personal_in_properties
    ids = _ids(intake.stretches)
    repeats_ids = _may_repeat_ids(intake, ids)
    for stretch in intake.stretches:
        for event in stretch.events:
            properties, traits = event.properties, event.traits
            if properties and (repeats_ids or may_be_personal(properties, names)):
                event.properties = hide(properties, names, ids, site.salt)
            if traits:
                event.traits = hide(traits, site.personal_in_traits, ids, site.salt)
        group_id = stretch.first.group_id
        if group_id is not None:
            for event in stretch.events:
                event.properties["group_id"] = pseudonyms.pseudonym(site.salt, str(group_id))
    return None


def _ids(stretches: list[Stretch]) -> set[str]:
    ids: set = set()
    for stretch in stretches:
        sender = stretch.first
        ids |= {sender.anonymous_id, sender.user_id, sender.previous_id, sender.group_id}
    return {str(identity) for identity in ids if identity not in (None, "")}


def _may_repeat_ids(intake: Intake, ids: set[str]) -> bool:
    """Whether some text may be an id or an e-mail address. A cheap look at the bytes, so that the common batch is not walked value by value:
    no "@", no escape that could hide one (one byte is found ten times faster than two), and each id exactly as often as the messages name it."""
    body = intake.body
    if b"@" in body or b"\\" in body or len(ids) > 8:
        return True
    named = 0
    for stretch in intake.stretches:
        sender = stretch.first
        named += len(stretch.messages) * ((sender.anonymous_id is not None) + (sender.user_id is not None))
    return sum([body.count(identity.encode()) for identity in ids]) != named


def group_by_visitor(intake: Intake) -> Fault | None:
    """One arrival per visitor, in order. A visitor who is two users in one request gets two."""
    salt, site_id = intake.site.salt, intake.site.id
    open_arrivals: dict[str, Arrival] = {}
    for stretch in intake.stretches:
        if not stretch.events:
            continue
        visitor, user_visitor = _identify(salt, stretch.first)
        arrival = open_arrivals.get(visitor)
        if arrival is None or (user_visitor and arrival.user_visitor not in ("", user_visitor)):
            arrival = open_arrivals[visitor] = Arrival(site_id, visitor, user_visitor, [])
            intake.arrivals.append(arrival)
        elif user_visitor:
            arrival.user_visitor = user_visitor
        if user_visitor:
            for event in stretch.events:
                event.user = user_visitor
        arrival.events.extend(stretch.events)
    return None


def _identify(salt: str, message: Message) -> tuple[str, str]:
    """Visitor, and the visitor made from the userId, which is the user's pseudonym too. An alias speaks for its previousId."""
    user_id = "" if message.user_id is None else str(message.user_id)
    anonymous_id = message.previous_id if message.type == "alias" else message.anonymous_id
    user_visitor = pseudonyms.visitor_of_user(salt, user_id) if user_id else ""
    visitor = user_visitor if anonymous_id in (None, "") else pseudonyms.visitor_of(salt, str(anonymous_id))
    return visitor, user_visitor
