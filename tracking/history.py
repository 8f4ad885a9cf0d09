"""Who changed what, and when? Entries of our own pages in the same log as the admin's."""

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.forms import ModelForm


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


def record_form(user: AbstractBaseUser, form: ModelForm, *, created: bool) -> None:
    """The same, naming the fields that a form has changed."""
    labels = [str(form.fields[name].label or name) for name in form.changed_data if name in form.fields]
    record(user, form.instance, "Added." if created else f"Changed {', '.join(labels)}." if labels else "Saved without a change.", created=created)
