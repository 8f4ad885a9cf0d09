"""How does the edge hear of sites?

It never asks the database: every saved site is pushed to Redis as one snapshot, and each edge process builds its
look-ups from that.
"""

import msgspec
import redis
from django.conf import settings

from sites import keys
from sites.config import SiteConfig, Sites
from sites.models import Site
from sites.origins import host_of, origin_of


def snapshot(site: Site) -> SiteConfig:
    return SiteConfig(
        id=site.pk,
        name=site.name,
        domain=site.domain,
        write_key=site.write_key,
        salt=site.salt,
        secret_key=site.secret_key,
        verify_users=site.verify_users,
        allowed_origins=frozenset(origin_of(origin) for origin in site.allowed_origins if origin.strip()),
        hosts=_bare_hosts([site.domain, *site.internal_hosts]),
        unwanted_referrers=_bare_hosts(site.unwanted_referrers),
        time_zone=site.time_zone,
        currency=site.currency,
        consent_mode=site.consent_mode,  # type: ignore[arg-type]  # the field knows only these two
        consent_in_europe=site.consent_in_europe,  # type: ignore[arg-type]  # the same
        honour_dnt=site.honour_dnt,
        drop_data_centres=site.drop_data_centres,
        personal_traits=frozenset(site.personal_traits),
    )


def _bare_hosts(hosts: list[str]) -> frozenset[str]:
    return frozenset(host_of(host) for host in hosts if host.strip())


def push() -> bool:
    """Writes the snapshots of all sites to Redis and tells every edge process; False where Redis had exactly these
    already. One query."""
    configs = [snapshot(site) for site in Site.objects.order_by("pk")]
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        blob: bytes | None = client.get(keys.SITES)
        if blob is not None and Sites.from_bytes(blob) == Sites(configs):
            return False
        client.set(keys.SITES, msgspec.json.encode(configs))
        client.publish(keys.CHANGES, "sites")
    return True
