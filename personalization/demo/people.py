"""Who looks behind the demo shop, one person for each role, and with which passwords? They exist while the demo is on,
and no longer."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import Q, QuerySet

from personalization import tokens
from personalization.embedded.private import secret_in

PEOPLE = {"viewer": "vera", "editor": "edgar", "publisher": "paula", "administrator": "ada"}
PASSWORD_BYTES = 9  # twelve characters that somebody types


def password_of(name: str) -> str:
    """Random, made when it is first asked for."""
    return secret_in(_folder(), name, PASSWORD_BYTES)


def logins() -> list[str]:
    """A line for each person whom the demo has let in, from what it keeps on disk."""
    return [
        f"{name} ({role}), password {password_of(name)}" for role, name in PEOPLE.items() if (_folder() / name).exists()
    ]


def let_in() -> None:
    """Makes them where they are missing. Whoever had one of the names before is left alone."""
    for role, name in PEOPLE.items():
        taken = User.objects.filter(username=name).first()
        person = taken or User(username=name, email=_address(role, name), first_name=name.title(), is_staff=True)
        if person.email != _address(role, name):
            continue
        if not (person.pk and person.is_active and person.check_password(password_of(name))):
            person.set_password(password_of(name))
            person.is_active, person.is_superuser = True, role == "administrator"
            person.save()
        if role != "administrator":
            person.groups.add(Group.objects.get_or_create(name=role)[0])


def shut_out(**_: Any) -> None:
    """Follows each migration of an installation without the demo: nobody keeps what the demo gave, their sessions and
    tokens neither."""
    if settings.DEMO:
        return
    names = list(_people().filter(is_active=True).values_list("username", flat=True))
    if not names:
        return
    _people().update(is_active=False)
    transaction.on_commit(tokens.push, robust=True)
    sys.stderr.write(f"The demo is off: {', '.join(names)} can no longer log in. `make demo` lets them in again.\n")


def _folder() -> Path:
    return settings.VAR_DIR / "demo-passwords"


def _people() -> QuerySet[User]:
    """By name and address, so that nobody is taken for one of them by the name alone."""
    wanted = Q()
    for role, name in PEOPLE.items():
        wanted |= Q(username=name, email=_address(role, name))
    return User.objects.filter(wanted)


def _address(role: str, name: str) -> str:
    return f"{name}@{role}.example"
