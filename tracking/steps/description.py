"""When, on which page, brought by what, on which device, in which currency?"""

import uuid
from collections.abc import Collection
from functools import lru_cache
from typing import Any

import msgspec

from privacy.consent import plain_answers
from sites.config import SiteConfig
from sites.money import USUAL_DECIMALS, decimals
from tracking import clocks, referrers
from tracking.addresses import country_of, truncate
from tracking.event import DEVICES, SERVER, VIEWS, Event, Referral
from tracking.formats.segment import Context, Fault, Message, Page
from tracking.intake import Intake
from tracking.languages import language_of
from tracking.personal import LONGEST_PATH, hide_in_text, kept_path
from tracking.steps.ids import ids_of, repeats_ids
from tracking.user_agents import UNKNOWN, Agent, parse

_NO_PAGE = Page()
_ADDRESSES = ("url", "referrer")
# What the address says of a referral, which may be anything.
_TOLD = ("source", "medium", "campaign", "term", "content")
_NOTHING = Agent("", "", "")
LONGEST_REMEMBERED = 2048  # characters of a page's addresses and title that are kept in memory


def correct_clocks(intake: Intake) -> Fault | None:
    """From here on a message is an event: what it says for itself, at its time."""
    now, sent_at = intake.now, intake.envelope.sent_at
    shared = clocks.correction(sent_at, now)
    before: tuple[str | int | float | None, int] | None = None
    at, is_guessed = now, False
    for stretch in intake.stretches:
        events = stretch.events
        for message in stretch.messages:
            correction, original = shared, message.original_timestamp
            if sent_at is None and message.sent_at is not None:
                correction = clocks.correction(message.sent_at, now)
            if original is None:
                original = message.timestamp
            if (original, correction) != before:  # a page tells several things of one moment
                at, is_guessed = clocks.happened_at(original, correction, now)
                before = original, correction
            event = _event(message, at, now)
            if is_guessed:
                event.context = {"clock": "guessed"}
            events.append(event)
    return None


def _event(message: Message, at: int, now: int) -> Event:
    kind, message_id, properties, traits = message.type, message.message_id, message.properties, message.traits
    if message_id.__class__ is not str or not message_id:
        message_id = _message_id(message_id)
    if properties is None:
        properties = {}
    if traits is None:
        # The message's own context: that of its stretch is equal, and 1 equals True.
        traits = (message.context.traits if message.context else None) or {}
    if message.category and kind in VIEWS:
        properties.setdefault("category", message.category)
    name = message.event or message.name or ""
    if kind == "alias":
        name = ""  # "Visitor Merged" is ours to say (segments.profiles)
    return Event(message_id, kind or "", name, at, now, properties=properties, traits=traits)


def _message_id(given: str | int | None) -> str:
    return str(uuid.uuid4()) if given is None or given == "" else str(given)


def read_pages(intake: Intake) -> Fault | None:
    """Host, path and title of the page; for page views the referral, too. Queries of addresses are not kept: they hold
    anything."""
    site, is_repeated = intake.site, repeats_ids(intake)
    for stretch in intake.stretches:
        page, ids = stretch.context.page, ids_of(stretch.first) if is_repeated else ()
        place: tuple[str, str, str] | None = None
        for event in stretch.events:
            properties = event.properties
            if event.type in VIEWS:
                place = _place(page or _NO_PAGE, properties, ids, site.salt)
                event.referral = _referral(page or _NO_PAGE, properties, stretch.context, ids, site)
                properties.pop("search", None)
            elif page is not None and place is None:
                place = _place(page, {}, ids, site.salt)
            if "url" in properties or "referrer" in properties:
                _trim_addresses(properties)
            if place is not None:
                event.host, event.path, event.title = place
    return None


def _place(page: Page, properties: dict[str, Any], ids: Collection[str], salt: str) -> tuple[str, str, str]:
    """Host, path, title; a page view may name them among its properties."""
    url = page.url or _text(properties, "url")
    path = page.path or _text(properties, "path")
    title = page.title or _text(properties, "title")
    if not ids and len(url) + len(path) + len(title) <= LONGEST_REMEMBERED:
        return _known_place(url, path, title, salt)
    return _place_of(url, path, title, ids, salt)


def _place_of(url: str, path: str, title: str, ids: Collection[str], salt: str) -> tuple[str, str, str]:
    address = referrers.split_address(url.partition("?")[0]) if url else referrers.NOWHERE
    path = path or address.path
    return address.host[:255], kept_path(path.partition("?")[0], ids, salt), hide_in_text(title, ids, salt)[:500]


@lru_cache(maxsize=4096)
def _known_place(url: str, path: str, title: str, salt: str) -> tuple[str, str, str]:
    """The same pages are looked at again and again, by all visitors; and most of them once for each event."""
    return _place_of(url, path, title, (), salt)


def _referral(
    page: Page, properties: dict[str, Any], context: Context, ids: Collection[str], site: SiteConfig
) -> Referral | None:
    url, referrer = page.url or _text(properties, "url"), page.referrer or _text(properties, "referrer")
    referral = referrers.classify(url, referrer, _campaign(context), site.hosts, site.unwanted_referrers)
    if referral is None or (not ids and context.campaign is None and _is_plain(url) and _is_plain(referrer)):
        return referral
    told = {"landing_path": kept_path(referral.landing_path, ids, site.salt)}
    told |= {name: hide_in_text(text, ids, site.salt) for name in _TOLD if (text := getattr(referral, name))}
    changed = {name: text for name, text in told.items() if text is not getattr(referral, name)}
    return msgspec.structs.replace(referral, **changed) if changed else referral


def _is_plain(address: str) -> bool:
    """Whether what is read out of it can be kept as it stands: nothing in it is encoded, and no e-mail address."""
    return "%" not in address and "@" not in address and len(address) <= LONGEST_PATH


def _trim_addresses(properties: dict[str, Any]) -> None:
    """Pages' addresses among an event's properties: without their queries, like the event's own fields."""
    for name in _ADDRESSES:
        if text := _text(properties, name):
            properties[name] = text.partition("?")[0].partition("#")[0]


def _text(properties: dict[str, Any], name: str) -> str:
    value = properties.get(name)
    return value if isinstance(value, str) else ""


def _campaign(context: Context) -> tuple[str, str, str, str, str] | None:
    campaign = context.campaign
    if campaign is None:
        return None
    source, medium, name, term, content = (
        "" if part is None else str(part)
        for part in (campaign.source, campaign.medium, campaign.name, campaign.term, campaign.content)
    )
    return source, medium, name, term, content


def describe_devices(intake: Intake) -> Fault | None:
    """Device, browser, system, language, country, and the part of the context that is kept."""
    headers = intake.request.headers
    accepted = language_of(headers.get("accept-language", "")) if intake.agent else ""
    stated_country = country_of(headers, intake.limits.trusted_proxies) if intake.agent else ""
    for stretch in intake.stretches:
        context = stretch.context
        described = parse(stretch.agent) if stretch.agent else _stated_device(context)
        language = language_of(context.locale) if context.locale else accepted
        country = stated_country or _stated_country(context)
        kept = _kept(context, intake.request.address if intake.agent else context.ip or "")
        # Tools name themselves; a browser names its system, too.
        is_seen = (
            described.os
            or described.device not in ("", UNKNOWN.device)
            or "origin" in headers
            or _speaks_of_device(context)
        )
        device, browser, system = described if is_seen else _NOTHING
        for event in stretch.events:
            event.device, event.browser, event.os, event.language, event.country = (
                device,
                browser,
                system,
                language,
                country,
            )
            event.context = event.context | kept if event.context else kept
            if not is_seen and event.type not in VIEWS:
                event.context = event.context | {"channel": SERVER}
    return None


def _speaks_of_device(context: Context) -> bool:
    """A page in a browser, or an app. Who the visitor is, where they are and what they speak a server knows as well."""
    return context.page is not None or context.device is not None or context.os is not None


def _kept(context: Context, address: str) -> dict[str, Any]:
    library, consent = context.library, context.consent
    program = f"{library.name} {library.version or ''}".strip() if library and library.name else None
    preferences = plain_answers(consent.category_preferences) if consent else None
    told = {
        "library": program,
        "locale": context.locale,
        "timezone": context.timezone,
        "ip": truncate(address),
        "consent": preferences,
    }
    return {name: value for name, value in told.items() if value}


def _stated_device(context: Context) -> Agent:
    """What an app says of its device, where there is no user agent."""
    if context.device is None and context.os is None:
        return _NOTHING
    stated = ((context.device and context.device.type) or "").lower()
    device = "mobile" if stated in ("ios", "android", "phone") else stated
    return Agent(device if device in DEVICES else UNKNOWN.device, "", (context.os and context.os.name) or "")


def _stated_country(context: Context) -> str:
    code = ((context.location and context.location.country) or "").upper()
    return code if len(code) == 2 and code.isascii() and code.isalpha() else ""


def mark_currencies(intake: Intake) -> Fault | None:
    """An event that names another currency than the site's carries the site's: amounts of different units are never
    added. Where the site's currency has not two decimals, every event that tells something carries it: amounts come in
    major units, and a fold counts minor ones.

    It is kept with the event, so that a rebuild reads the same amounts after the site has changed its currency.
    """
    home = intake.site.currency
    if decimals(home) != USUAL_DECIMALS:
        for stretch in intake.stretches:
            for event in stretch.events:
                if event.properties:
                    event.context = event.context | {"currency": home}
        return None
    for stretch in intake.stretches:
        for event in stretch.events:
            properties = event.properties
            if "currency" not in properties and "products" not in properties:
                continue  # as most
            if _is_foreign(properties, home) or _sells_abroad(properties.get("products"), home):
                event.context = event.context | {"currency": home}
    return None


def _is_foreign(properties: dict[str, Any], home: str) -> bool:
    currency = properties.get("currency")
    return isinstance(currency, str) and currency.strip().upper() not in ("", home)


def _sells_abroad(products: object, home: str) -> bool:
    return isinstance(products, list) and any(
        isinstance(product, dict) and _is_foreign(product, home) for product in products
    )
