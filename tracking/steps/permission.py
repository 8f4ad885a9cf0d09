"""May it be kept: did the visitor agree, and is there a visitor at all?"""

from privacy.consent import resolve
from tracking.addresses import in_data_centre
from tracking.bots import is_declared_bot, is_sender
from tracking.formats.segment import Fault
from tracking.intake import Intake
from tracking.reasons import Reason


def ask_consent(intake: Intake) -> Fault | None:
    context, consent, kept = None, None, []
    for draft in intake.drafts:
        if consent is None or draft.context is not context:
            context = draft.context
            preferences = context.consent.category_preferences if context.consent else None
            consent = resolve(intake.site.consent_mode, intake.site.honour_dnt, intake.request.headers, preferences)
        if consent.may_store:
            kept.append(draft)
        else:
            intake.count(Reason(consent.reason))
    intake.drafts = kept
    return None


def refuse_bots(intake: Intake) -> Fault | None:
    """By what the visitor's user agent declares. That of a server-side client says nothing about the visitor."""
    headers = intake.request.headers
    header = headers.get("user-agent", "")[:1024]
    intake.agent = header if "origin" in headers or not is_sender(header) else ""
    context, agent, is_bot, kept = None, "", False, []
    for draft in intake.drafts:
        if draft.context is not context:
            context = draft.context
            agent = context.user_agent or intake.agent
            is_bot = is_declared_bot(agent)
        draft.agent = agent
        if not is_bot:
            kept.append(draft)
    intake.keep(kept, Reason.BOT_DECLARED)
    if intake.agent and intake.site.drop_data_centres and in_data_centre(intake.request.address):
        intake.keep([], Reason.BOT_DATA_CENTRE)
    return None


def refuse_haste(intake: Intake) -> Fault | None:
    pace = intake.limits.pace
    if pace.limit:
        kept = [draft for draft in intake.drafts if draft.event.type not in ("page", "screen") or not pace.is_too_fast(draft.person, draft.event.at)]
        intake.keep(kept, Reason.BOT_PACE)
    return None
