"""Which items of the catalogue are looked at, put into carts and bought? A step of the consumer, in the transaction
that stores the events.

Looks and carts are counted by the day of the site's time zone. What was bought is kept as lines of orders: an order
told twice, by the page and by a server, has each line once. Only items that the catalogue knows are counted, so that
nobody who has the write key can fill the tables with names; an item that comes into the catalogue later begins at zero.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db.backends.base.base import BaseDatabaseWrapper

from recommendations.models import Item
from segments.bounds import MOST_QUANTITY, MOST_SUM, ORDER_ID
from segments.effects.reading import as_id, as_quantity, price_of, product_id, products_of
from sites.local_time import day_of
from sites.models import Site
from tracking.decision import LoggedDecision
from tracking.event_table import LoggedEntry, LoggedEvent

LOOKED, CARTED, ORDERED = "Product Viewed", "Product Added", "Order Completed"
COUNTED = {LOOKED: "views", CARTED: "carts"}
NAMES = frozenset((*COUNTED, ORDERED))

UPSERT_DAYS = """
INSERT INTO recommendations_itemday AS r (site_id, key, day, views, carts)
SELECT site, key, day, views, carts
FROM json_to_recordset(%s) AS n(site bigint, key text, day date, views bigint, carts bigint)
ORDER BY 1, 2, 3  -- consumers of other partitions update the same rows: one order, no deadlock
ON CONFLICT (site_id, key, day) DO UPDATE SET views = r.views + excluded.views, carts = r.carts + excluded.carts
"""
INSERT_LINES = """
INSERT INTO recommendations_orderline (site_id, "order", key, at, quantity, revenue_minor)
SELECT site, "order", key, to_timestamp(at / 1000.0), quantity, revenue
FROM json_to_recordset(%s) AS n(site bigint, "order" uuid, key text, at bigint, quantity integer, revenue bigint)
ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING
"""


class Look(NamedTuple):
    """An item that somebody looked at, or put into a cart."""

    site: int
    key: str
    at: int
    measure: str  # a value of COUNTED


class Line(NamedTuple):
    """An item of an order. `revenue` is None where the event tells no price that can be read."""

    site: int
    order: UUID
    key: str
    at: int
    quantity: int
    revenue: int | None


def record(
    connection: BaseDatabaseWrapper, entries: Sequence[LoggedEntry], _decisions: Sequence[LoggedDecision]
) -> None:
    """The step that `tracking.consumer` calls for each chunk. Four queries at most; none where nothing is about
    products."""
    told = [(entry.site, event) for entry in entries for event in entry.events if event.name in NAMES]
    if not told:
        return
    sites = Site.objects.in_bulk({site for site, _ in told})
    told = [(site, event) for site, event in told if site in sites]
    looks = [look for site, event in told for look in looks_of(site, event)]
    lines = [line for site, event in told for line in lines_of(site, event, sites[site].currency)]
    known = _known(looks, lines)
    days = _by_day([look for look in looks if (look.site, look.key) in known], sites)
    bought = [line._asdict() for line in lines if (line.site, line.key) in known]
    with connection.cursor() as cursor:
        if days:
            cursor.execute(UPSERT_DAYS, [msgspec.json.encode(days).decode()])
        if bought:
            cursor.execute(INSERT_LINES, [msgspec.json.encode(bought).decode()])


def looks_of(site: int, event: LoggedEvent) -> Iterator[Look]:
    """Of an event about one product; at most one."""
    measure = COUNTED.get(event.name) if event.type == "track" else None
    key = product_id(msgspec.json.decode(event.properties)) if measure else ""
    if measure and key:
        yield Look(site, key, event.at, measure)


def lines_of(site: int, event: LoggedEvent, currency: str) -> Iterator[Line]:
    """Of an order: one line an item, however often it names it. Amounts in another currency than the site's are not
    read."""
    if event.name != ORDERED or event.type != "track":
        return
    properties = msgspec.json.decode(event.properties)
    order = _order(site, as_id(properties.get("order_id"), ORDER_ID) or event.message_id)
    merged: dict[str, Line] = {}
    for product in products_of(properties):
        key, quantity = product_id(product), as_quantity(product.get("quantity"))
        if not key or not quantity:
            continue
        price = price_of(product, properties, currency)
        line = Line(site, order, key, event.at, quantity, None if price is None else min(price * quantity, MOST_SUM))
        merged[key] = _add(merged[key], line) if key in merged else line
    yield from merged.values()


def _add(one: Line, other: Line) -> Line:
    prices = [line.revenue for line in (one, other) if line.revenue is not None]
    return one._replace(
        quantity=min(one.quantity + other.quantity, MOST_QUANTITY),
        revenue=min(sum(prices), MOST_SUM) if prices else None,
    )


def _order(site: int, told: str) -> UUID:
    """An order's id may say who ordered, and is only compared here: so it is kept as a digest."""
    return UUID(bytes=blake2b(f"{site}:{told}".encode(), digest_size=16, person=b"order").digest())


def _known(looks: Iterable[Look], lines: Iterable[Line]) -> set[tuple[int, str]]:
    named = {(look.site, look.key) for look in looks} | {(line.site, line.key) for line in lines}
    found = Item.objects.filter(site__in={site for site, _ in named}, key__in={key for _, key in named})
    return named & set(found.values_list("site_id", "key"))


def _by_day(looks: Iterable[Look], sites: Mapping[int, Site]) -> list[dict[str, Any]]:
    counts: dict[tuple[int, str, date], dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTED.values(), 0))
    for look in looks:
        counts[look.site, look.key, day_of(sites[look.site].time_zone, look.at)][look.measure] += 1
    return [{"site": site, "key": key, "day": day, **measures} for (site, key, day), measures in counts.items()]
