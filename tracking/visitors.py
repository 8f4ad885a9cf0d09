"""Which visitors does somebody mean? Search by the ids that a site knows, filters, order.

Apps above name further groups of visitors (`register_group`), because this app may not import them.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from sites.models import Site
from sites.pseudonyms import visitor_of, visitor_of_user
from tracking.models import Event, Visitor
from tracking.seen_events import seen_events

ORDERS = {
    "-last_seen_at": "Last seen",
    "-first_seen_at": "First seen",
    "-events": "Most events",
    "-sessions": "Most sessions",
}
HAPPENED, ACTIVE = timedelta(days=7), timedelta(days=30)  # so long ago may lie what somebody did, and anything at all
MOST, MOST_NAMES = 5_000, 100  # visitors who did it, names to choose from
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


@dataclass(frozen=True)
class Said:
    """What an app above knows of a visitor, for lists. Amounts are in minor units of the site's currency."""

    orders: int
    revenue_minor: int
    cluster: str
    segments: list[str]
    is_simulated: bool  # its own traits say so


GROUPS: dict[str, Group] = {}
DESCRIPTIONS: list[Callable[[Site, Sequence[UUID]], dict[UUID, Said]]] = []


def register_group(name: str, group: Group) -> None:
    GROUPS[name] = group


def register_description(describe: Callable[[Site, Sequence[UUID]], dict[UUID, Said]]) -> None:
    """By visitor; whoever is not in the answer has nothing said of them."""
    DESCRIPTIONS.append(describe)


def describe(site: Site, ids: Sequence[UUID]) -> dict[UUID, Said]:
    found: dict[UUID, Said] = {}
    for each in DESCRIPTIONS:
        found |= each(site, ids)
    return found


def _events(site: Site) -> list[tuple[str, str]]:
    """Names of the events seen lately, the most frequent first."""
    return [(name, name) for name in seen_events(site, timezone.now(), HAPPENED, MOST_NAMES)]


def _who_did(site: Site, name: str) -> Members:
    """Those who did it last come first, where they are more than `MOST`."""
    since = timezone.now() - HAPPENED
    done = Event.objects.filter(Q(name=name) | Q(type=name), site=site, at__gte=since)
    latest = done.values("visitor_id").annotate(latest=Max("at")).order_by("-latest", "visitor_id")
    ids = list(latest.values_list("visitor_id", flat=True)[:MOST])
    active = Visitor.objects.filter(site=site, merged_into=None, last_seen_at__gte=timezone.now() - ACTIVE).count()
    return Members(ids, active, active)


register_group("event", Group("Did in 7 days", "Anything", _events, _who_did, lambda _: ""))


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
