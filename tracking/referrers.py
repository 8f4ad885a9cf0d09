"""Which external click brought this visitor?

Looked at in order of trust: what the marketer wrote (`utm_*`, `context.campaign`), the click id that an advertising system added, the referrer's host.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from tracking.event import Referral
from tracking.referrer_hosts import ADS, AI, CLICK_IDS, EMAIL, MEDIUM_CHANNELS, SEARCH, SOCIAL, TERM_KEYS
from tracking.remembering import remembered

LONGEST = 200  # characters of source, medium, campaign, term and content that are kept
LONGEST_ADDRESS = 4096  # characters of an address that are looked at
LONGEST_REMEMBERED = 2048  # characters of what is kept in memory, so that long ones do not fill it
_CHANNELS = {"search": SEARCH, "social": SOCIAL, "ai": AI, "email": EMAIL, "ads": ADS}
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
    return Address(f"android-app:{host}" if scheme == "android-app" else host, slash + path or "/", query)


@cache
def _hosts() -> dict[str, tuple[str, str]]:
    """Host, `name.*` or host with path -> (channel, source)."""
    return {host.removeprefix("www."): (channel, source) for channel, table in _CHANNELS.items() for source, hosts in table.items() for host in hosts.split()}


@cache
def _mediums() -> dict[str, str]:
    return {medium: channel for channel, mediums in MEDIUM_CHANNELS.items() for medium in mediums.split()}


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
    table = _hosts()
    steps = [step for step in path.split("/") if step][:2]
    for name in _parents(host):
        for form in (name, _without_ending(name)) if "." in name else ():
            for depth in range(len(steps), -1, -1):
                if found := table.get("/".join([form, *steps[:depth]])):
                    return found
    return _telltale(host)


def _telltale(host: str) -> tuple[str, str] | None:
    """Hosts of nobody we know whose first label says what they are: many companies run web mail under such a name."""
    first = host.partition(".")[0].rstrip("0123456789")
    if first in ("webmail", "mail", "email", "webmailm", "roundcube", "zimbra", "owa"):
        return "email", ""
    if first in ("search", "suche", "buscar", "recherche"):
        return "search", ""
    return None


def _first(parameters: dict[str, str], names: tuple[str, ...]) -> str:
    return next((parameters[name] for name in names if parameters.get(name)), "")


def _parameters(query: str) -> dict[str, str]:
    """The first value of each parameter; names in lower case. Bounded: a hostile query of many parameters is cut."""
    found: dict[str, str] = {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return found
    for name, value in pairs:
        found.setdefault(name.lower(), value.replace("\0", "").strip()[:LONGEST])
    return found


def is_internal(host: str, hosts: frozenset[str]) -> bool:
    """Whether a host belongs to the site: one of `hosts` or below one."""
    return any(name in hosts for name in _parents(host))


def classify(url: str, referrer: str, campaign: tuple[str, str, str, str, str] | None, hosts: frozenset[str]) -> Referral | None:
    """The referral of a page view, None where the visitor was on the site already.

    `campaign` is (source, medium, name, term, content) as the client gives it; it wins over `utm_*`. `hosts` are the site's own, in lower
    case, without "www."; the page's own host always counts as the site's.
    """
    texts = len(url) + len(referrer) + sum(map(len, campaign or ()))
    look = _classify if texts <= LONGEST_REMEMBERED else _classify.__wrapped__
    return look(url, referrer, campaign, hosts)


@lru_cache(maxsize=8192)
def _classify(url: str, referrer: str, campaign: tuple[str, str, str, str, str] | None, hosts: frozenset[str]) -> Referral | None:
    page, origin = split(url), split(referrer)
    parameters = _parameters(page.query) if page.query else {}
    given = campaign if campaign and any(campaign) else _utm(parameters)
    click = next((name for name in CLICK_IDS if name in parameters), "") if parameters else ""
    inside = bool(origin.host) and (origin.host == page.host or is_internal(origin.host, hosts))
    if inside and not click and not any(given):
        return None
    return _referral(page, NOWHERE if inside else origin, given, click)


def _utm(parameters: dict[str, str]) -> tuple[str, str, str, str, str]:
    source, medium, name, term, content = (parameters.get(key, "") for key in _UTM)
    return source, medium, name, term, content


def _referral(page: Address, origin: Address, given: tuple[str, str, str, str, str], click: str) -> Referral:
    source, medium, name, term, content = (text[:LONGEST] for text in given)
    found = known_host(origin.host, origin.path) if origin.host else None
    channel, known_source = _channel(found, click, source, medium, bool(origin.host))
    return Referral(
        channel=channel,
        source=source or known_source or origin.host[:LONGEST],
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
    if named := _mediums().get(medium.lower()):
        return named, known_source
    if clicked:
        return clicked[0], known_source
    if found:
        return found[0], known_source
    if source or medium:
        return _channel_of_source(source), known_source
    return ("referral" if has_referrer else "direct"), known_source


def _channel_of_source(source: str) -> str:
    """utm_source alone: "chatgpt.com" and "facebook" say enough, other names are a referral."""
    name = source.lower().removeprefix("www.")
    found = known_host(name) if "." in name else next((host for label, host in _labels().items() if label == name), None)
    return found[0] if found else "email" if "newsletter" in name else "referral"


@cache
def _labels() -> dict[str, tuple[str, str]]:
    return {source.lower(): (channel, source) for channel, table in _CHANNELS.items() for source in table}
