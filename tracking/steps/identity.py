"""Whose events are they, and what of them would give the person away?"""

from tracking import pseudonyms
from tracking.event import Arrival
from tracking.formats.segment import Fault, Message
from tracking.intake import Draft, Intake
from tracking.personal import hide, may_be_personal


def pseudonymise(intake: Intake) -> Fault | None:
    """Ids, and whatever the site marks as personal, become keyed hashes. `tracking.personal` says what counts."""
    site, names = intake.site, intake.site.personal_in_properties
    ids = _ids(intake.drafts)
    repeats_ids = _may_repeat_ids(intake, ids)
    for draft in intake.drafts:
        message, event = draft.message, draft.event
        if event.properties and (repeats_ids or may_be_personal(event.properties, names)):
            event.properties = hide(event.properties, names, ids, site.salt)
        traits = message.traits if message.traits is not None else draft.context.traits
        if traits:
            event.traits = hide(traits, site.personal_in_traits, ids, site.salt)
        if message.group_id is not None:
            event.properties["group_id"] = pseudonyms.pseudonym(site.salt, str(message.group_id))
    return None


def _ids(drafts: list[Draft]) -> set[str]:
    ids: set = set()
    for draft in drafts:
        message = draft.message
        ids.add(message.anonymous_id)
        ids.add(message.user_id)
        if message.previous_id is not None:
            ids.add(message.previous_id)
        if message.group_id is not None:
            ids.add(message.group_id)
    return {str(identity) for identity in ids if identity not in (None, "")}


def _may_repeat_ids(intake: Intake, ids: set[str]) -> bool:
    """Whether some text may be an id or an e-mail address. A cheap look at the bytes, so that the common batch is not walked value by value:
    no "@", no escape that could hide one (one byte is found ten times faster than two), and each id exactly as often as the messages name it."""
    body = intake.body
    if b"@" in body or b"\\" in body or len(ids) > 8:
        return True
    named = 0
    for draft in intake.drafts:
        message = draft.message
        named += (message.anonymous_id is not None) + (message.user_id is not None)
    return sum([body.count(identity.encode()) for identity in ids]) != named


def group_by_visitor(intake: Intake) -> Fault | None:
    """One arrival per visitor, in order. A visitor who is two users in one request gets two."""
    salt, site_id = intake.site.salt, intake.site.id
    open_arrivals: dict[str, Arrival] = {}
    for draft in intake.drafts:
        message, event = draft.message, draft.event
        visitor, user_visitor = _identify(salt, message)
        event.user = user_visitor
        arrival = open_arrivals.get(visitor)
        if arrival is None or (user_visitor and arrival.user_visitor not in ("", user_visitor)):
            arrival = open_arrivals[visitor] = Arrival(site_id, visitor, user_visitor, [])
            intake.arrivals.append(arrival)
        elif user_visitor:
            arrival.user_visitor = user_visitor
        arrival.events.append(event)
    return None


def _identify(salt: str, message: Message) -> tuple[str, str]:
    """Visitor, and the visitor made from the userId, which is the user's pseudonym too. An alias speaks for its previousId."""
    user_id = "" if message.user_id is None else str(message.user_id)
    anonymous_id = message.previous_id if message.type == "alias" else message.anonymous_id
    user_visitor = pseudonyms.visitor_of_user(salt, user_id) if user_id else ""
    visitor = user_visitor if anonymous_id in (None, "") else pseudonyms.visitor_of(salt, str(anonymous_id))
    return visitor, user_visitor
