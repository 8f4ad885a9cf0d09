"""At which address may an installation listen?"""

import ipaddress
import socket

from django.conf import settings
from django.core.management.base import CommandError


def check_host(host: str) -> None:
    """Raises CommandError for an address that other machines reach, unless the installation has a key of its own."""
    if settings.HAS_OWN_KEY:
        return
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise CommandError(f"{host} is no address of this machine: {error.strerror}.") from None
    if not all(ipaddress.ip_address(address[0]).is_loopback for *_, address in found):
        raise CommandError(
            f"Other machines reach {host}, so Segue needs a key of its own: set SEGUE_SECRET_KEY to what `openssl rand"
            " -hex 32` prints, in the environment or in .env, and SEGUE_ENV=production where strangers can reach it."
        )
