"""Who changed what, and when? Entries of our own pages in the same log as the admin's."""

from collections.abc import Iterable
from datetime import datetime

from django import forms
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet

SHOWN = 20  # entries
LONGEST = 80  # characters of a value in a sentence


def record(user: AbstractBaseUser, row: Model, message: str, *, created: bool = False) -> None:
    """Writes one entry of the audit log; call it in the transaction of the change."""
    LogEntry.objects.create(
        user_id=user.pk,
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        object_repr=str(row)[:200],
        action_flag=ADDITION if created else CHANGE,
        change_message=message,
    )


def record_form(user: AbstractBaseUser, form: forms.ModelForm, *, created: bool) -> None:
    """The same, with each field that a form has changed, before and after."""
    changes = [
        f"{form.fields[name].label or name}: {spoken(form.fields[name], form[name].initial)} → {spoken(form.fields[name], form.cleaned_data[name])}"
        for name in form.changed_data
        if name in form.cleaned_data
    ]
    record(
        user,
        form.instance,
        "Added." if created else f"{'; '.join(changes)}." if changes else "Saved without a change.",
        created=created,
    )


def changes_of(row: Model, *others: Model) -> list[LogEntry]:
    """The latest entries about these rows, newest first; one query."""
    named = Q()
    for each in (row, *others):
        named |= Q(content_type=ContentType.objects.get_for_model(each), object_id=str(each.pk))
    return list(_entries().filter(named)[:SHOWN])


def latest_changes(rows: Iterable[Model]) -> dict[str, LogEntry]:
    """The latest entry about each of these rows of one table, by the row's id as text; one query."""
    found = list(rows)
    if not found:
        return {}
    entries = _entries().filter(
        content_type=ContentType.objects.get_for_model(found[0]), object_id__in=[str(row.pk) for row in found]
    )
    return {
        entry.object_id or "": entry
        for entry in entries.order_by("object_id", "-action_time", "-id").distinct("object_id")
    }


def spoken(field: forms.Field, value: object) -> str:
    """A value as the form of the field shows it, cut to a length that a sentence can carry."""
    if hasattr(field, "in_words"):
        words = field.in_words(value)
    elif isinstance(field, forms.ModelChoiceField):
        row = value
        if value and not isinstance(value, Model):
            assert field.queryset is not None
            row = field.queryset.model._default_manager.filter(pk=value).first()
        words = str(row or field.empty_label or "nothing")
    elif isinstance(field, forms.ChoiceField):
        words = str(dict(field.choices).get(value, value))  # type: ignore[arg-type]
    elif isinstance(value, list):
        words = ", ".join(map(str, value)) or "nothing"
    elif isinstance(value, bool):
        words = "yes" if value else "no"
    else:
        words = (
            f"{value:%-d %b %Y, %H:%M}"
            if isinstance(value, datetime)
            else str(value if value not in (None, "") else "nothing")
        )
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def _entries() -> QuerySet[LogEntry]:
    return LogEntry.objects.select_related("user", "content_type").order_by("-action_time", "-id")
