"""Which external click brought this visitor?

Looked at in order of trust: what the marketer wrote (`utm_*`, `context.campaign`), the click id that an advertising
system added, the referrer's host.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from sites.remembering import remember
from tracking.campaign_words import CLICK_IDS, LONGEST, channel_of_medium, channel_of_source, clean_value
from tracking.event import Referral
from tracking.known_hosts import APP, known_host, parents
from tracking.referrer_hosts import TERM_KEYS
from tracking.sources import source_name, word

LONGEST_ADDRESS = 4096  # characters of an address that are looked at
LONGEST_REMEMBERED = 2048  # characters of what is kept in memory, so that long ones do not fill it
# Schemes of what can bring a visitor; an extension, a file or about: is nowhere.
_WEB = ("", "http", "https", "android-app")
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


class Address(NamedTuple):
    """The parts of an address that are looked at; `host` in lower case, without port and without a leading "www."."""

    host: str
    path: str
    query: str


NOWHERE = Address("", "", "")


def _path_or_host(address: str) -> str:
    """Of an address without a scheme: what follows `//` begins with a host, all else is a path."""
    if address.startswith("//"):
        return address.removeprefix("//")
    return address if address.startswith("/") else f"/{address}"


@remember(16_384, LONGEST_REMEMBERED)
def split_address(address: str) -> Address:
    """Never raises; what is no address has no host. Understands scheme-less and `android-app://` addresses."""
    address = address[:LONGEST_ADDRESS]
    scheme, separator, rest = address.partition("://")
    if not separator:
        scheme, rest = "", _path_or_host(address)
    rest, _, _ = rest.partition("#")
    rest, _, query = rest.partition("?")
    authority, slash, path = rest.partition("/")
    host = authority.rpartition("@")[2].lower()
    host = host.partition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    host = host.rstrip(".").removeprefix("www.")
    return Address(APP + host if scheme == "android-app" else host, slash + path or "/", query)


def _is_site(address: str) -> bool:
    """Whether an address is one that a visitor can come from: an extension's, a file's or about:blank is none."""
    scheme, separator, _ = address.partition("://")
    return not separator or scheme.strip().lower() in _WEB


def _first_given(parameters: dict[str, str], names: tuple[str, ...]) -> str:
    return next((parameters[name] for name in names if parameters.get(name)), "")


def _parameters(query: str) -> dict[str, str]:
    """The first value of each parameter that has one; names in lower case. Bounded: a hostile query of many parameters
    is cut."""
    found: dict[str, str] = {}
    try:
        pairs = parse_qsl(query, max_num_fields=100)
    except ValueError:
        return found
    for name, value in pairs:
        if value := clean_value(value):
            # "&amp;" out of HTML that was escaped twice.
            found.setdefault(name.strip().lower().removeprefix("amp;"), value)
    return found


def is_internal(host: str, hosts: frozenset[str]) -> bool:
    """Whether a host belongs to the site: one of `hosts` or below one."""
    return any(name in hosts for name in parents(host))


def classify(
    url: str,
    referrer: str,
    campaign: tuple[str, str, str, str, str] | None,
    hosts: frozenset[str],
    unwanted: frozenset[str] = frozenset(),
) -> Referral | None:
    """The referral of a page view, None where the visitor was on the site already.

    `campaign` is (source, medium, name, term, content) as the client gives it; it wins over `utm_*`. `hosts` are the
    site's own, in lower case, without "www."; the page's own host always counts as the site's. Who comes back from one
    of the `unwanted` hosts had left the site only to pay or to sign in, and was on the site already, too.
    """
    texts = len(url) + len(referrer) + sum(map(len, campaign or ()))
    look = _classify if texts <= LONGEST_REMEMBERED else _classify.__wrapped__
    return look(url, referrer, campaign, hosts, unwanted)


@lru_cache(maxsize=8192)
def _classify(
    url: str,
    referrer: str,
    campaign: tuple[str, str, str, str, str] | None,
    hosts: frozenset[str],
    unwanted: frozenset[str],
) -> Referral | None:
    page, origin = split_address(url), split_address(referrer)
    parameters = _parameters(page.query) if page.query else {}
    said = tuple(map(clean_value, campaign)) if campaign else ()
    if not any(said):
        said = _utm(parameters)
    click = next((name for name in CLICK_IDS if name in parameters), "") if parameters else ""
    inside = bool(origin.host) and (
        origin.host == page.host or is_internal(origin.host, hosts) or is_return(origin.host, unwanted)
    )
    if inside and not click and not any(said):
        return None
    return _referral(page, NOWHERE if inside or not _is_site(referrer) else origin, said, click)


# Banks' own pages of 3-D Secure: too many to list, and named alike.
_BANK = re.compile(r"(?:acs|3ds|3-?d-?secure)[\d-]*\..+\..+")


def is_return(host: str, unwanted: frozenset[str]) -> bool:
    """Whether a host is one to which a site sends its visitors to pay or to sign in: one of `unwanted`, below one, or a
    bank's."""
    return bool(unwanted) and (is_internal(host, unwanted) or _BANK.fullmatch(host) is not None)


def _utm(parameters: dict[str, str]) -> tuple[str, str, str, str, str]:
    source, medium, name, term, content = (parameters.get(key, "") for key in _UTM)
    return source, medium, name, term, content


def _referral(page: Address, origin: Address, said: tuple[str, ...], click: str) -> Referral:
    source, medium, name, term, content = said
    found = known_host(origin.host, origin.path) if origin.host else None
    channel, known_source = _channel(found, click, source, medium, bool(origin.host))
    return Referral(
        channel=channel,
        source=source_name(source or known_source or origin.host.removeprefix(APP)[:LONGEST]),
        medium=word(medium) or ("" if channel == "direct" else channel),
        campaign=word(name),
        term=term or (_first_given(_parameters(origin.query), TERM_KEYS) if found and found[0] == "search" else ""),
        content=content,
        click_id=click,
        referrer_host=origin.host[:255],
        landing_path=page.path[:1024],
    )


def _channel(
    found: tuple[str, str] | None, click: str, source: str, medium: str, has_referrer: bool
) -> tuple[str, str]:
    """Channel and source. What the marketer says wins, then the click id, then the host."""
    clicked = CLICK_IDS.get(click)
    known = clicked or found
    known_source = known[1] if known else ""
    named = channel_of_medium(medium)
    if named == "referral":  # says that there was a link, which the source says better where it is a network's
        named = channel_of_source(source) or named
    if named:
        return named, known_source
    if clicked:
        return clicked[0], known_source
    if source and (told := channel_of_source(source)):
        return told, known_source
    if found:
        return found[0], known_source
    return ("referral" if has_referrer or source or medium else "direct"), known_source
