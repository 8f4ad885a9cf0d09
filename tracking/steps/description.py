"""When, on which page, brought by what, on which device?"""

from functools import lru_cache

from tracking import clocks, referrers
from tracking.addresses import country_of, truncate
from tracking.formats.segment import Context, Fault, Message
from tracking.intake import Intake
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
    country = country_of(headers, intake.limits.trusted_proxies) if intake.agent else ""
    last_key: tuple | None = None
    last: dict = {}
    for draft in intake.drafts:
        event, context = draft.event, draft.context
        event.device, event.browser, event.os = parse(draft.agent) if draft.agent else _stated_device(context)
        locale, library, consent = context.locale, context.library, context.consent
        event.language = _language(locale) if locale else language if language.isalpha() else ""
        event.country = country or _stated_country(context)
        network = truncate(intake.request.address if intake.agent else context.ip or "")
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
