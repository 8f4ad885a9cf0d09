"""Who is behind a host or an app: a search engine, a social network, an assistant, web mail, advertising?

`tracking.referrer_hosts` has the tables; here is how they are read.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tracking.referrer_hosts import ADS, AI, APPS, EMAIL, PAID, SEARCH, SOCIAL

APP = "android-app:"  # begins the host of an app, whose package follows
CHANNELS = {"search": SEARCH, "social": SOCIAL, "ai": AI, "email": EMAIL, "ads": ADS, "paid": PAID}
_FAMILIES = ("social", "ads")  # channels in which a host stands for all hosts below it
_SAME_SITE = frozenset(
    ["m", "mobile", "wap", "touch", "amp", "lite", "html", "safe", "ipv4", "ipv6", "encrypted", "www1", "www2", "www3"]
)
_SECOND_LEVEL = frozenset(["co", "com", "net", "org", "gov", "edu", "ac", "or", "ne", "go", "gob", "nom", "web"])
# First labels under which many companies and providers run their web mail.
_MAIL = re.compile(
    r"(?:(?:web|e-?|light|my)?mail(?:er)?|roundcube|squirrelmail|horde|zimbra|owa|correo|poczta|posta|messagerie)\d*m?|deref-.+|lightmailer-.+"
)
_MAIL_OF_PROVIDER = re.compile(r"(?:(?:web|light)?mailer?|navigator|3c|bap)(?:-\w+)?\d*")
# Software of social networks that anyone may run; its servers are named after it.
_FEDERATED = {
    "mastodon": "Mastodon",
    "mstdn": "Mastodon",
    "pixelfed": "Pixelfed",
    "lemmy": "Lemmy",
    "misskey": "Misskey",
    "peertube": "PeerTube",
}


class Names(NamedTuple):
    """Host, `name.*` or host with path -> (channel, source); `below` for the hosts below that name, too."""

    exact: dict[str, tuple[str, str]]
    below: dict[str, tuple[str, str]]


@cache
def _names() -> Names:
    names = Names({}, {})
    for channel, table in CHANNELS.items():
        for source, hosts in table.items():
            for host in hosts.split():
                name = host.removeprefix("*.")
                names.exact[name] = channel, source
                if channel in _FAMILIES or name != host:
                    names.below[name] = channel, source
    return names


@cache
def _apps() -> dict[str, tuple[str, str]]:
    return {
        package: (channel, source)
        for channel, table in APPS.items()
        for source, packages in table.items()
        for package in packages.split()
    }


def _without_ending(host: str) -> str:
    """shop.google.co.uk -> shop.google.*, the form in which the tables name hosts of many countries."""
    labels = host.split(".")
    ending = 2 if len(labels) > 2 and labels[-2] in _SECOND_LEVEL else 1
    return ".".join(labels[:-ending]) + ".*"


def parents(host: str) -> Iterator[str]:
    """The host, then the hosts above it."""
    while host:
        yield host
        _, _, host = host.partition(".")


def known_host(host: str, path: str = "/") -> tuple[str, str] | None:
    """Channel and source of a host (lower case, without "www."), None when it is nobody we know. The longest match
    wins."""
    if host.startswith(APP):
        package = host.removeprefix(APP)
        return _apps().get(package) or known_host(".".join(reversed(package.split("."))))
    names, steps = _names(), [step for step in path.split("/") if step][:2]
    first, _, rest = host.partition(".")
    host = rest if first in _SAME_SITE and "." in rest else host
    table = names.exact
    for name in parents(host):
        for form in (name, _without_ending(name)) if "." in name else ():
            for depth in range(len(steps), -1, -1):
                if found := table.get("/".join([form, *steps[:depth]])):
                    return found
        table = names.below
    return _telltale(host)


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
    """Whether a host is an engine's or below one: of those the tables name each host that searches (search.google.com
    is for webmasters)."""
    exact = _names().exact
    return any(name in exact or _without_ending(name) in exact for name in parents(host) if "." in name)
