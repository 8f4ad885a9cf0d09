"""Which creatives are there, what does each look like, and where is it shown? For whoever looks for one."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Q, QuerySet

from campaigns.content import look_of
from campaigns.creatives import has_picture
from campaigns.looks import Look
from campaigns.models import AdVariant, Placement
from campaigns.previews import document, examples
from campaigns.slots import Values
from sites.models import Site

STATES = {"": "Not archived", "used": "Shown somewhere", "unused": "Shown nowhere", "archived": "Archived"}
WIDE = {"hero", "banner", "row", "countdown"}
# The picture of a creative stands in the middle of its frame, at the width that its template is made for.
CENTRED = "html{display:grid;min-height:100vh;align-items:safe center}body{min-width:0;padding:1.5rem}"
NARROW = "body>*{width:22rem;max-width:100%;margin:auto}"
HIGH = "body>*{zoom:.72}"  # a card with picture, price, code and button is higher than the frame


class Tile(NamedTuple):
    variant: AdVariant
    document: str
    template: str  # its title
    shown: list[str]  # by which rules and placements


def find(site: Site, text: str = "", template: str = "", placement: str = "", state: str = "") -> QuerySet[AdVariant]:
    """Those of a site, by name. `placement` is the key of one that shows them; what nobody knows is passed over."""
    rows = AdVariant.objects.filter(site=site, archived=state == "archived")
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(key__icontains=text) | Q(headline__icontains=text))
    if template in AdVariant.Template.values:
        rows = rows.filter(template=template)
    if placement:
        rows = rows.filter(
            Q(rules__placement__key=placement)
            | Q(arms__treatment__rules__placement__key=placement)
            | Q(default_in__key=placement)
        )
    nowhere = Q(rules=None, arms=None, default_in=None)
    if state == "unused":
        rows = rows.filter(nowhere)
    elif state == "used":
        rows = rows.exclude(nowhere)
    return rows.select_related("picture", "coupon").distinct()


def tiles(site: Site, variants: Iterable[AdVariant], scheme: str = "light") -> list[Tile]:
    """Five queries, however many there are."""
    rows = list(variants)
    look, values = look_of(site), examples(site, 15)
    names = _shown_by(rows)
    return [Tile(row, _document(row, values, look, scheme), row.template_title, names.get(row.pk, [])) for row in rows]


def _document(row: AdVariant, values: Values, look: Look, scheme: str) -> str:
    more = CENTRED if row.template in WIDE else CENTRED + NARROW
    if row.template == AdVariant.Template.CARD and has_picture(row):
        more += HIGH
    return document(row, values, look, scheme=scheme, more=more)


def _shown_by(rows: list[AdVariant]) -> dict[int, list[str]]:
    names: dict[int, list[str]] = {}
    for placement in Placement.objects.filter(default_variant__in=rows):
        names.setdefault(placement.default_variant_id or 0, []).append(f"{placement.name} (default)")
    read = AdVariant.objects.filter(pk__in=[row.pk for row in rows])
    for pk, rule in read.filter(rules__isnull=False).values_list("pk", "rules__name").order_by("rules__name"):
        names.setdefault(pk, []).append(rule)
    drawn = read.filter(arms__isnull=False).values_list("pk", "arms__treatment__name").order_by("pk").distinct()
    for pk, treatment in drawn:
        names.setdefault(pk, []).append(treatment)
    return names
