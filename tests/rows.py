"""Rows of any table, for tests that ask something of every table."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from campaigns.models import AdVariant

FIRST = datetime(2026, 3, 1, tzinfo=UTC)


def make_rows(model: type[models.Model], count: int, **fields: Any) -> list[models.Model]:
    """Each differs from the others in every field that it needs; all of them belong to the same others."""
    return [model._default_manager.create(**_values(model, number, fields)) for number in range(count)]


def _values(model: type[models.Model], number: int, given: dict[str, Any]) -> dict[str, Any]:
    given = _ONE_OF.get(model._meta.label, dict)() | given
    needed = [field for field in model._meta.concrete_fields if _is_needed(field) and field.name not in given]
    return given | {field.name: _value(field, number) for field in needed}


def _shown() -> dict[str, Any]:
    return {"variant": AdVariant.objects.first() or make_rows(AdVariant, 1)[0]}


# Where one of several columns must hold something, and each alone may be empty.
_ONE_OF = {"campaigns.Rule": _shown}


def _is_needed(field: models.Field) -> bool:
    made = field.has_default() or field.auto_created or getattr(field, "auto_now", False)
    return not (made or field.null or getattr(field, "auto_now_add", False) or field.generated)


def _value(field: models.Field, number: int) -> Any:
    if isinstance(field, models.OneToOneField):
        owner: Any = field.related_model
        return owner._default_manager.create(**_values(owner, number + 1, {}))
    if isinstance(field, models.ForeignKey):
        model: Any = field.related_model
        return model._default_manager.first() or make_rows(model, 1)[0]
    if isinstance(field, models.UUIDField):
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{field.name} {number}")
    if isinstance(field, models.DateTimeField):
        return FIRST + timedelta(hours=number)
    if isinstance(field, models.DateField):
        return FIRST.date() + timedelta(days=number)
    if isinstance(field, ArrayField):
        return [number]
    if isinstance(field, models.JSONField):
        return {}
    if isinstance(field, models.IntegerField | models.FloatField):
        return number
    return f"{field.name}-{number}"[: field.max_length]
