"""Which release do visitors see, or did they see then, as it decides? Loaded from the record, for pages and workers;
the edge has `personalization.edge.snapshots`."""

from functools import lru_cache

from campaigns.models import Release
from campaigns.parts import Parts, apart
from campaigns.release import FrozenRelease, load
from sites.models import Site


def live(site: Site) -> FrozenRelease | None:
    """One query; another one where it is not remembered."""
    row = Release.objects.filter(site=site, status=Release.Status.LIVE).only("pk", "version").first()
    return _load(row.pk, row.version) if row else None


def of_version(site: Site, version: str) -> FrozenRelease | None:
    """None where it is no longer kept, or never compiled. Costs what `live` does."""
    row = Release.objects.filter(site=site, version=version).exclude(compiled=b"").only("pk", "version").first()
    return _load(row.pk, row.version) if row else None


def live_parts(site: Site) -> Parts:
    """What visitors see, apart; nothing at all where nothing was published. Costs what `live` does. Do not change it:
    it is remembered."""
    row = Release.objects.filter(site=site, status=Release.Status.LIVE).only("pk", "version").first()
    return _parts(row.pk, row.version) if row else Parts(site=site.pk, currency=site.currency, time_zone=site.time_zone)


@lru_cache(maxsize=4)
def _parts(pk: int, version: str) -> Parts:
    return apart(Release.objects.only("source").get(pk=pk).content())


@lru_cache(maxsize=4)
def _load(pk: int, version: str) -> FrozenRelease:
    return load(bytes(Release.objects.values_list("compiled", flat=True).get(pk=pk)))
