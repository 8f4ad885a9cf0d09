"""Whose events are they, and what of them would give the person away?"""

from typing import Any

from sites import pseudonyms
from sites.config import SiteConfig
from tracking.event import Arrival
from tracking.formats.segment import Fault
from tracking.identity import Identity, identify, proves
from tracking.intake import Intake, Stretch
from tracking.personal import hide, hide_in_text, may_be_personal
from tracking.reasons import Reason
from tracking.steps.ids import all_ids, ids_of, repeats_ids

PROOF = "userHash"


def pseudonymise(intake: Intake) -> Fault | None:
    """Ids, and whatever the site marks as personal, become keyed hashes. `tracking.personal` says what counts."""
    site, names, body = intake.site, intake.site.personal_in_properties, intake.body
    is_repeated = repeats_ids(intake)
    others = all_ids(intake) if is_repeated else set()
    is_walked = is_repeated or b"@" in body or b"\\" in body or (b"%" in body and b"%40" in body)
    for stretch in intake.stretches:
        # Inside texts only these: all of 2,500 visitors in each text would be millions of looks.
        own = ids_of(stretch.first) if is_repeated else ()
        for event in stretch.events:
            properties, traits = event.properties, event.traits
            if is_walked:
                event.name = hide_in_text(event.name, own, site.salt)  # many name a page by its title
            if properties and (is_walked or may_be_personal(properties, names)):
                event.properties = hide(properties, names, own, site.salt, others)
            if traits:
                event.traits = hide(traits, site.personal_in_traits, own, site.salt, others)
        group_id = stretch.first.group_id
        if group_id is not None:
            for event in stretch.events:
                event.properties["group_id"] = pseudonyms.pseudonym(site.salt, str(group_id))
    return None


def prove_users(intake: Intake) -> Fault | None:
    """May the sender speak for the users whom the messages name? Who has proved a user in one message has in all of the
    request."""
    named = [
        stretch for stretch in intake.stretches if stretch.first.user_id is not None and stretch.first.user_id != ""
    ]
    # A glance that spares nearly all requests the search.
    proved = _proved(intake) if named and PROOF.encode() in intake.body else set()
    if not named or intake.names_users:
        return None
    for stretch in named:
        user_id = stretch.first.user_id
        stretch.proved = str(user_id) in proved
        if not stretch.proved and (sign_ins := sum([event.type == "identify" for event in stretch.events])):
            intake.count(Reason.UNPROVED_USER, sign_ins)
    return None


def _proved(intake: Intake) -> set[str]:
    """The userIds that some message of the request proves. What proves is kept nowhere: it opens what it proves."""
    proved: set[str] = set()
    for stretch in intake.stretches:
        hashes: list[Any] = [event.traits.pop(PROOF, None) for event in stretch.events]
        hashes.append(stretch.context.user_hash)
        hashes += [message.user_hash for message in stretch.messages]
        if any(proves(intake.site, stretch.first.user_id, one) for one in hashes if one):
            proved.add(str(stretch.first.user_id))
    return proved


def group_by_visitor(intake: Intake) -> Fault | None:
    """One arrival per visitor, in order. A visitor who is two users in one request gets two."""
    site = intake.site
    open_arrivals: dict[str, Arrival] = {}
    for stretch in intake.stretches:
        if not stretch.events:
            continue
        who = _who(site, stretch)
        joins = who.joins
        claimed = "" if joins else who.user
        arrival = open_arrivals.get(who.visitor)
        if arrival is None or ((who.user or arrival.previous_user) and _is_another(arrival, joins, claimed)):
            arrival = open_arrivals[who.visitor] = Arrival(site.id, who.visitor, joins, [], claimed)
            intake.arrivals.append(arrival)
        elif joins:
            arrival.user_visitor = joins
        elif claimed:
            arrival.claimed = claimed
        if who.user:
            for event in stretch.events:
                event.user = joins
                if claimed:
                    event.context = {**event.context, "unverified_user": claimed}
        if stretch.first.type == "alias" and intake.names_users:
            arrival.previous_user = pseudonyms.visitor_of_user(site.salt, str(stretch.first.previous_id))
        arrival.events.extend(stretch.events)
    return None


def _is_another(arrival: Arrival, joins: str, claimed: str) -> bool:
    """Whether events that name this user belong to somebody else than those gathered so far; events that name nobody
    belong to anybody."""
    if arrival.previous_user:
        return True
    known = arrival.user_visitor or arrival.claimed
    named = joins or claimed
    return bool(known and named) and (known != named or bool(arrival.user_visitor) != bool(joins))


def _who(site: SiteConfig, stretch: Stretch) -> Identity:
    """An alias speaks for its previousId."""
    message = stretch.first
    return identify(
        site, message.previous_id if message.type == "alias" else message.anonymous_id, message.user_id, stretch.proved
    )
