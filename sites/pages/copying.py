"""How is a row made from another one? With the same values, a name that says so, and a key of its own."""

from collections.abc import Container
from typing import Any, TypeVar

from django.db.models import Model
from django.utils.text import slugify

Row = TypeVar("Row", bound=Model)
LONGEST_KEY, LONGEST_NAME = 64, 100
SUFFIX = " (copy)"


def copy_row(row: Row, **changes: Any) -> Row:
    """A saved copy of the row, with these fields changed."""
    values = {
        field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key
    }
    return type(row)._default_manager.create(**values | changes)


def name_of_copy(name: str) -> str:
    return name[: LONGEST_NAME - len(SUFFIX)] + SUFFIX


def free_key(name: str, taken: Container[str]) -> str:
    """The name in small letters, with a number where another row has that key."""
    plain = slugify(name)[: LONGEST_KEY - 4].strip("-_") or "unnamed"
    return next(key for key in (plain, *(f"{plain}-{number}" for number in range(2, 1000))) if key not in taken)
