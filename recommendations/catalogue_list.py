"""What stands on the page of the catalogue? Items as somebody looks for them, with what they sold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from recommendations.models import Item, ItemDay, OrderLine
from recommendations.neighbors import Priced, neighbors
from sites.models import Site

PERIOD_DAYS = 30
NEAR = {"related": "Nearest in price", "similar": "Costs less"}  # words for recommendations.neighbors.KINDS
AVAILABLE = {
    "": "Everything",
    "yes": "On sale",
    "no": "Withdrawn",
    "reduced": "Reduced",
    "picture": "Without a picture",
}
# Words, and the columns to order by.
ORDERS = {
    "": ("Name", ("name", "id")),
    "sold": ("Most sold", ("-sold", "name", "id")),
    "dear": ("Highest price", ("-price_minor", "id")),
    "cheap": ("Lowest price", ("price_minor", "id")),
    "changed": ("Changed last", ("-updated_at", "id")),
}


@dataclass(frozen=True)
class Figures:
    """Of an item in the last PERIOD_DAYS days."""

    views: int = 0
    carts: int = 0
    orders: int = 0
    sold: int = 0  # units
    revenue_minor: int = 0  # of the site's currency

    @property
    def bought_share(self) -> float | None:
        """Orders for each look; None where nobody looked. Above 1 where orders come by another way than the page."""
        return self.orders / self.views if self.views else None


def find(site: Site, asked: dict[str, str], now: datetime) -> QuerySet[Item]:
    """`asked`: text, category, available (a key of AVAILABLE), order (a key of ORDERS)."""
    items = Item.objects.filter(site=site)
    if text := asked["text"]:
        items = items.filter(Q(name__icontains=text) | Q(key__icontains=text) | Q(brand__icontains=text))
    if asked["category"]:
        items = items.filter(category=asked["category"])
    if asked["available"] in ("yes", "no"):
        items = items.filter(available=asked["available"] == "yes")
    elif asked["available"] == "reduced":
        items = items.filter(old_price_minor__isnull=False, available=True)
    elif asked["available"] == "picture":
        items = items.filter(image_url="")
    if asked["order"] == "sold":
        sold = OrderLine.objects.filter(site=site, key=OuterRef("key"), at__gt=now - timedelta(days=PERIOD_DAYS))
        units = sold.order_by().values("key").annotate(units=Sum("quantity")).values("units")
        items = items.annotate(sold=Coalesce(Subquery(units), 0))
    return items.order_by(*ORDERS.get(asked["order"], ORDERS[""])[1])


def categories_of(site: Site) -> list[tuple[str, int]]:
    """Each with the number of its items, by name."""
    return list(Item.objects.filter(site=site).values_list("category").annotate(Count("id")).order_by("category"))


def figures_of(site: Site, keys: Iterable[str], now: datetime) -> dict[str, Figures]:
    """By key; those of whom nothing was counted are left out. Two queries."""
    wanted, since = list(keys), now - timedelta(days=PERIOD_DAYS)
    first_day = site.local_day(since)
    found: dict[str, dict[str, Any]] = {}
    days = ItemDay.objects.filter(site=site, key__in=wanted, day__gte=first_day).values("key").order_by()
    for row in days.annotate(seen=Sum("views"), carted=Sum("carts")):
        found[row["key"]] = {"views": row["seen"], "carts": row["carted"]}
    lines = OrderLine.objects.filter(site=site, key__in=wanted, at__gt=since).values("key").order_by()
    for line in lines.annotate(orders=Count("order"), sold=Sum("quantity"), revenue=Sum("revenue_minor")):
        sold = {"orders": line["orders"], "sold": line["sold"], "revenue_minor": line["revenue"] or 0}
        found[line["key"]] = found.get(line["key"], {}) | sold
    return {key: Figures(**values) for key, values in found.items()}


def trend_of(site: Site, key: str, now: datetime) -> list[tuple[str, int]]:
    """Looks at an item on each of the last PERIOD_DAYS days, the site's, oldest first."""
    today = site.local_day(now)
    days = [today - timedelta(days=ago) for ago in range(PERIOD_DAYS - 1, -1, -1)]
    counted = dict(ItemDay.objects.filter(site=site, key=key, day__gte=days[0]).values_list("day", "views"))
    return [(f"{day:%-d %b}", counted.get(day, 0)) for day in days]


def near(site: Site, key: str) -> list[tuple[str, list[Item]]]:
    """The items that offers take from this one, by kind in words, as the next release has them; empty for an item that
    is not on sale. Two queries."""
    item = Item.objects.filter(site=site, key=key, available=True).first()
    if item is None:
        return []
    beside = Item.objects.filter(site=site, category=item.category, currency=item.currency, available=True)
    kinds = neighbors(Priced(*row) for row in beside.values_list(*Priced._fields)).get(key, {})
    rows = {each.key: each for each in beside.filter(key__in=[key for keys in kinds.values() for key in keys])}
    return [(NEAR[kind], [rows[key] for key in keys if key in rows]) for kind, keys in kinds.items()]
