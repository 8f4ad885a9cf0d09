"""What can be recommended? The items of a site: taken in from CSV or JSON, and as a release carries them."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from recommendations.models import MOST_MINOR, Item, address_faults, old_price_fault
from recommendations.neighbors import Priced, neighbors
from segments.known_values import MOST, Told
from sites.models import Site
from sites.money import CODE, major, to_minor
from sites.storable import is_storable
from sites.units import counted

FIELDS = (
    "key",
    "name",
    "category",
    "category_url",
    "brand",
    "price_minor",
    "old_price_minor",
    "currency",
    "url",
    "image_url",
    "available",
)
_REQUIRED = ("key", "name", "category", "url")
_NO_TEXT = ("price_minor", "old_price_minor", "available")
_WHOLE = re.compile(r"[+-]?\d{1,18}(?:\.0)?", re.ASCII)
_NO = {"0", "false", "no", "n"}


class Unreadable(ValueError):
    """The file is no CSV or JSON of items."""


@dataclass
class Imported:
    """What an import did. `faults` are sentences that name the row and the field; rows with a fault are left out."""

    created: int = 0
    updated: int = 0
    removed: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        made, faults = counted(self.created, "items"), counted(len(self.faults), "faults")
        return f"{made} added, {self.updated} updated, {self.removed} retired, {faults}."


CATEGORY_ATTRIBUTES = ("feature.top_category", "feature.session_category", "session.categories")


def told_values(site: Site) -> Iterator[Told]:
    """What conditions may compare with though no visitor has looked at it yet."""
    items = Item.objects.filter(site=site, available=True)
    for category in items.exclude(category="").order_by("category").values_list("category", flat=True).distinct():
        yield from (Told(attribute, category) for attribute in CATEGORY_ATTRIBUTES)
    for key, name in items.values_list("key", "name").order_by("key")[:MOST]:
        yield Told("session.longest_product", key, name)


def snapshot(site: Site) -> list[dict[str, Any]]:
    """The available items with their neighbours, as plain data; costs one query."""
    rows = list(Item.objects.filter(site=site, available=True).order_by("key").values(*FIELDS[:-1]))
    near = neighbors(Priced(*(row[field] for field in Priced._fields)) for row in rows)
    return [{**row, "near": near[row["key"]]} for row in rows]


def read_rows(text: str) -> list[dict[str, Any]]:
    """Rows of a JSON array of objects, or of a CSV whose first line names the columns. Raises `Unreadable`."""
    if text.lstrip("\ufeff \t\r\n")[:1] in ("[", "{"):
        try:
            rows = json.loads(text.lstrip("\ufeff"))
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"This is not JSON: {error}") from error
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Unreadable("The JSON must be a list of objects.")
        return rows
    try:
        reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), strict=True)
        if missing := [name for name in _REQUIRED if name not in (reader.fieldnames or ())]:
            raise Unreadable(
                f"The first line must name the columns; {', '.join(missing)} {'is' if len(missing) == 1 else 'are'}"
                " missing."
            )
        return [{name: value or "" for name, value in row.items() if name} for row in reader]
    except csv.Error as error:
        raise Unreadable(f"This is not CSV: {error}") from error


def import_items(site: Site, rows: Iterable[dict[str, Any]], *, replace: bool = False) -> Imported:
    """Adds and updates by key, in one transaction; with `replace`, items that the rows do not name become unavailable.

    A row with a fault names its item all the same: it is left as it was. Where a row names none, nobody can say which
    items are missing, and none is withdrawn.
    """
    done = Imported()
    items: dict[str, Item] = {}
    named: set[str] = set()
    for number, row in enumerate(rows, 1):
        values, faults = _values(row, site)
        named.add(values["key"])
        if faults:
            done.faults += [f"Row {number}, {fault}" for fault in faults]
        else:
            items[values["key"]] = Item(site=site, **values)
    with transaction.atomic():
        known = set(Item.objects.filter(site=site, key__in=items).values_list("key", flat=True))
        Item.objects.bulk_create(
            items.values(),
            update_conflicts=True,
            unique_fields=["site", "key"],
            update_fields=[*FIELDS[1:], "updated_at"],
            batch_size=1000,
        )
        done.updated, done.created = len(known), len(items) - len(known)
        if replace and "" not in named:
            done.removed = (
                Item.objects.filter(site=site, available=True)
                .exclude(key__in=[key for key in named if is_storable(key)])
                .update(available=False)
            )
    if replace and "" in named:
        done.faults.append("No item was withdrawn: a row has no key, so it may stand for any of them.")
    return done


def _values(row: dict[str, Any], site: Site) -> tuple[dict[str, Any], list[str]]:
    """The fields of an item, and what is wrong with them. A price stands in `price` in major units, or in
    `price_minor`; that before a reduction in `old_price` or `old_price_minor`, if anywhere."""
    values: dict[str, Any] = {name: str(row.get(name) or "").strip() for name in FIELDS if name not in _NO_TEXT}
    values["currency"] = values["currency"].upper() or site.currency
    values["available"] = str(row.get("available", "")).strip().lower() not in _NO
    faults = [f"{name}: is missing" for name in _REQUIRED if not values[name]]
    if not CODE.fullmatch(values["currency"]):
        faults.append("currency: write three capital letters, such as EUR")
    faults += _text_faults({name: value for name, value in values.items() if name != "currency"})
    for name in ("price", "old_price"):
        try:
            values[f"{name}_minor"] = _amount(row, name, values["currency"])
        except ValueError as error:
            faults.append(f"{name}: {error}")
    if not faults and (fault := old_price_fault(values["old_price_minor"], values["price_minor"], values["currency"])):
        faults.append(f"old_price: {fault}")
    return values, faults


def _text_faults(values: dict[str, Any]) -> Iterator[str]:
    for name, fault in address_faults(values).items():
        yield f"{name}: {fault}"
    for name, value in values.items():
        limit = getattr(Item._meta.get_field(name), "max_length", None)
        if limit and len(value) > limit:
            yield f"{name}: is longer than {limit} characters"
        if isinstance(value, str) and not is_storable(value):
            yield f"{name}: holds a character that cannot be stored (NUL or half of a surrogate pair)"


def _amount(row: dict[str, Any], name: str, currency: str) -> int | None:
    """In minor units; None for an `old_price` that is not given. Raises ValueError, with a sentence."""
    minor, price = row.get(f"{name}_minor"), row.get(name)
    if minor not in (None, ""):
        found = _whole_number(minor)
    elif price not in (None, ""):
        found = to_minor(price, currency)
    elif name == "old_price":
        return None
    else:
        raise ValueError(f"give price ({major(1999, currency)}), or price_minor (1999)")
    if not 0 <= found <= MOST_MINOR:
        raise ValueError(f"{price if minor in (None, '') else minor!r} is out of range")
    return found


def _whole_number(minor: object) -> int:
    text = "" if isinstance(minor, bool) else str(minor).strip()
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{minor!r} is no whole number of minor units")
    return int(text.removesuffix(".0"))
