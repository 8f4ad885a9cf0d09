"""How do edges hear of weights, and of arms that were set by hand? Whoever changes them writes all of the site to
Redis, and each edge process looks."""

import redis
from django.conf import settings

from campaigns.models import Override, Treatment
from campaigns.treatments.weights import FrozenWeights
from personalization.allotting import write_allotted
from personalization.bandits import batches
from sites import keys
from sites.models import Site

SECONDS = 2.0  # somebody who waits for a page must not wait for Redis


def push(sites: set[int]) -> list[int]:
    """Writes them, tells every edge process, and returns the sites where Redis had something else. Called whenever one
    changes, and by beat each minute, for a write may be lost."""
    changed = []
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=SECONDS, socket_connect_timeout=SECONDS) as client:
        for site in sorted(sites):
            blob = write_allotted(*allotted_of(site))
            if client.get(keys.allotted(site)) != blob:
                client.set(keys.allotted(site), blob)
                changed.append(site)
        if changed:
            client.publish(keys.CHANGES, "allotted")
    return changed


def allotted_of(site: int) -> tuple[dict[int, FrozenWeights], dict[str, dict[int, str]]]:
    """Weights by treatment, and arms by visitor. Three queries."""
    drawing = Treatment.objects.filter(site=site, kind=Treatment.Kind.BANDIT).order_by("id")
    found: dict[str, dict[int, str]] = {}
    for row in Override.objects.filter(treatment__site=site).order_by("id"):
        found.setdefault(row.visitor_id.hex, {})[row.treatment_id] = row.arm
    return batches.frozen_of(drawing.values_list("id", flat=True)), found


def push_all() -> list[int]:
    return push(set(Site.objects.order_by("id").values_list("id", flat=True)))
