"""Who else keeps conditions, in which a segment may be named? Rooms above, which this one may not import: each gives
those of a site."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from django.db import models


class User(NamedTuple):
    """A row with a condition."""

    row: models.Model  # its text names it
    condition: Any


_providers: list[Callable[[int], Iterable[User]]] = []


def register_users(provider: Callable[[int], Iterable[User]]) -> None:
    """`provider(site_id)`: the rows of a site that keep conditions. Called once, when the apps are ready."""
    _providers.append(provider)


def users_in_other_rooms(site_id: int) -> list[User]:
    """A query for each provider."""
    return [user for provider in _providers for user in provider(site_id)]
