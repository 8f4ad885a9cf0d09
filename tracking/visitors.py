"""Which visitors does somebody mean? Search by the ids that a site knows, filters, order."""

import re
from uuid import UUID

from django.db.models import Q, QuerySet

from tracking.models import Site, Visitor
from tracking.pseudonyms import visitor_of, visitor_of_user

ORDERS = {
    "-last_seen_at": "Last seen",
    "-first_seen_at": "First seen",
    "-events": "Most events",
    "-sessions": "Most sessions",
}
CHANNELS = ["search", "social", "ai", "email", "paid", "ads", "referral", "direct", "internal"]
DEVICES = ["desktop", "mobile", "tablet", "tv", "other"]
ID_PREFIX = re.compile(r"[0-9a-f]{4,32}")


def find(site: Site, text: str = "", channel: str = "", device: str = "", order: str = "") -> QuerySet[Visitor]:
    """Visitors of a site; those whose history went elsewhere are left out, unless one is asked for by its full id."""
    visitors = Visitor.objects.filter(site=site)
    visitors = visitors.filter(_named(site, text)) if text else visitors.filter(merged_into=None)
    if channel:
        visitors = visitors.filter(channel=channel)
    if device:
        visitors = visitors.filter(device=device)
    return visitors.order_by(order if order in ORDERS else "-last_seen_at", "id")


def _named(site: Site, text: str) -> Q:
    """Ids are stored only as keyed hashes, so what is typed is hashed the same way."""
    person, user = visitor_of(site.salt, text), visitor_of_user(site.salt, text)
    hashes = [UUID(person), UUID(user)]
    named = Q(id__in=hashes) | Q(merged__in=hashes) | Q(user=user)
    prefix = text.lower().replace("-", "")
    if ID_PREFIX.fullmatch(prefix):
        named |= Q(id__range=(UUID(prefix.ljust(32, "0")), UUID(prefix.ljust(32, "f"))))
    return named
