"""How does a request become events, and why was one dropped?

`receive` walks the request through `STEPS`. Each step looks at all messages of the request at once, adds what it knows to their events, or
drops some of them with a `Reason`; a step that returns a `Fault` refuses the whole request. Nothing here waits, reads a clock or touches a store.

What is the same for all messages of a request is worked out once; what repeats between requests is remembered by string (user agents,
addresses, referrers). A batch of ten so costs a few tens of microseconds (`benchmarks/intake.py`).
"""

import base64
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec

from privacy.consent import Consent, consent_of
from tracking import clocks, pseudonyms, referrers
from tracking.addresses import client_of, country_of, in_data_centre, truncate
from tracking.bots import Pace, is_declared_bot, is_sender
from tracking.event import Arrival, Event
from tracking.formats import segment
from tracking.formats.body import unpack
from tracking.formats.segment import Context, Decoded, Fault, Message
from tracking.personal import hide, hide_in_path, may_be_personal
from tracking.rates import TokenBuckets
from tracking.reasons import STATUS, Reason
from tracking.sites import SiteConfig, Sites
from tracking.user_agents import UNKNOWN, Agent, describe

# Last part of the path -> kind. The letters are what @segment/analytics-next calls in a browser.
KINDS = {
    "batch": "batch", "b": "batch", "import": "batch",
    "track": "track", "t": "track",
    "page": "page", "p": "page",
    "screen": "screen", "s": "screen",
    "identify": "identify", "i": "identify",
    "alias": "alias", "a": "alias",
    "group": "group", "g": "group",
    "m": "metrics",
}  # fmt: skip


class Request(NamedTuple):
    """What the edge knows of one request; `headers` have lower-case names, `address` is that of the peer."""

    kind: str  # a value of KINDS
    headers: Mapping[str, str]
    body: bytes
    address: str = ""
    write_key: str = ""  # where the address names it


class Received(NamedTuple):
    """The answer, and what to append. `site` is None while the key is unknown."""

    status: int
    body: bytes
    arrivals: list[Arrival]
    drops: dict[Reason, int]
    site: SiteConfig | None = None
    retry_after: int = 0  # seconds, with status 429


class Limits:
    """What one process remembers between requests to notice who sends too much. The defaults limit nothing."""

    def __init__(self, collect_rate: int = 0, bot_pages_per_minute: int = 0, trusted_proxies: int = 0) -> None:
        self.buckets = TokenBuckets(collect_rate)
        self.pace = Pace(bot_pages_per_minute)
        self.trusted_proxies = trusted_proxies


class Draft(msgspec.Struct, gc=False):
    """One message on its way to become an event."""

    index: int  # place in the batch, -1 for a single message
    message: Message
    context: Context
    event: Event
    person: str  # anonymousId, else userId, in clear: never leaves this module
    agent: str = ""  # the visitor's user agent


class Intake:
    """One request and what the steps made of it so far."""

    __slots__ = (
        "address",
        "agent",
        "arrivals",
        "body",
        "correction",
        "drafts",
        "drops",
        "envelope",
        "faults",
        "limits",
        "now",
        "request",
        "retry_after",
        "site",
        "sites",
    )

    def __init__(self, request: Request, sites: Sites, now: int, limits: Limits) -> None:
        self.request, self.sites, self.now, self.limits = request, sites, now, limits
        self.address = client_of(request.address, request.headers, limits.trusted_proxies)
        self.agent = ""  # the visitor's user agent as the header says it
        self.body = b""
        self.envelope: Decoded
        self.site: SiteConfig
        self.correction = 0  # milliseconds to add to the client's times
        self.retry_after = 0
        self.drafts: list[Draft] = []
        self.faults: list[Fault] = []
        self.drops: dict[Reason, int] = {}
        self.arrivals: list[Arrival] = []

    def keep(self, kept: list[Draft], reason: Reason) -> None:
        """Goes on with `kept` only; counts the others."""
        if len(kept) < len(self.drafts):
            self.count(reason, len(self.drafts) - len(kept))
            self.drafts = kept

    def count(self, reason: Reason, number: int = 1) -> None:
        self.drops[reason] = self.drops.get(reason, 0) + number


Step = Callable[[Intake], Fault | None]
_OPEN = Limits()
_NO_CONTEXT = Context()


def receive(request: Request, sites: Sites, now: int, limits: Limits = _OPEN) -> Received:
    """`now` in milliseconds. Always answers; the answer may be given to the client once the arrivals are appended."""
    if request.kind == "metrics":  # the client's own telemetry: taken, and not kept
        return Received(200, b'{"success":true}', [], {})
    intake = Intake(request, sites, now, limits)
    for step in STEPS:
        fault = step(intake)
        if fault is not None:
            return _refused(intake, fault)
        if not intake.drafts and step is not limit_rate and step is not unpack_body:
            break
    return _answered(intake)


# --- the request ------------------------------------------------------------------------------------


def limit_rate(intake: Intake) -> Fault | None:
    intake.retry_after = intake.limits.buckets.wait(intake.address, intake.now)
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
    intake.drafts = [_draft(index, message, intake) for index, message in decoded.messages]
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
    site = next((found for key in _write_keys(intake) if (found := intake.sites.by_key.get(key))), None)
    if site is None:
        return Fault(Reason.UNKNOWN_KEY, "no site has this write key", "writeKey")
    intake.site = site
    return None


def _write_keys(intake: Intake) -> list[str]:
    """Wherever clients put it: Basic or Bearer authorization, a header, the address, the envelope, a message."""
    headers = intake.request.headers
    first = intake.envelope.messages[0][1].write_key if intake.envelope.messages else None
    given = (_authorized(headers.get("authorization", "")), headers.get("x-write-key"), intake.request.write_key, intake.envelope.write_key, first)
    return [key for key in given if key]


@lru_cache(maxsize=1024)
def _authorized(header: str) -> str:
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value).decode().partition(":")[0]
    except ValueError:
        return ""


def check_origin(intake: Intake) -> Fault | None:
    """Only browsers say where they come from; a server-side client has no origin to check."""
    origin = intake.request.headers.get("origin")
    if origin is None or intake.site.allows_origin(origin):
        return None
    return Fault(Reason.FOREIGN_ORIGIN, f"the site does not allow its key to be used from {origin[:200]}")


# --- may it be kept? --------------------------------------------------------------------------------


def ask_consent(intake: Intake) -> Fault | None:
    answers: dict[tuple | None, Consent] = {}
    kept = []
    for draft in intake.drafts:
        stated = draft.context.consent
        preferences = stated.category_preferences if stated else None
        key = tuple(preferences.items()) if preferences else None
        consent = answers.get(key)
        if consent is None:
            consent = answers[key] = consent_of(intake.site.consent_mode, intake.site.honour_dnt, intake.request.headers, preferences)
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
    kept = []
    for draft in intake.drafts:
        draft.agent = draft.context.user_agent or intake.agent
        if not is_declared_bot(draft.agent):
            kept.append(draft)
    intake.keep(kept, Reason.BOT_DECLARED)
    if intake.agent and intake.site.drop_data_centres and in_data_centre(intake.address):
        intake.keep([], Reason.BOT_DATA_CENTRE)
    return None


def correct_clocks(intake: Intake) -> Fault | None:
    now = intake.now
    shared = clocks.correction(intake.envelope.sent_at, now)
    for draft in intake.drafts:
        message = draft.message
        correction = shared if intake.envelope.sent_at is not None or message.sent_at is None else clocks.correction(message.sent_at, now)
        original = message.original_timestamp if message.original_timestamp is not None else message.timestamp
        draft.event.at, guessed = clocks.happened_at(original, correction, now)
        if guessed:
            draft.event.context = {"clock": "guessed"}
    return None


def refuse_haste(intake: Intake) -> Fault | None:
    pace = intake.limits.pace
    if pace.limit:
        kept = [draft for draft in intake.drafts if draft.event.type not in ("page", "screen") or not pace.is_too_fast(draft.person, draft.event.at)]
        intake.keep(kept, Reason.BOT_PACE)
    return None


# --- what is known about it -------------------------------------------------------------------------


def read_pages(intake: Intake) -> Fault | None:
    """Host, path and title of the page; for page views the referral, too. Queries of addresses are not kept: they hold anything."""
    for draft in intake.drafts:
        event, page = draft.event, draft.context.page
        is_view = event.type == "page" or event.type == "screen"
        if page is None and not is_view:
            continue
        properties = event.properties if is_view else {}
        url = (page and page.url) or _text(properties, "url")
        address = referrers.split(url.partition("?")[0]) if url else None
        event.host = address.host[:255] if address else ""
        event.path = hide_in_path(
            ((page and page.path) or _text(properties, "path") or (address.path if address else "")).partition("?")[0][:1024], intake.site.salt
        )
        event.title = ((page and page.title) or _text(properties, "title"))[:500]
        if is_view:
            referrer = (page and page.referrer) or _text(properties, "referrer")
            event.referral = referrers.classify(url, referrer, _campaign(draft.context), intake.site.hosts)
            _trim_view(event.properties, draft.message)
    return None


def _text(properties: dict, name: str) -> str:
    value = properties.get(name)
    return value if isinstance(value, str) else ""


def _campaign(context: Context) -> tuple[str, str, str, str, str] | None:
    campaign = context.campaign
    if campaign is None:
        return None
    source, medium, name, term, content = (
        "" if part is None else str(part) for part in (campaign.source, campaign.medium, campaign.name, campaign.term, campaign.content)
    )
    return source, medium, name, term, content


def _trim_view(properties: dict, message: Message) -> None:
    """A page view's properties repeat its addresses: without their queries, like the event's own fields."""
    if message.category:
        properties.setdefault("category", message.category)
    for name in ("url", "referrer"):
        if text := _text(properties, name):
            properties[name] = text.partition("?")[0].partition("#")[0]
    properties.pop("search", None)


def describe_devices(intake: Intake) -> Fault | None:
    """Device, browser, system, language, country, and the part of the context that is kept."""
    headers = intake.request.headers
    language = headers.get("accept-language", "")[:2].lower() if intake.agent else ""
    country = country_of(headers) if intake.limits.trusted_proxies and intake.agent else ""
    last_key: tuple | None = None
    last: dict = {}
    for draft in intake.drafts:
        event, context = draft.event, draft.context
        event.device, event.browser, event.os = describe(draft.agent) if draft.agent else _stated_device(context)
        locale, library, consent = context.locale, context.library, context.consent
        event.language = _language(locale) if locale else language if language.isalpha() else ""
        event.country = country or _stated_country(context)
        network = truncate(intake.address if intake.agent else context.ip or "")
        preferences = consent.category_preferences if consent else None
        key = (locale, context.timezone, library and library.name, library and library.version, network, preferences)
        if key != last_key:
            last_key, last = key, _kept_context(key)
        event.context = event.context | last if event.context else last
    return None


def _kept_context(key: tuple) -> dict:
    locale, timezone, name, version, network, preferences = key
    library = f"{name} {version or ''}".strip() if name else None
    kept = {"library": library, "locale": locale, "timezone": timezone, "ip": network, "consent": preferences}
    return {name: value for name, value in kept.items() if value}


@lru_cache(maxsize=1024)
def _language(locale: str) -> str:
    language = locale.replace("_", "-").partition("-")[0].lower()
    return language if 2 <= len(language) <= 3 and language.isalpha() and language.isascii() else ""


def _stated_device(context: Context) -> Agent:
    """What an app says of its device, where there is no user agent."""
    if context.device is None and context.os is None:
        return UNKNOWN
    stated = ((context.device and context.device.type) or "").lower()
    device = stated if stated in ("desktop", "mobile", "tablet", "tv") else "mobile" if stated in ("ios", "android", "phone") else "other"
    return Agent(device, "", (context.os and context.os.name) or "")


def _stated_country(context: Context) -> str:
    code = ((context.location and context.location.country) or "").upper()
    return code if len(code) == 2 and code.isascii() and code.isalpha() else ""


# --- whose it is ------------------------------------------------------------------------------------


def pseudonymise(intake: Intake) -> Fault | None:
    """Ids, and whatever the site marks as personal, become keyed hashes. `tracking.personal` says what counts."""
    site = intake.site
    ids = _ids(intake.drafts)
    repeats_ids = _may_repeat_ids(intake, ids)
    for draft in intake.drafts:
        message, event = draft.message, draft.event
        if event.properties and (repeats_ids or may_be_personal(event.properties, site.personal_in_properties)):
            event.properties = hide(event.properties, site.personal_in_properties, ids, site.salt)
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
        ids |= {message.anonymous_id, message.user_id, message.previous_id, message.group_id}
    return {str(identity) for identity in ids if identity not in (None, "")}


def _may_repeat_ids(intake: Intake, ids: set[str]) -> bool:
    """Whether some text may be an id or an e-mail address. A cheap look at the bytes, so that the common batch is not walked value by value:
    no "@", no escapes that could hide one, and each id exactly as often as the messages name it."""
    body = intake.body
    if b"@" in body or b"\\u" in body or len(ids) > 8:
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
        visitor, user_visitor, event.user = _identify(salt, message)
        arrival = open_arrivals.get(visitor)
        if arrival is None or (user_visitor and arrival.user_visitor not in ("", user_visitor)):
            arrival = open_arrivals[visitor] = Arrival(site_id, visitor, user_visitor, [])
            intake.arrivals.append(arrival)
        elif user_visitor:
            arrival.user_visitor = user_visitor
        arrival.events.append(event)
    return None


def _identify(salt: str, message: Message) -> tuple[str, str, str]:
    """Visitor, the visitor made from the userId, the user's pseudonym. An alias speaks for its previousId."""
    user_id = "" if message.user_id is None else str(message.user_id)
    anonymous_id = message.previous_id if message.type == "alias" else message.anonymous_id
    user_visitor, user = _user(salt, user_id) if user_id else ("", "")
    visitor = user_visitor if anonymous_id in (None, "") else _visitor(salt, str(anonymous_id))
    return visitor, user_visitor, user


@lru_cache(maxsize=16_384)
def _visitor(salt: str, anonymous_id: str) -> str:
    return pseudonyms.visitor_of(salt, anonymous_id)


@lru_cache(maxsize=16_384)
def _user(salt: str, user_id: str) -> tuple[str, str]:
    return pseudonyms.visitor_of_user(salt, user_id), pseudonyms.pseudonym(salt, user_id)


STEPS: tuple[Step, ...] = (
    limit_rate,
    unpack_body,
    decode,
    find_site,
    check_origin,
    ask_consent,
    refuse_bots,
    correct_clocks,
    refuse_haste,
    read_pages,
    describe_devices,
    pseudonymise,
    group_by_visitor,
)


# --- the answer -------------------------------------------------------------------------------------


def _refused(intake: Intake, fault: Fault) -> Received:
    """Counts what the refusal costs: the messages that were decoded, else one."""
    refused = max(1, len(intake.drafts))
    site = getattr(intake, "site", None)
    body = msgspec.json.encode({"success": False, "code": fault.reason, "message": fault.message, "field": fault.field})
    return Received(STATUS[fault.reason], body, [], intake.drops | {fault.reason: intake.drops.get(fault.reason, 0) + refused}, site, intake.retry_after)


def _answered(intake: Intake) -> Received:
    """200 while anything of it was in order; a request whose every message is at fault is refused like a single message would be."""
    accepted = sum(len(arrival.events) for arrival in intake.arrivals)
    site = getattr(intake, "site", None)
    if not intake.drops:
        return Received(200, _accepted(accepted), intake.arrivals, intake.drops, site)
    faults = [{"index": fault.index, "code": fault.reason, "field": fault.field, "message": fault.message} for fault in intake.faults[:100]]
    if faults and not intake.envelope.messages:
        first = intake.faults[0]
        body = {"success": False, "code": first.reason, "message": first.message, "field": first.field, "rejected": faults}
        return Received(STATUS[first.reason], msgspec.json.encode(body), [], intake.drops, site)
    answer: dict = {"success": True, "accepted": accepted}
    dropped = {reason: number for reason, number in intake.drops.items() if reason not in STATUS}
    answer |= ({"dropped": dropped} if dropped else {}) | ({"rejected": faults} if faults else {})
    return Received(200, msgspec.json.encode(answer), intake.arrivals, intake.drops, site)


@lru_cache(maxsize=4096)
def _accepted(number: int) -> bytes:
    return b'{"success":true,"accepted":%d}' % number
