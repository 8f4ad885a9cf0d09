"""Who changed what, and when? The change log: one entry for each change, by whichever door it came.

It is the log of Django's admin, so that its tables and ours tell one story. Where the name of a user alone would not be
true, the text of an entry is signed in a last line of its own: a token of the API acts for its owner, a command for
nobody.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django import forms
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Field, Model, Q, QuerySet
from django.utils import timezone
from django.utils.text import capfirst

SHOWN = 20  # entries
LONGEST = 80  # characters of a value in a sentence
# Each entry of Django's log belongs to a user; those that nobody made belong to this one. No form takes such a name, so
# it is never a person's.
NOBODY = "(nobody)"
SIGNED = "\n— "  # between text and signature

Fields = Mapping[str, forms.Field]


@dataclass(frozen=True)
class Actor:
    """Who changes something. `user` is None where no person stands behind it; `through` says by what they act, where it
    is not a page: "API token CI", "command demo"."""

    user: AbstractBaseUser | None
    through: str = ""

    @classmethod
    def command(cls, name: str, user: AbstractBaseUser | None = None) -> "Actor":
        """A command of manage.py, for somebody where it was told for whom."""
        return cls(user, f"command {name}")

    @property
    def signature(self) -> str:
        """Empty where the name of the user says it all."""
        words = f"{self.through} of {self.user}" if self.user and self.through else self.through
        return " ".join(words.split())


By = Actor | AbstractBaseUser | None


def actor(by: By) -> Actor:
    """A user stands for somebody at a page, None for nobody."""
    return by if isinstance(by, Actor) else Actor(by)


@dataclass(frozen=True)
class Change:
    """An entry, as pages show it."""

    at: datetime
    who: str
    about: str
    words: str


# --- writing --------------------------------------------------------------------------------------


def record(by: By, row: Model, message: str, *, created: bool = False) -> None:
    """Writes one entry; call it in the transaction of the change."""
    _write(actor(by), row, message, ADDITION if created else CHANGE)


def record_deletion(by: Actor, row: Model) -> None:
    """The same, before the row is gone."""
    _write(by, row, "Deleted.", DELETION)


def _write(by: Actor, row: Model, message: str, flag: int) -> None:
    # In one line: what people type must not look like a signature.
    text = " ".join(message.split())
    LogEntry.objects.create(
        user_id=by.user.pk if by.user else _nobody().pk,
        content_type=ContentType.objects.get_for_model(row),
        object_id=str(row.pk),
        object_repr=str(row)[:200],
        action_flag=flag,
        change_message=f"{text}{SIGNED}{by.signature}" if by.signature else text,
    )


def _nobody() -> User:
    """Made with the first entry that needs it; nobody can log in with it."""
    made, _ = User.objects.get_or_create(
        username=NOBODY, defaults={"is_active": False, "password": make_password(None)}
    )
    return made


def differences(before: Model, after: Model, fields: Fields = MappingProxyType({})) -> str:
    """Each value that differs, before and after, in a sentence. `fields` are those of the form that people fill in:
    their labels and words are used; for others those of the model."""
    changes = [
        _change(column, before, after, fields)
        for column in after._meta.concrete_fields
        if _is_edited(column) and _stored_text(column, before) != _stored_text(column, after)
    ]
    return f"{'; '.join(changes)}." if changes else "Saved without a change."


def _is_edited(column: "Field[Any, Any]") -> bool:
    return column.editable and not column.primary_key


def _stored_text(column: "Field[Any, Any]", row: Model) -> str:
    """With its type: Python's own == takes true for 1, which no condition does."""
    return json.dumps(column.value_to_string(row), sort_keys=True, default=str)


def _change(column: "Field[Any, Any]", before: Model, after: Model, fields: Fields) -> str:
    field = fields.get(column.name) or column.formfield() or forms.CharField()
    label = field.label or capfirst(column.verbose_name)
    if column.name in getattr(after, "secret_fields", ()):
        return f"{label}: another one"
    was, becomes = (words_for(field, column.value_from_object(row)) for row in (before, after))
    return f"{label}: {was} → {becomes}"


# --- reading --------------------------------------------------------------------------------------


def changes_of(row: Model, *others: Model) -> list[Change]:
    """The latest entries about these rows, newest first; one query."""
    named = Q()
    for each in (row, *others):
        named |= Q(content_type=ContentType.objects.get_for_model(each), object_id=str(each.pk))
    return [read(entry) for entry in _entries().filter(named)[:SHOWN]]


def latest_changes(rows: Iterable[Model]) -> dict[str, Change]:
    """The latest entry about each of these rows of one table, by the row's id as text; one query."""
    found = list(rows)
    if not found:
        return {}
    entries = _entries().filter(
        content_type=ContentType.objects.get_for_model(found[0]), object_id__in=[str(row.pk) for row in found]
    )
    return {
        entry.object_id or "": read(entry)
        for entry in entries.order_by("object_id", "-action_time", "-id").distinct("object_id")
    }


def read(entry: LogEntry) -> Change:
    """Also an entry of the admin itself, which keeps what was changed as JSON."""
    words, _, signature = entry.get_change_message().partition(SIGNED)
    return Change(entry.action_time, signature or str(entry.user), entry.object_repr, words)


def words_for(field: forms.Field, value: Any) -> str:
    """A value as the form of the field shows it, cut to a length that a sentence can carry."""
    words = _words(field, value)
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"


def _words(field: forms.Field, value: Any) -> str:
    if hasattr(field, "in_words"):
        return field.in_words(value)
    if isinstance(field, forms.ModelChoiceField):
        return str(_row_of(field, value) or field.empty_label or "nothing")
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(value, value))  # type: ignore[arg-type]  # no groups
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%-d %b %Y, %H:%M %Z}"
    return "nothing" if value in (None, "") else str(value)


def _row_of(field: "forms.ModelChoiceField[Any]", value: Any) -> Model | None:
    if value is None or isinstance(value, Model):
        return value
    assert field.queryset is not None
    return field.queryset.model._default_manager.filter(pk=value).first()


def _entries() -> QuerySet[LogEntry]:
    return LogEntry.objects.select_related("user", "content_type").order_by("-action_time", "-id")
