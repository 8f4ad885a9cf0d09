"""What do the commands' arguments mean? Numbers in range, and sites by any of their names."""

import argparse
from collections.abc import Callable

from django.core.management.base import CommandError

from sites.models import Site

SITE = "write key, domain or number of the site"


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """An argument's `type`."""

    def read(text: str) -> int:
        number = int(text)
        if number < least or (most is not None and number > most):
            raise argparse.ArgumentTypeError(
                f"{number} is {f'not between {least} and {most}' if most is not None else f'less than {least}'}"
            )
        return number

    read.__name__ = "whole number"  # argparse names it where int() fails
    return read


def find_site(name: str) -> Site:
    """Raises CommandError, which lists the sites that there are."""
    sites = list(Site.objects.order_by("pk"))
    for site in sites:
        if name in (site.write_key, site.domain, str(site.pk)):
            return site
    known = ", ".join(f"{site.write_key} ({site.domain}, {site.pk})" for site in sites) or "none yet"
    raise CommandError(f"There is no site {name!r}. There are: {known}.")
