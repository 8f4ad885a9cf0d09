"""Who is there to learn from and to count? Profiles of one site's visitors, read from Redis in chunks.

Which visitors: Postgres knows their site and when they were last seen; profiles do not say to which site they belong. A
visitor's id is a keyed hash, so the first n by id are a uniform sample, and the same one next time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import redis
from django.conf import settings
from django.db.models import Max, QuerySet

from segments.features import vector
from segments.profile import Profile
from segments.stored import unpack
from sites import keys
from sites.models import Site
from tracking.log.base import partition_of
from tracking.models import Visitor

ACTIVE_DAYS = 30
CHUNK = 1000


@dataclass(slots=True)
class Population:
    """Raw features of a sample of visitors: `X` of shape (n_visitors, n_features)."""

    visitors: list[str]
    features: tuple[str, ...]  # the columns
    X: np.ndarray
    window_start: int  # first and last moment at which a row was taken, milliseconds
    window_end: int

    def columns(self, names: Sequence[str]) -> np.ndarray:
        """The named features, in this order. Raises ValueError for one that is not there."""
        return self.X[:, [self.features.index(name) for name in names]]

    def select(self, chosen: np.ndarray) -> "Population":
        """The visitors that a mask marks, in the same window."""
        visitors = [visitor for visitor, is_chosen in zip(self.visitors, chosen, strict=True) if is_chosen]
        return Population(visitors, self.features, self.X[chosen], self.window_start, self.window_end)


def newest(site: Site) -> datetime:
    """The site's own present: its newest event, so that a replayed old clickstream is counted as of its own time; never
    the future."""
    last_seen_at = Visitor.objects.filter(site=site).aggregate(at=Max("last_seen_at"))["at"]
    now = datetime.now(UTC)
    return min(last_seen_at, now) if last_seen_at else now


def active_visitors(site: Site, as_of: datetime) -> QuerySet[Visitor]:
    """Seen in the 30 days before `as_of`. Visitors whose history went to another are not counted twice."""
    return Visitor.objects.filter(site=site, merged_into=None, last_seen_at__gt=as_of - timedelta(days=ACTIVE_DAYS))


def profiles(visitors: QuerySet[Visitor], most: int, order: str = "id") -> Iterator[tuple[str, Profile]]:
    """Visitor and profile of the first `most` visitors: by id a uniform sample. Who has no profile any more, or a
    redirect, is left out."""
    ids = [visitor.hex for visitor in visitors.order_by(order).values_list("id", flat=True)[:most]]
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for start in range(0, len(ids), CHUNK):
            yield from _chunk(client, ids[start : start + CHUNK])


def profiles_of(ids: Sequence[str]) -> dict[str, Profile]:
    """By visitor; those without one, or with a redirect, are left out. Raises redis.RedisError."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        return dict(_chunk(client, ids))


def _chunk(client: redis.Redis, visitors: Sequence[str]) -> Iterator[tuple[str, Profile]]:
    by_partition: dict[int, list[str]] = {}
    for visitor in visitors:
        by_partition.setdefault(partition_of(visitor, settings.LOG_PARTITIONS), []).append(visitor)
    for partition, members in by_partition.items():  # one hash tag a command, as a Redis cluster wants it
        values = client.mget([keys.profile(partition, visitor) for visitor in members])
        for visitor, value in zip(members, values, strict=True):
            profile = _read(value)
            if profile is not None and profile.events and not profile.merged_into:
                yield visitor, profile


def _read(value: Any) -> Profile | None:
    try:
        return unpack(value)
    except msgspec.MsgspecError:
        return None


def sample(site: Site, features: Sequence[str], most: int, least_events: int) -> Population:
    """Features of the site's active visitors who did more than one thing, each as of the visitor's own last event."""
    visitors, rows, moments = [], [], []
    for visitor, profile in profiles(active_visitors(site, newest(site)), most):
        if profile.events >= least_events:
            visitors.append(visitor)
            rows.append(vector(profile, profile.last_at, features))
            moments.append(profile.last_at)
    X = np.array(rows, dtype=np.float64).reshape(len(rows), len(features))
    return Population(visitors, tuple(features), X, min(moments, default=0), max(moments, default=0))
