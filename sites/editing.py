"""How is a site changed? So that the edge hears of it: admin, API, commands and the demo all call this."""

from django.db import transaction

from sites.models import Site
from sites.push import push


def save(site: Site) -> None:
    """The one way to save a site: admin, API, forms and the demo call this, so that the edge hears of it.

    While Redis is away the site is saved all the same, the failure logged, and the edge told within a minute of its
    return.
    """
    site.save()
    transaction.on_commit(push, robust=True)


def delete(site: Site) -> None:
    site.delete()
    transaction.on_commit(push, robust=True)
