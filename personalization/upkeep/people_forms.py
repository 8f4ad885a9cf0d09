"""What may be said of a person: how they are called, where they are reached, which role they have; and what they say of
themselves."""

import hashlib
import json
from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from personalization import people
from personalization.login import is_again
from personalization.roles import ADMINISTRATOR, SENTENCES, in_order, role_of
from sites.pages.edits import EditForm


class AccountForm(EditForm):
    """What people change of themselves."""

    class Meta:
        model = User
        fields = ["first_name", "last_name", "email"]
        labels = {"email": "E-mail"}
        help_texts = {"email": "For colleagues to see; Segue sends none."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Not the whole row, which each log-in changes.
        if self.instance.pk:
            self._stored = _version(self.instance)


class PersonForm(AccountForm):
    """What administrators change; `by` is the one who asks."""

    role = forms.ChoiceField(
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one: who has none sees nothing."},
    )

    class Meta(AccountForm.Meta):
        fields = ["username", *AccountForm.Meta.fields]
        labels = {**AccountForm.Meta.labels, "username": "User name"}
        help_texts = {
            **AccountForm.Meta.help_texts,
            "username": "To log in, and in the change log: letters, digits and @ . + - _",
        }

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = list(in_order())
        if role_of(by) != ADMINISTRATOR:
            names.remove(ADMINISTRATOR)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = self.roles = [(name, name.capitalize()) for name in names]
        if self.instance.pk:
            role.initial = role_of(self.instance)
        if self.instance == by:
            role.disabled = True
            role.help_text = "Nobody changes their own role: ask another administrator."

    @property
    def sentences(self) -> dict[str, str]:
        return dict.fromkeys(dict(self.roles), "A role of your own.") | SENTENCES

    def clean_username(self) -> str:
        """Capitals make no other person: attempts to log in are counted without them."""
        name: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exclude(pk=self.instance.pk).exists():
            raise ValidationError("Somebody has this user name already, perhaps with other capitals.")
        return name


class ChooseForm(SetPasswordForm):  # type: ignore[type-arg]  # generic in its stubs only
    """By a link, without the old one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain(self)

    def save(self, commit: bool = True) -> User:
        people.choose_password(self.user, self.cleaned_data["new_password1"])
        return self.user


class ChangeForm(PasswordChangeForm):
    """With the old one, which may not be guessed here either."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["old_password"].label = "Password now"
        _plain(self)

    def clean_old_password(self) -> str:
        typed: str = self.cleaned_data["old_password"]
        if not is_again(self.request, typed):
            raise ValidationError("This is not your password, or it was tried too often.")
        return typed

    def save(self, commit: bool = True) -> User:
        people.choose_password(self.user, self.cleaned_data["new_password1"])
        return self.user


def _plain(form: forms.Form) -> None:
    """Django's words, without its list in them; a page with several forms begins at its top."""
    form.fields["new_password1"].help_text = " ".join(password_validators_help_texts())
    form.fields["new_password1"].label = "New password"
    form.fields["new_password2"].label = "The same again"
    form.fields["new_password2"].help_text = ""
    for field in form.fields.values():
        field.widget.attrs.pop("autofocus", None)


def _version(person: User) -> str:
    said = [person.username, person.first_name, person.last_name, person.email, role_of(person)]
    return hashlib.blake2b(json.dumps(said).encode(), digest_size=16).hexdigest()
