"""How does a row stay as it is while somebody decides by it? Locked until the transaction ends; who else locks or
changes it waits.

NO KEY: rows that refer to a locked one can be added meanwhile. A plain FOR UPDATE of a site would hold up the first
event of each new visitor, and one of a campaign every new rule.
"""

from typing import TypeVar

from django.db.models import Model, QuerySet

from sites.models import Site

Row = TypeVar("Row", bound=Model)


def lock(rows: QuerySet[Row], *, skip_locked: bool = False) -> QuerySet[Row]:
    """The same rows, but for what is joined to them, locked once they are read. `skip_locked` leaves out those that
    somebody else holds, instead of waiting."""
    return rows.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)


def lock_site(site: Site) -> Site:
    """Takes turns with all others who do this for the site, and returns it as it is stored. Events, sessions and edits
    go on."""
    return lock(Site.objects.all()).get(pk=site.pk)
