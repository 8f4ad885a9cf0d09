"""Where is the page of a row that a review speaks of?"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.urls import reverse

from campaigns.coupons.tables import Coupon
from campaigns.models import AdVariant, Campaign, Goal, Placement, Rule, Treatment
from campaigns.problems import Named
from segments.models import Segment
from sites.models import Site

# The name of the page of one, and the field that its address takes.
PAGES: dict[type[Model], tuple[str, str]] = {
    AdVariant: ("variant", "key"),
    Campaign: ("campaign", "key"),
    Coupon: ("coupon", "pk"),
    Goal: ("goal", "key"),
    Placement: ("placement", "key"),
    Rule: ("rule", "pk"),
    Segment: ("segment", "key"),
    Site: ("site", "pk"),
    Treatment: ("treatment", "pk"),
}


class Places:
    """Of the pages of these rows, as far as they are stored. One query for each kind whose address takes a key."""

    def __init__(self, rows: Iterable[Named]) -> None:
        ids: dict[str, set[int]] = {}
        for row in rows:
            if row.pk is not None:
                ids.setdefault(row.kind, set()).add(row.pk)
        self._addresses = {
            (kind, pk): address
            for model in PAGES
            if (kind := str(model._meta.model_name)) in ids
            for pk, address in _addresses(model, ids[kind])
        }

    def of(self, row: Named) -> str:
        """Empty for a row that has no page."""
        return self._addresses.get((row.kind, row.pk or 0), "")


def _addresses(model: type[Model], ids: set[int]) -> Iterable[tuple[int, str]]:
    page, by = PAGES[model]
    names: Any = zip(ids, ids, strict=True)
    if by != "pk":
        names = model._default_manager.filter(pk__in=ids).values_list("pk", by)
    return [(pk, reverse(page, args=[name])) for pk, name in names]
