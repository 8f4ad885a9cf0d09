"""Which external click brought this visitor?

Looked at in order of trust: what the marketer wrote (`utm_*`, `context.campaign`), the click id that an advertising system added, the referrer's host.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from tracking.event import Referral
from tracking.referrer_hosts import ADS, AI, APPS, CLICK_IDS, EMAIL, MEDIUM_CHANNELS, PAID, PAID_MEDIUM, SEARCH, SOCIAL, SOURCE_CHANNELS, TERM_KEYS
from tracking.remembering import remembered

LONGEST = 200  # characters of source, medium, campaign, term and content that are kept
LONGEST_ADDRESS = 4096  # characters of an address that are looked at
LONGEST_REMEMBERED = 2048  # characters of what is kept in memory, so that long ones do not fill it
_CHANNELS = {"search": SEARCH, "social": SOCIAL, "ai": AI, "email": EMAIL, "ads": ADS, "paid": PAID}
_FAMILIES = ("social", "ads")  # channels in which a host stands for all hosts below it
_APP = "android-app:"
_WEB = ("", "http", "https", "android-app")  # schemes of what can bring a visitor; an extension, a file or about: is nowhere
_SAME_SITE = frozenset(["m", "mobile", "wap", "touch", "amp", "lite", "html", "safe", "ipv4", "ipv6", "encrypted", "www1", "www2", "www3"])
_SECOND_LEVEL = frozenset(["co", "com", "net", "org", "gov", "edu", "ac", "or", "ne", "go", "gob", "nom", "web"])
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


class Address(NamedTuple):
    """The parts of an address that are looked at; `host` in lower case, without port and without a leading "www."."""

    host: str
    path: str
    query: str


NOWHERE = Address("", "", "")


@remembered(16_384, LONGEST_REMEMBERED)
def split(address: str) -> Address:
    """Never raises; what is no address has no host. Understands scheme-less and `android-app://` addresses."""
    address = address[:LONGEST_ADDRESS]
    scheme, separator, rest = address.partition("://")
    if not separator:
        scheme, rest = "", address.removeprefix("//") if address.startswith("//") else f"/{address}" if not address.startswith("/") else address
    rest, _, _ = rest.partition("#")
    rest, _, query = rest.partition("?")
    authority, slash, path = rest.partition("/")
    host = authority.rpartition("@")[2].lower()
    host = host.partition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    host = host.rstrip(".").removeprefix("www.")
    return Address(_APP + host if scheme == "android-app" else host, slash + path or "/", query)


def _is_site(address: str) -> bool:
    """Whether an address is one that a visitor can come from: an extension's, a file's or about:blank is none."""
    scheme, separator, _ = address.partition("://")
    return not separator or scheme.strip().lower() in _WEB


class Names(NamedTuple):
    """Host, `name.*` or host with path -> (channel, source); `below` for the hosts below that name, too."""

    exact: dict[str, tuple[str, str]]
    below: dict[str, tuple[str, str]]


@cache
def _names() -> Names:
    names = Names({}, {})
    for channel, table in _CHANNELS.items():
        for source, hosts in table.items():
            for host in hosts.split():
                name = host.removeprefix("*.")
                names.exact[name] = channel, source
                if channel in _FAMILIES or name != host:
                    names.below[name] = channel, source
    return names


@cache
def _apps() -> dict[str, tuple[str, str]]:
    return {package: (channel, source) for channel, table in APPS.items() for source, packages in table.items() for package in packages.split()}


def _squeezed(text: str) -> str:
    """Paid Social, paid_social and paid+social are one word."""
    return re.sub(r"[\W_]+", "", text.lower())


@cache
def _mediums() -> dict[str, str]:
    return {medium: channel for channel, mediums in MEDIUM_CHANNELS.items() for medium in mediums.split()}


@cache
def _sources() -> dict[str, str]:
    """Names of a source in small letters without signs -> channel. Google is a search engine first, and an advertiser only when it says so."""
    sources = {_squeezed(source): channel for channel, table in reversed(_CHANNELS.items()) for source in table}
    return sources | {name: channel for channel, names in SOURCE_CHANNELS.items() for name in names.split()}


def _without_ending(host: str) -> str:
    """shop.google.co.uk -> shop.google.*, the form in which the tables name hosts of many countries."""
    labels = host.split(".")
    ending = 2 if len(labels) > 2 and labels[-2] in _SECOND_LEVEL else 1
    return ".".join(labels[:-ending]) + ".*"


def _parents(host: str) -> Iterator[str]:
    """The host, then the hosts above it."""
    while host:
        yield host
        _, _, host = host.partition(".")


def known_host(host: str, path: str = "/") -> tuple[str, str] | None:
    """Channel and source of a host (lower case, without "www."), None when it is nobody we know. The longest match wins."""
    if host.startswith(_APP):
        package = host.removeprefix(_APP)
        return _apps().get(package) or known_host(".".join(reversed(package.split("."))))
    names, steps = _names(), [step for step in path.split("/") if step][:2]
    first, _, rest = host.partition(".")
    host = rest if first in _SAME_SITE and "." in rest else host
    table = names.exact
    for name in _parents(host):
        for form in (name, _without_ending(name)) if "." in name else ():
            for depth in range(len(steps), -1, -1):
                if found := table.get("/".join([form, *steps[:depth]])):
                    return found
        table = names.below
    return _telltale(host)


# First labels under which many companies and providers run their web mail.
_MAIL = re.compile(r"(?:(?:web|e-?|light|my)?mail(?:er)?|roundcube|squirrelmail|horde|zimbra|owa|correo|poczta|posta|messagerie)\d*m?|deref-.+|lightmailer-.+")
_MAIL_OF_PROVIDER = re.compile(r"(?:(?:web|light)?mailer?|navigator|3c|bap)(?:-\w+)?\d*")
# Software of social networks that anyone may run; its servers are named after it.
_FEDERATED = {"mastodon": "Mastodon", "mstdn": "Mastodon", "pixelfed": "Pixelfed", "lemmy": "Lemmy", "misskey": "Misskey", "peertube": "PeerTube"}


def _telltale(host: str) -> tuple[str, str] | None:
    """Hosts of nobody we know whose first label says what they are."""
    first, _, rest = host.partition(".")
    provider = _names().exact.get(rest) or _names().exact.get(_without_ending(rest) if "." in rest else "")
    if provider and provider[0] == "email" and _MAIL_OF_PROVIDER.fullmatch(first):
        return provider
    if _MAIL.fullmatch(first) and rest:
        return "email", ""
    if first in _FEDERATED and rest:
        return "social", _FEDERATED[first]
    if first in ("search", "suche", "buscar", "recherche") and not _is_of_engine(rest):
        return "search", ""
    return None


def _is_of_engine(host: str) -> bool:
    """Whether a host is an engine's or below one: of those the tables name each host that searches (search.google.com is for webmasters)."""
    exact = _names().exact
    return any(name in exact or _without_ending(name) in exact for name in _parents(host) if "." in name)


def _first(parameters: dict[str, str], names: tuple[str, ...]) -> str:
    return next((parameters[name] for name in names if parameters.get(name)), "")


# What a template leaves where nobody filled it in.
_UNFILLED = re.compile(r"\$?\{.*\}|%\w+%|undefined|null|\((?:none|not set|direct)\)", re.IGNORECASE)


def _given(value: str) -> str:
    """A parameter's value; "" where it only says that there is none."""
    value = value.replace("\0", "").strip()[:LONGEST]
    return "" if _UNFILLED.fullmatch(value) else value


def _parameters(query: str) -> dict[str, str]:
    """The first value of each parameter that has one; names in lower case. Bounded: a hostile query of many parameters is cut."""
    found: dict[str, str] = {}
    try:
        pairs = parse_qsl(query, max_num_fields=100)
    except ValueError:
        return found
    for name, value in pairs:
        if value := _given(value):
            found.setdefault(name.strip().lower().removeprefix("amp;"), value)  # "&amp;" out of HTML that was escaped twice
    return found


def is_internal(host: str, hosts: frozenset[str]) -> bool:
    """Whether a host belongs to the site: one of `hosts` or below one."""
    return any(name in hosts for name in _parents(host))


def classify(
    url: str, referrer: str, campaign: tuple[str, str, str, str, str] | None, hosts: frozenset[str], unwanted: frozenset[str] = frozenset()
) -> Referral | None:
    """The referral of a page view, None where the visitor was on the site already.

    `campaign` is (source, medium, name, term, content) as the client gives it; it wins over `utm_*`. `hosts` are the site's own, in lower
    case, without "www."; the page's own host always counts as the site's. Who comes back from one of the `unwanted` hosts had left the
    site only to pay or to sign in, and was on the site already, too.
    """
    texts = len(url) + len(referrer) + sum(map(len, campaign or ()))
    look = _classify if texts <= LONGEST_REMEMBERED else _classify.__wrapped__
    return look(url, referrer, campaign, hosts, unwanted)


@lru_cache(maxsize=8192)
def _classify(url: str, referrer: str, campaign: tuple[str, str, str, str, str] | None, hosts: frozenset[str], unwanted: frozenset[str]) -> Referral | None:
    page, origin = split(url), split(referrer)
    parameters = _parameters(page.query) if page.query else {}
    given = tuple(map(_given, campaign)) if campaign else ()
    if not any(given):
        given = _utm(parameters)
    click = next((name for name in CLICK_IDS if name in parameters), "") if parameters else ""
    inside = bool(origin.host) and (origin.host == page.host or is_internal(origin.host, hosts) or is_return(origin.host, unwanted))
    if inside and not click and not any(given):
        return None
    return _referral(page, NOWHERE if inside or not _is_site(referrer) else origin, given, click)


# Banks' own pages of 3-D Secure: too many to list, and named alike.
_BANK = re.compile(r"(?:acs|3ds|3-?d-?secure)[\d-]*\..+\..+")


def is_return(host: str, unwanted: frozenset[str]) -> bool:
    """Whether a host is one to which a site sends its visitors to pay or to sign in: one of `unwanted`, below one, or a bank's."""
    return bool(unwanted) and (is_internal(host, unwanted) or _BANK.fullmatch(host) is not None)


def _utm(parameters: dict[str, str]) -> tuple[str, str, str, str, str]:
    source, medium, name, term, content = (parameters.get(key, "") for key in _UTM)
    return source, medium, name, term, content


def _referral(page: Address, origin: Address, given: tuple[str, ...], click: str) -> Referral:
    source, medium, name, term, content = given
    found = known_host(origin.host, origin.path) if origin.host else None
    channel, known_source = _channel(found, click, source, medium, bool(origin.host))
    return Referral(
        channel=channel,
        source=source or known_source or origin.host.removeprefix(_APP)[:LONGEST],
        medium=medium or ("" if channel == "direct" else channel),
        campaign=name,
        term=term or (_first(_parameters(origin.query), TERM_KEYS) if found and found[0] == "search" else ""),
        content=content,
        click_id=click,
        referrer_host=origin.host[:255],
        landing_path=page.path[:1024],
    )


def _channel(found: tuple[str, str] | None, click: str, source: str, medium: str, has_referrer: bool) -> tuple[str, str]:
    """Channel and source. What the marketer says wins, then the click id, then the host."""
    clicked = CLICK_IDS.get(click)
    known_source = clicked[1] if clicked else found[1] if found else ""
    named = _channel_of_medium(medium)
    if named == "referral":  # says that there was a link, which the source says better where it is a network's
        named = _channel_of_source(source) or named
    if named:
        return named, known_source
    if clicked:
        return clicked[0], known_source
    if source and (told := _channel_of_source(source)):
        return told, known_source
    if found:
        return found[0], known_source
    return ("referral" if has_referrer or source or medium else "direct"), known_source


def _channel_of_medium(medium: str) -> str:
    """As GA4 reads it, and its words as marketers write them; "" when it says nothing."""
    text = medium.lower()
    if not text:
        return ""
    if re.fullmatch(PAID_MEDIUM, text):
        return "paid"
    words = re.split(r"[\W_]+", text)
    if "paid" in words and not {"non", "not", "un"} & set(words):
        return "paid"
    mediums = _mediums()
    return mediums.get("".join(words)) or next((mediums[word] for word in words if word in mediums and word != "organic"), "")


def _channel_of_source(source: str) -> str:
    """utm_source alone: "chatgpt.com", "Facebook" and "fb" say enough; "" for other names. "Facebook Ads" are paid."""
    name = source.lower().removeprefix("www.")
    if "." in name and (found := known_host(name)):
        return found[0]
    sources, words = _sources(), re.split(r"[\W_]+", name)
    if told := sources.get("".join(words)):
        return told
    if words[0] in sources and {"ad", "ads", "paid"} & set(words[1:]):
        return "paid"
    return "email" if "newsletter" in name else ""
