"""How is somebody let in, given a role, shut out? Each verb is one transaction with its entry in the change log. Nobody
is deleted: who did something keeps their name beside it.

Nobody types another's password. Whoever is let in chooses one, by a link that works once; the link is signed, so it is
stored nowhere. API tokens open something while their owner may log in.
"""

from functools import partial
from types import MappingProxyType

from django.contrib.auth.models import Group, User
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from personalization import feed_access, tokens
from personalization.roles import ADMINISTRATOR, is_last_administrator, role_of
from sites.editing import for_update
from sites.locks import lock
from sites.pages.history import Actor, Fields, differences, record
from sites.pages.paths import without_site


class Refused(Exception):
    """What would leave nobody to put it right. Its text says why, and what to do instead."""


def link_for(person: User) -> str:
    """The address, without its host, at which this person chooses a password: for `PASSWORD_RESET_TIMEOUT`, and until
    they have chosen one or logged in."""
    who = urlsafe_base64_encode(force_bytes(person.pk))
    return without_site(reverse("choose-password", args=[who, default_token_generator.make_token(person)]))


@transaction.atomic
def add(person: User, role: str, by: Actor) -> None:
    """Somebody new, without a password as yet."""
    _may_decide(by, role)
    person.is_active = person.is_staff = True
    person.set_unusable_password()
    person.save()
    person.groups.set([Group.objects.get(name=role)])
    record(by, person, f"Added as {role}.", created=True)


@transaction.atomic
def save(person: User, role: str, by: Actor, fields: Fields = MappingProxyType({})) -> None:
    """Name, address and role. Raises Refused where nobody could put it right again."""
    stored = for_update(person)
    assert stored is not None
    was = role_of(stored)
    words = differences(stored, person, fields)
    _may_decide(by, role, was)
    if role != was:
        _spare(person, by, "changes their own role")
        person.is_superuser = False
        person.groups.set([Group.objects.get(name=role)])
        told = "" if words.startswith("Saved without") else f"; {words}"
        words = f"Role: {was or 'none'} → {role}{told.rstrip('.')}."
    person.save()
    record(by, person, words)
    _tell(person)


@transaction.atomic
def shut_out(person: User, by: Actor) -> None:
    """They are logged out everywhere, and their password and links are good no more: who is let in again chooses
    another."""
    _may_decide(by, role_of(person))
    _spare(person, by, "shuts out themselves")
    person.is_active = False
    person.set_unusable_password()
    person.save(update_fields=["is_active", "password"])
    record(by, person, "May no longer log in.")
    _tell(person)


@transaction.atomic
def let_in(person: User, by: Actor) -> None:
    _may_decide(by, role_of(person))
    person.is_active = person.is_staff = True
    person.save(update_fields=["is_active", "is_staff"])
    record(by, person, "May log in again.")
    _tell(person)


@transaction.atomic
def invite(person: User, by: Actor) -> str:
    """Another link, for who forgot their password, or did not follow the first in time. The old password stays until
    they have chosen."""
    _may_decide(by, role_of(person))
    record(by, person, "Given a link to choose a password.")
    return link_for(person)


@transaction.atomic
def choose_password(person: User, password: str) -> None:
    """Their own, once it was validated. Other log-ins of theirs end."""
    person.set_password(password)
    person.save(update_fields=["password"])
    record(Actor(person), person, "Chose a password.")
    _tell(person)


def _may_decide(by: Actor, *roles: str) -> None:
    """Who may change people and is no administrator makes none, and has no say over one."""
    if ADMINISTRATOR in roles and not (isinstance(by.user, User) and role_of(by.user) == ADMINISTRATOR):
        raise PermissionDenied


def _spare(person: User, by: Actor, act: str) -> None:
    if by.user == person:
        raise Refused(f"Nobody {act}: ask another administrator.")
    # Two administrators who shut out each other take turns, so that the second finds the first gone.
    list(lock(Group.objects.filter(name=ADMINISTRATOR)))
    if is_last_administrator(person):
        raise Refused(f"{person} is the last administrator: make somebody else one first.")


def _tell(person: User) -> None:
    """The edge, which knows tokens and who listens; where Redis is away, beat does within a minute of its return."""
    transaction.on_commit(tokens.push, robust=True)
    transaction.on_commit(partial(feed_access.end_all, person.pk), robust=True)
