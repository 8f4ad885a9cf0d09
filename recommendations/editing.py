"""How is the catalogue changed? Each verb is one transaction, with its entry in the change log; what is changed reaches
visitors with the next release."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction

from recommendations.catalogue import Imported, import_items
from recommendations.models import Item
from sites.editing import delete_row, save_row
from sites.models import Site
from sites.pages.history import Actor, Fields, record


def save(item: Item, by: Actor, fields: Callable[[], Fields] = dict) -> None:
    save_row(item, by, fields)


def delete(item: Item, by: Actor) -> None:
    delete_row(item, by)


def try_items(site: Site, rows: Iterable[dict[str, Any]], *, replace: bool = False) -> Imported:
    """What `load_items` would do; nothing is changed."""
    with transaction.atomic():
        done = import_items(site, rows, replace=replace)
        transaction.set_rollback(True)
    return done


@transaction.atomic
def load_items(site: Site, rows: Iterable[dict[str, Any]], by: Actor, *, replace: bool = False) -> Imported:
    """Many items at once (see `catalogue.import_items`), with one entry about the site."""
    done = import_items(site, rows, replace=replace)
    record(by, site, f"Catalogue imported: {done}")
    return done
