"""Where is the page that mends a row which a review speaks of?"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.urls import reverse

from campaigns.models import AdVariant, Campaign, Goal, Placement
from campaigns.problems import Named
from segments.models import Segment

Places = dict[tuple[str, int], str]  # addresses by kind and id
BY_ID = {"rule", "coupon", "treatment", "site"}  # kinds whose page is called as they are, and addressed by id
BY_KEY: dict[str, tuple[type[Model], str]] = {
    "advariant": (AdVariant, "variant"),
    "campaign": (Campaign, "campaign"),
    "goal": (Goal, "goal"),
    "placement": (Placement, "placement"),
    "segment": (Segment, "segment"),
}


def places_of(rows: Iterable[Named]) -> Places:
    """Of the rows that are stored. One query for each kind that is addressed by its key."""
    ids: dict[str, set[int]] = {}
    for row in rows:
        if row.pk is not None:
            ids.setdefault(row.kind, set()).add(row.pk)
    places = {(kind, pk): reverse(kind, args=[pk]) for kind in BY_ID & ids.keys() for pk in ids[kind]}
    for kind in BY_KEY.keys() & ids.keys():
        model, page = BY_KEY[kind]
        keys: Any = model._default_manager.filter(pk__in=ids[kind]).values_list("pk", "key")
        places |= {(kind, pk): reverse(page, args=[key]) for pk, key in keys}
    return places
