"""Has somebody else saved the row since this form was drawn? Then saving asks first, so that nobody overwrites what
they have not seen."""

import hashlib
import json
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import Model, QuerySet
from django.forms.utils import ErrorDict
from django.http import HttpRequest

from sites.locks import lock
from sites.models import Site
from sites.pages.copying import free_key
from sites.pages.history import changes_of, words_for

Row = TypeVar("Row", bound=Model)


def for_update(rows: QuerySet[Row], request: HttpRequest) -> QuerySet[Row]:
    """The rows, each locked where the request may change it."""
    # Two who save one row take turns, so that the second is shown what the first has changed. Of the row alone: what is
    # read along with it stays free.
    return lock(rows) if request.method == "POST" else rows


def changed_since(row: Model, seen: str) -> str:
    """What to tell whoever pressed a button on a page that is older than the row; empty where it is not, or where the
    page does not say what it showed."""
    if seen in ("", _version(row)):
        return ""
    latest = next(iter(changes_of(row)), None)
    if latest:
        who = f"{latest.who} changed “{row}” after your page was drawn ({latest.words.rstrip('.')})"
    else:
        who = f"“{row}” changed meanwhile"
    return f"{who}. Nothing was done with it: look again, and press again if you still want to."


def _version(row: Any) -> str:
    """Of what is stored: when it was saved last, or where nobody notes that, a digest of its values."""
    if not row.pk:
        return ""
    if hasattr(row, "updated_at"):
        return row.updated_at.isoformat()
    values = [field.value_to_string(row) for field in row._meta.concrete_fields]
    return hashlib.blake2b(json.dumps(values).encode(), digest_size=16).hexdigest()


def as_typed(form: forms.BaseForm) -> None:
    """The bound form shows what was typed so far, and is not checked: a button was pressed that saves nothing. What its
    reader saw of the row stays what they saw."""
    form._errors = ErrorDict()  # type: ignore[attr-defined]  # Django's: it is then taken for checked
    form.cleaned_data = {}
    form.initial["seen"] = form.data.get("seen", "")


class EditForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in its stubs only
    """The form of a row. The page sends `seen` back: the state that the person looked at."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stored = _version(self.instance)  # now: once the form is checked, the instance holds what was typed
        for field in self.fields.values():
            # What differs is told from what is stored. Django would compare fields with a callable default with what
            # the page was drawn with.
            field.show_hidden_initial = False

    @property
    def seen(self) -> str:
        return self.initial.get("seen") or self._stored

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk and self.data.get("seen", self._stored) != self._stored:
            self._tell_what_changed()
        return cleaned

    def _update_errors(self, errors: forms.ValidationError) -> None:
        """Django's hook for what the row says is wrong. Of a field that could not be read it knows only that nothing is
        there, and that has been said better."""
        by_field = getattr(errors, "error_dict", {})
        for name in by_field.keys() & self.errors.keys() - {NON_FIELD_ERRORS}:
            del by_field[name]
        super()._update_errors(errors)  # type: ignore[misc]  # unknown to its stubs

    def _tell_what_changed(self) -> None:
        latest = next(iter(changes_of(self.instance)), None)
        if latest:
            who = f"{latest.who} saved this while you were editing ({latest.words.rstrip('.')})."
        else:
            who = "Somebody saved this meanwhile."
        self.add_error(None, f"{who} What you typed stands below; save again to put it in place of what is stored.")
        for name in self.changed_data:
            if not self.has_error(name):
                self.add_error(name, f"Stored now: {words_for(self.fields[name], self[name].initial)}.")


class SiteForm(EditForm):
    """A form for rows of one site: the site is never a field, keys are unique within it, and a new row may go without:
    its name makes one."""

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site = site
        if not self.instance.pk:
            self.instance.site = site  # by which it tells what is of another site
            self.fields["key"].required = False
            self.fields["key"].help_text += " Left empty, the name makes one."

    def clean_key(self) -> str:
        key = self.cleaned_data["key"]
        taken = set(
            self._meta.model._default_manager.filter(site=self.site)
            .exclude(pk=self.instance.pk)
            .values_list("key", flat=True)
        )
        if key in taken:
            raise forms.ValidationError("This key is taken.")
        return key or free_key(self.cleaned_data.get("name", ""), taken)

    def save(self, commit: bool = True) -> Any:
        self.instance.site = self.site
        return super().save(commit)
