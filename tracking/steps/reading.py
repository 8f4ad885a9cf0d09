"""What was sent, for which site, and may this page send it?"""

from typing import Any
from urllib.parse import parse_qs

from tracking.addresses import subscriber
from tracking.browsers import origin_allowed
from tracking.formats import segment
from tracking.formats.body import Packed, unpack
from tracking.formats.segment import Context, Decoded, Fault, Message
from tracking.intake import Intake, Stretch
from tracking.reasons import Reason

_NO_CONTEXT = Context()
KEY_IN_PAGE = (
    "this is the secret key of the site's servers, and a page sent it: whoever reads the page can be any user. Replace"
    " it at once"
)


def limit_rate(intake: Intake) -> Fault | None:
    """Before anything is unpacked or decoded, so that who sends too much costs little. What the request holds is
    charged later."""
    intake.retry_after = intake.limits.buckets.wait(subscriber(intake.request.address), intake.now)
    return Fault(Reason.RATE_LIMITED, "too many messages from this address") if intake.retry_after else None


def limit_messages(intake: Intake) -> Fault | None:
    """Each message counts, for the address and for the site, so that one site's flood leaves room for the others."""
    limits, number = intake.limits, intake.size()
    if number > 1:
        limits.buckets.charge(subscriber(intake.request.address), intake.now, number - 1)
    intake.retry_after = limits.site_buckets.wait(str(intake.site.id), intake.now, number)
    return (
        Fault(Reason.RATE_LIMITED, "too many messages with this write key", "writeKey") if intake.retry_after else None
    )


def unpack_body(intake: Intake) -> Fault | None:
    try:
        body = unpack(
            intake.request.body, segment.MAX_BODY, intake.request.headers.get("content-encoding", "").strip().lower()
        )
    except Packed as error:
        return Fault(
            Reason.UNKNOWN_ENCODING,
            f"a body is read plain, or packed with gzip or deflate; not with {error}",
            "content-encoding",
        )
    if body is None:
        return Fault(Reason.TOO_BIG, f"a request holds at most {segment.MAX_BODY} bytes")
    intake.body = body
    return None


def decode(intake: Intake) -> Fault | None:
    decoded = segment.decode(intake.request.kind, intake.body)
    if isinstance(decoded, Fault):
        return decoded
    take(intake, decoded)
    return None


def take(intake: Intake, decoded: Decoded) -> None:
    """From here on it does not matter how the messages came."""
    intake.envelope = decoded
    intake.faults = decoded.faults
    for fault in intake.faults:
        intake.count(fault.reason)
    for reason, number in decoded.left_out.items():
        if number:
            intake.count(reason, number)
    intake.stretches = _stretches(decoded)


def _stretches(decoded: Decoded) -> list[Stretch]:
    shared = decoded.context
    stretches: list[Stretch] = []
    sender: tuple[Any, ...] | None = None
    for _, message in decoded.messages:
        if shared is not None:
            message.context = _completed(message.context, shared)
        before, sender = sender, _sender(message)
        if sender == before and sender is not None:
            stretches[-1].messages.append(message)
        else:
            stretches.append(Stretch(message, message.context or _NO_CONTEXT, [message]))
    return stretches


def _sender(message: Message) -> tuple[Any, ...] | None:
    """Who sends in which context: what is equal for neighbours is worked out for both. None for a message that stands
    alone. 1 and 1.0 are equal, and two persons."""
    if message.previous_id is not None or message.group_id is not None:
        return None
    anonymous_id, user_id = message.anonymous_id, message.user_id
    return anonymous_id, anonymous_id.__class__, user_id, user_id.__class__, message.context


def _completed(own: Context | None, shared: Context) -> Context:
    """The message's own context, completed from the envelope's."""
    if own is None:
        return shared
    for name in Context.__struct_fields__:
        if getattr(own, name) is None:
            setattr(own, name, getattr(shared, name))
    return own


def find_site(intake: Intake) -> Fault | None:
    """Wherever clients put the key: a header, the query, the envelope, a message."""
    envelope = intake.envelope
    first = envelope.messages[0][1].write_key if envelope.messages else None
    access = intake.sites.find(
        intake.request.headers, _queried(intake.request.query_string) or envelope.write_key or first or ""
    )
    if access is None:
        return Fault(Reason.UNKNOWN_KEY, "no site has this write key", "writeKey")
    if access.is_secret and "origin" in intake.request.headers:
        return Fault(Reason.SECRET_IN_PAGE, KEY_IN_PAGE, "writeKey")
    intake.site, intake.is_secret = access
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
