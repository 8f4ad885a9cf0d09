"""How does the edge hear that nothing is left of a coupon? It does not count redemptions: whoever notes that the last
one is taken, or that one came back, writes all that are used up to Redis, and each edge process looks."""

import msgspec
import redis
from django.conf import settings
from django.db.models import QuerySet

from campaigns.coupons.tables import Coupon
from sites import keys

SECONDS = 2.0  # an order that waits for its coupon must not wait for Redis


def used_up_in(site: int) -> frozenset[int]:
    """One query."""
    return frozenset(_used_up().filter(site=site).values_list("pk", flat=True))


def push() -> bool:
    """Writes them and tells every edge process; False where Redis had exactly these already. Called whenever one
    changes, and by beat each minute, since two that change at once may write in either order. One query."""
    told: dict[int, list[int]] = {}
    for site, pk in _used_up().order_by("site_id", "pk").values_list("site_id", "pk"):
        told.setdefault(site, []).append(pk)
    blob = msgspec.json.encode(told)
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=SECONDS, socket_connect_timeout=SECONDS) as client:
        if client.get(keys.USED_UP) == blob or (not told and not client.exists(keys.USED_UP)):
            return False
        client.set(keys.USED_UP, blob)
        client.publish(keys.CHANGES, "used_up")
    return True


def _used_up() -> QuerySet[Coupon]:
    # Codes that are good once stand in no creative.
    return Coupon.objects.filter(used_up_at__isnull=False).exclude(code="")
