"""What was sent, for which site, and may this page send it?"""

import uuid
from urllib.parse import parse_qs

from tracking.browsers import origin_allowed
from tracking.event import Event
from tracking.formats import segment
from tracking.formats.body import unpack
from tracking.formats.segment import Context, Fault, Message
from tracking.intake import Draft, Intake
from tracking.reasons import Reason

_NO_CONTEXT = Context()


def limit_rate(intake: Intake) -> Fault | None:
    intake.retry_after = intake.limits.buckets.wait(intake.request.address, intake.now)
    return Fault(Reason.RATE_LIMITED, "too many requests from this address") if intake.retry_after else None


def unpack_body(intake: Intake) -> Fault | None:
    body = unpack(intake.request.body, segment.MAX_BODY)
    if body is None:
        return Fault(Reason.TOO_BIG, f"a request holds at most {segment.MAX_BODY} bytes")
    intake.body = body
    return None


def decode(intake: Intake) -> Fault | None:
    decoded = segment.decode(intake.request.kind, intake.body)
    if isinstance(decoded, Fault):
        return decoded
    intake.envelope = decoded
    intake.faults = decoded.faults
    for fault in intake.faults:
        intake.count(fault.reason)
    drafts, last = [], _NO_CONTEXT
    for index, message in decoded.messages:
        draft = _draft(index, message, intake)
        # A tracker says the same of each event on a page. Equal contexts become one, so that later steps tell at a glance.
        if draft.context == last:
            draft.context = last
        last = draft.context
        drafts.append(draft)
    intake.drafts = drafts
    return None


def _draft(index: int, message: Message, intake: Intake) -> Draft:
    person = message.anonymous_id if message.anonymous_id not in (None, "") else message.user_id
    message_id = message.message_id
    event = Event(
        str(uuid.uuid4()) if message_id in (None, "") else message_id if isinstance(message_id, str) else str(message_id),
        message.type or "",
        message.event or message.name or "",
        0,
        intake.now,
    )
    event.properties = message.properties or {}
    return Draft(index, message, _context(message.context, intake.envelope.context), event, person if isinstance(person, str) else str(person))


def _context(own: Context | None, shared: Context | None) -> Context:
    """The message's own context, completed from the envelope's."""
    if own is None or shared is None:
        return own or shared or _NO_CONTEXT
    for name in Context.__struct_fields__:
        if getattr(own, name) is None:
            setattr(own, name, getattr(shared, name))
    return own


def find_site(intake: Intake) -> Fault | None:
    """Wherever clients put the key: a header, the query, the envelope, a message."""
    envelope = intake.envelope
    first = envelope.messages[0][1].write_key if envelope.messages else None
    site = intake.sites.find(intake.request.headers, _queried(intake.request.query_string) or envelope.write_key or first or "")
    if site is None:
        return Fault(Reason.UNKNOWN_KEY, "no site has this write key", "writeKey")
    intake.site = site
    return None


def _queried(query_string: bytes) -> str:
    if b"writeKey=" not in query_string:
        return ""
    return parse_qs(query_string.decode("latin-1")).get("writeKey", [""])[0]


def check_origin(intake: Intake) -> Fault | None:
    """Only browsers say where they come from; a server-side client has no origin to check."""
    origin = intake.request.headers.get("origin", "")
    if origin_allowed(intake.site, origin):
        return None
    return Fault(Reason.FOREIGN_ORIGIN, f"the site does not allow its key to be used from {origin[:200]}", "origin")
