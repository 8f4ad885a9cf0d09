"""Does an address lead to a picture? Asked by a worker, of public hosts only: an address that somebody typed must not
make Segue ask machines of its own network."""

import http.client
import ipaddress
import socket
import ssl
from urllib.parse import urljoin, urlsplit

SECONDS = 3.0  # for each step of a connection
MOST_REDIRECTS = 3
AGENT = "Segue (checks that a picture is there)"
PORTS = {"http": 80, "https": 443}


class _Faulty(Exception):
    """Its text says what is wrong, after "The picture "."""


def names_host(address: str) -> bool:
    """Whether it can be looked at: it begins with a host, and no visitor fills in anything of it."""
    return address.lower().startswith(("http://", "https://")) and "{" not in address


def picture_fault(address: str) -> str:
    """A sentence, or empty where a picture came. Takes at most some seconds; raises nothing."""
    try:
        for _ in range(MOST_REDIRECTS + 1):
            following = _ask(address)
            if not following:
                return ""
            address = urljoin(address, following)
        raise _Faulty("could not be reached: it leads from one address to the next.")
    except _Faulty as fault:
        return f"The picture {fault}"
    except (OSError, http.client.HTTPException, ValueError, UnicodeError):
        return "The picture could not be reached: nothing answers there."


def _ask(address: str) -> str:
    """Where it is redirected to, or empty where a picture came. Raises _Faulty, OSError, HTTPException, ValueError."""
    parts = urlsplit(address)
    host, port = parts.hostname, PORTS.get(parts.scheme)
    if not host or port is None or parts.username or (parts.port or port) != port:
        raise _Faulty("was not looked for: its address is not a plain one of http or https.")
    connection = _Pinned(host, port, _public_address(host, port))
    try:
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request("GET", path, headers={"User-Agent": AGENT, "Accept": "image/*", "Range": "bytes=0-1023"})
        answer = connection.getresponse()
        return _judge(answer.status, answer.getheader("content-type", ""), answer.getheader("location", ""))
    finally:
        connection.close()


def _judge(status: int, kind: str, location: str) -> str:
    if status in (301, 302, 303, 307, 308) and location:
        return location
    if status not in (200, 206):
        raise _Faulty(f"could not be reached: the answer was {status}.")
    if not kind.lower().startswith("image/"):
        raise _Faulty(f"is none: the address answers with {kind.partition(';')[0][:60] or 'something else'}.")
    return ""


def _public_address(host: str, port: int) -> str:
    """One that the name stands for. Raises _Faulty where any of them is of a private network: the one that is asked is
    the one that was looked at."""
    found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    known = [ipaddress.ip_address(one.partition("%")[0]) for one in sorted(found)]
    if not known or not all(one.is_global and not one.is_multicast for one in known):
        raise _Faulty("was not looked for: its address is in a private network.")
    return str(known[0])


class _Pinned(http.client.HTTPConnection):
    """To this numeric address, whatever the name stands for a moment later; the name is what is asked for."""

    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self._address = address

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        secure = self.port == PORTS["https"]
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host) if secure else plain
