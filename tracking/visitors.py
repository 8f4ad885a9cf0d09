"""Which visitors does somebody mean? Search by the ids that a site knows, filters, order.

Apps above name further groups of visitors (`register_group`), because this app may not import them.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from sites.models import Site
from sites.pseudonyms import visitor_of, visitor_of_user
from tracking.models import Visitor

ORDERS = {
    "-last_seen_at": "Last seen",
    "-first_seen_at": "First seen",
    "-events": "Most events",
    "-sessions": "Most sessions",
}
ID_PREFIX = re.compile(r"[0-9a-f]{4,32}")


class NoSuchGroup(LookupError):
    """Nobody can be in it. The message is for whoever asked."""


class NotReadable(Exception):
    """Who is in it cannot be told at the moment; asking later helps. The message is for whoever asked."""


@dataclass(frozen=True)
class Members:
    """Who is in a group, of the `looked_at` visitors seen last; `active` were seen in 30 days."""

    ids: Collection[UUID]
    looked_at: int
    active: int


@dataclass(frozen=True)
class Group:
    """One way of telling visitors apart: its label, the words for no choice, what can be chosen (key, name), and who is
    in it."""

    label: str
    any: str
    choices: Callable[[Site], list[tuple[str, str]]]
    members: Callable[[Site, str], Members]  # raises NoSuchGroup, NotReadable
    address: Callable[[str], str]  # of the page about it, by its key


GROUPS: dict[str, Group] = {}


def register_group(name: str, group: Group) -> None:
    GROUPS[name] = group


def members(site: Site, chosen: Mapping[str, str]) -> Members | None:
    """Who is in every group chosen (name of the kind -> key); None when none is. Raises NoSuchGroup, NotReadable."""
    found = [GROUPS[name].members(site, key) for name, key in chosen.items() if key]
    if not found:
        return None
    return Members(
        set[UUID].intersection(*(set(each.ids) for each in found)),
        min(each.looked_at for each in found),
        found[0].active,
    )


def find(
    site: Site,
    text: str = "",
    channel: str = "",
    device: str = "",
    order: str = "",
    among: Collection[UUID] | None = None,
) -> QuerySet[Visitor]:
    """Visitors of a site; those whose history went elsewhere are left out, unless one is asked for by its full id.

    `among`: only these.
    """
    visitors = Visitor.objects.filter(site=site)
    visitors = visitors.filter(_named_by(site, text)) if text else visitors.filter(merged_into=None)
    if among is not None:
        visitors = visitors.filter(id__in=among)
    if channel:
        visitors = visitors.filter(channel=channel)
    if device:
        visitors = visitors.filter(device=device)
    return visitors.order_by(order if order in ORDERS else "-last_seen_at", "id")


def _named_by(site: Site, text: str) -> Q:
    """Ids are stored only as keyed hashes, so what is typed is hashed the same way."""
    person, user = visitor_of(site.salt, text), visitor_of_user(site.salt, text)
    hashes = [UUID(person), UUID(user)]
    named = Q(id__in=hashes) | Q(merged__in=hashes) | Q(user=user)
    prefix = text.lower().replace("-", "")
    if ID_PREFIX.fullmatch(prefix):
        named |= Q(id__range=(UUID(prefix.ljust(32, "0")), UUID(prefix.ljust(32, "f"))))
    return named
