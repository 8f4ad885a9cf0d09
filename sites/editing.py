"""How is a row changed? In one transaction with its entry in the change log, by whichever door: a page, the API, the
admin, a command. Each app has such a module for its rows; this one has what they share, and sites."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from django.db import transaction
from django.db.models import Model

from sites.locks import lock
from sites.models import Site
from sites.pages.history import Actor, Fields, differences, record, record_deletion
from sites.push import push

Row = TypeVar("Row", bound=Model)


class Editing(Protocol):
    """Such a module, as the API and the admin are handed it."""

    def save(self, row: Any, by: Actor) -> None:
        """Stores the row, new or changed. Expects that it was validated."""

    def delete(self, row: Any, by: Actor) -> None:
        """Raises ProtectedError or RestrictedError where others need the row."""


class Needed(Exception):
    """What others need cannot be archived. Its text says who needs it; once they do no more, trying again helps."""


# --- shared by the editing modules ----------------------------------------------------------------


@transaction.atomic
def save_row(row: Model, by: Actor, fields: Callable[[], Fields] = dict) -> None:
    """The entry says each value that differs from what is stored, in the words of `fields` (see `differences`). These
    are asked for only then: to make a form asks the database for all that it offers."""
    stored = for_update(row)
    row.save()
    if stored is None:
        record(by, row, "Added.", created=True)
    else:
        record(by, row, differences(stored, row, fields()))


@transaction.atomic
def delete_row(row: Model, by: Actor) -> None:
    record_deletion(by, row)
    row.delete()


@transaction.atomic
def set_value(row: Model, field: str, value: object, by: Actor, words: str) -> None:
    """Changes this one field, whatever else of the row somebody else changes meanwhile."""
    setattr(row, field, value)
    row.save(update_fields=[field, "updated_at"])
    record(by, row, words)


def for_update(row: Row) -> Row | None:
    """The row as it is stored, locked until the transaction ends; None where it is not."""
    if row.pk is None:
        return None
    # What the change log says was there before must still be there when the row is saved.
    return lock(type(row)._default_manager.filter(pk=row.pk)).first()


# --- sites ----------------------------------------------------------------------------------------


@transaction.atomic
def save(site: Site, by: Actor) -> None:
    """While Redis is away the site is saved all the same, the failure logged, and the edge told within a minute of its
    return."""
    save_row(site, by)
    transaction.on_commit(push, robust=True)


@transaction.atomic
def delete(site: Site, by: Actor) -> None:
    """With all that it has."""
    delete_row(site, by)
    transaction.on_commit(push, robust=True)
