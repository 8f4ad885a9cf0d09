"""When, on which page, brought by what, on which device?"""

from functools import lru_cache

from tracking import clocks, referrers
from tracking.addresses import country_of, truncate
from tracking.formats.segment import Context, Fault, Message
from tracking.intake import Draft, Intake
from tracking.personal import hide_in_path
from tracking.user_agents import UNKNOWN, Agent, parse


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


def read_pages(intake: Intake) -> Fault | None:
    """Host, path and title of the page; for page views the referral, too. Queries of addresses are not kept: they hold anything."""
    last: Draft | None = None
    for draft in intake.drafts:
        event, page = draft.event, draft.context.page
        is_view = event.type == "page" or event.type == "screen"
        if page is None and not is_view:
            continue
        if last is not None and not is_view and draft.context is last.context:
            event.host, event.path, event.title = last.event.host, last.event.path, last.event.title
            continue
        last = draft if page is not None else None
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
    country = country_of(headers, intake.limits.trusted_proxies) if intake.agent else ""
    last: Draft | None = None
    kept: dict = {}
    for draft in intake.drafts:
        event, context = draft.event, draft.context
        if last is not None and context is last.context:
            like = last.event
            event.device, event.browser, event.os, event.language, event.country = like.device, like.browser, like.os, like.language, like.country
            event.context = event.context | kept if event.context else kept
            continue
        last = draft
        event.device, event.browser, event.os = parse(draft.agent) if draft.agent else _stated_device(context)
        locale, library, consent = context.locale, context.library, context.consent
        event.language = _language(locale) if locale else language if language.isalpha() else ""
        event.country = country or _stated_country(context)
        network = truncate(intake.request.address if intake.agent else context.ip or "")
        preferences = consent.category_preferences if consent else None
        program = f"{library.name} {library.version or ''}".strip() if library and library.name else None
        stated = {"library": program, "locale": locale, "timezone": context.timezone, "ip": network, "consent": preferences}
        kept = {name: value for name, value in stated.items() if value}
        event.context = event.context | kept if event.context else kept
    return None


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
