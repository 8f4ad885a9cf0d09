"""Which creatives may a rule show, as pictures to choose from? Those that fit its placement first."""

from typing import Any, NamedTuple

from django.db.models import Q

from campaigns.forms.showing import ShowingFields
from campaigns.gallery import Tile, tiles
from sites.models import Site
from sites.pages.shell import whole

MOST_FITTING, MOST_OTHERS = 24, 12


class Choice(NamedTuple):
    fitting: list[Tile]
    others: list[tuple[Tile, str]]  # with what is in the way
    chosen: int | None
    template: str  # of a new one: the first that fits
    left_out: int  # that are not drawn
    text: str  # that was searched for

    @property
    def is_other_chosen(self) -> bool:
        return any(tile.variant.pk == self.chosen for tile, _ in self.others)


def creative_choice(form: ShowingFields, site: Site, text: str = "") -> Choice:
    """The one that is chosen is always there. Six queries, however many there are."""
    field: Any = form.fields["variant"]
    chosen = whole(str(form["variant"].value() or ""))
    rows = field.queryset
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(headline__icontains=text) | Q(pk=chosen))
    found = sorted(rows, key=lambda row: row.pk != chosen)
    faults = {row.pk: form.place.misfit(row) if form.place else "" for row in found}
    fitting = [row for row in found if not faults[row.pk]]
    others = [row for row in found if faults[row.pk]]
    drawn = tiles(site, [*fitting[:MOST_FITTING], *others[:MOST_OTHERS]])
    return Choice(
        [tile for tile in drawn if not faults[tile.variant.pk]],
        [(tile, faults[tile.variant.pk]) for tile in drawn if faults[tile.variant.pk]],
        chosen,
        form.fitting_template,
        len(found) - len(drawn),
        text,
    )
