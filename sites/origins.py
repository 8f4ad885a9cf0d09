"""How does a browser write the host and origin that a person has typed?"""

import unicodedata

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def ascii_host(host: str) -> str:
    """In lower case, and by IDNA where it has letters beyond ASCII: `kölle.example` is `xn--klle-5qa.example` in every
    header."""
    if host.isascii():
        return host.lower()
    return ".".join(map(_label, host.replace("\u3002", ".").split(".")))


def _label(label: str) -> str:
    """As browsers have it: Python's own codec follows the older IDNA, for which `ß` is `ss`, and so another domain."""
    label = unicodedata.normalize("NFKC", label).lower()
    return label if label.isascii() else "xn--" + label.encode("punycode").decode()


def origin_of(typed: str) -> str:
    """The `Origin` header (RFC 6454, 6.2) of pages at an address: scheme and host, and the port unless it is the
    scheme's own."""
    scheme, _, authority = typed.strip().lower().rstrip("/").partition("://")
    host, colon, port = authority.partition(":")
    return f"{scheme}://{ascii_host(host)}{colon}{port}".removesuffix(_DEFAULT_PORTS.get(scheme, "/"))


def host_of(typed: str) -> str:
    """The host alone, without "www." and port, as referrers are compared."""
    return ascii_host(typed.strip().lower().removeprefix("www.").partition(":")[0])
