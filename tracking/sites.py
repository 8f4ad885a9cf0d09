"""Which site does a write key belong to, and what are its settings?

The edge never asks the database: every saved site is pushed to Redis as one snapshot, and each edge process builds its look-ups from that.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from tracking.models import Site

SITES_KEY = "segue:sites"
CHANNEL = "segue:changes"

# Hashed wherever they stand, whatever a site marks as personal: names under which clients repeat a visitor's ids.
ALWAYS_PERSONAL = frozenset(("userId", "user_id", "anonymousId", "anonymous_id", "previousId", "previous_id", "distinct_id"))


class SiteConfig(msgspec.Struct, frozen=True, dict=True):
    """The plain snapshot of one `tracking.models.Site`. Hosts are in lower case, without "www."."""

    id: int
    name: str
    domain: str
    write_key: str
    salt: str
    allowed_origins: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    time_zone: str = "UTC"
    currency: str = "EUR"
    consent_mode: Literal["opt_out", "opt_in"] = "opt_out"
    honour_dnt: bool = False
    drop_data_centres: bool = False
    personal_traits: frozenset[str] = frozenset()

    @cached_property
    def personal_in_traits(self) -> frozenset[str]:
        return self.personal_traits | ALWAYS_PERSONAL | {"id"}

    @cached_property
    def personal_in_properties(self) -> frozenset[str]:
        """As in traits, but for `name`: among properties that is the name of a product or page."""
        return (self.personal_traits | ALWAYS_PERSONAL) - {"name"}


class Sites:
    """Look-ups over one set of snapshots; immutable, replaced as a whole when a site changes."""

    def __init__(self, configs: list[SiteConfig]) -> None:
        self.by_key = {config.write_key: config for config in configs}
        self.by_id = {config.id: config for config in configs}

    @classmethod
    def empty(cls) -> Sites:
        return cls([])

    @classmethod
    def from_bytes(cls, blob: bytes) -> Sites:
        """From what `push` wrote. Raises msgspec.DecodeError, a ValueError, on anything else."""
        return cls(_decoder.decode(blob))

    def find(self, headers: Mapping[str, str], write_key: str = "") -> SiteConfig | None:
        """The site of a key given by Basic or Bearer authorization, by X-Write-Key, or elsewhere in the request (`write_key`)."""
        by_key = self.by_key
        authorization = headers.get("authorization")
        if authorization and (site := by_key.get(_authorized(authorization))):
            return site
        return by_key.get(write_key) or by_key.get(headers.get("x-write-key", ""))


@lru_cache(maxsize=1024)
def _authorized(header: str) -> str:
    """The user of Basic authorization, the token of Bearer."""
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value).decode().partition(":")[0]
    except ValueError:
        return ""


_decoder = msgspec.json.Decoder(list[SiteConfig])


def snapshot(site: Site) -> SiteConfig:
    return SiteConfig(
        id=site.pk,
        name=site.name,
        domain=site.domain,
        write_key=site.write_key,
        salt=site.salt,
        allowed_origins=frozenset(origin.strip().rstrip("/").lower() for origin in site.allowed_origins if origin.strip()),
        hosts=frozenset(host.strip().lower().removeprefix("www.").partition(":")[0] for host in (site.domain, *site.internal_hosts) if host.strip()),
        time_zone=site.time_zone,
        currency=site.currency,
        consent_mode=site.consent_mode,  # type: ignore[arg-type]  # the field knows only these two
        honour_dnt=site.honour_dnt,
        drop_data_centres=site.drop_data_centres,
        personal_traits=frozenset(site.personal_traits),
    )


def push() -> bool:
    """Writes the snapshots of all sites to Redis and tells every edge process; False where Redis had exactly these already. One query."""
    import redis
    from django.conf import settings

    from tracking.models import Site

    configs = [snapshot(site) for site in Site.objects.order_by("pk")]
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        blob: bytes | None = client.get(SITES_KEY)
        if blob is not None and _decoder.decode(blob) == configs:
            return False
        client.set(SITES_KEY, msgspec.json.encode(configs))
        client.publish(CHANNEL, "sites")
    return True


def save_site(site: Site) -> None:
    """The one way to save a site: admin, API, forms and the demo call this, so that the edge hears of it.

    While Redis is away the site is saved all the same, the failure logged, and the edge told within a minute of its return.
    """
    from django.db import transaction

    site.save()
    transaction.on_commit(push, robust=True)


def delete_site(site: Site) -> None:
    from django.db import transaction

    site.delete()
    transaction.on_commit(push, robust=True)
