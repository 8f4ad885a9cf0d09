"""May it be kept: did the visitor agree, and is there a visitor at all?"""

from privacy.consent import resolve
from tracking.addresses import in_data_centre
from tracking.bots import LONGEST, is_declared_bot, is_sender
from tracking.event import VIEWS
from tracking.formats.segment import Fault, Message
from tracking.intake import Intake
from tracking.reasons import Reason
from tracking.regions import consent_mode_for


def ask_consent(intake: Intake) -> Fault | None:
    site, headers, kept = intake.site, intake.request.headers, []
    mode = consent_mode_for(site, headers, intake.limits.trusted_proxies, intake.is_secret)
    for stretch in intake.stretches:
        stated = stretch.context.consent
        consent = resolve(mode, site.honour_dnt, headers, stated.category_preferences if stated else None)
        if consent.may_store:
            kept.append(stretch)
        else:
            intake.count(Reason(consent.reason), len(stretch.messages))
    intake.stretches = kept
    return None


def refuse_bots(intake: Intake) -> Fault | None:
    """By what the visitor's user agent declares. That of a server-side client says nothing about the visitor."""
    headers = intake.request.headers
    header = headers.get("user-agent", "")[:LONGEST]
    intake.agent = header if "origin" in headers or not is_sender(header) else ""
    kept = []
    for stretch in intake.stretches:
        stretch.agent = (stretch.context.user_agent or intake.agent)[:LONGEST]
        if not is_declared_bot(stretch.agent):
            kept.append(stretch)
    intake.keep(kept, Reason.BOT_DECLARED)
    if intake.agent and intake.site.drop_data_centres and in_data_centre(intake.request.address):
        intake.keep([], Reason.BOT_DATA_CENTRE)
    return None


def refuse_history(intake: Intake) -> Fault | None:
    """A public key tells of what happens. Years of history are for servers and `manage.py replay`: each month makes a
    partition of its own."""
    if not intake.limits.max_age_ms or intake.is_secret:
        return None
    oldest = intake.now - intake.limits.max_age_ms
    for stretch in intake.stretches:
        kept = [event for event in stretch.events if event.at >= oldest]
        if len(kept) < len(stretch.events):
            intake.count(Reason.TOO_OLD, len(stretch.events) - len(kept))
            stretch.events = kept
    return None


def refuse_haste(intake: Intake) -> Fault | None:
    pace = intake.limits.pace
    if not pace.limit:
        return None
    for stretch in intake.stretches:
        person, events = _person(stretch.first), stretch.events
        kept = [event for event in events if event.type not in VIEWS or not pace.is_too_fast(person, event.at)]
        if len(kept) < len(events):
            intake.count(Reason.BOT_PACE, len(events) - len(kept))
            stretch.events = kept
    return None


def _person(message: Message) -> str:
    """Who is in haste, in clear: remembered by this process only, and forgotten soon."""
    anonymous_id = message.anonymous_id
    return str(message.user_id if anonymous_id is None or anonymous_id == "" else anonymous_id)
