"""Which visitors are in a segment, or nearest to a cluster? By their profiles of this moment; nothing of it is stored.

A segment holds whom `audience` counts: those for whom its draft is true now, or was at their latest event. A cluster
holds those who lay nearest to it at their latest event, as in training. Beyond `MOST` active visitors only those seen
last are looked at.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

import redis
from django.urls import reverse

from segments import audience, population
from segments.attributes import Attributes, cluster_id
from segments.clustering.base import CLUSTER
from segments.models import Segment
from segments.models_in_force import models_in_force, version_in_force
from segments.profile import Profile
from sites.models import Site
from sites.times import ms_of
from tracking.visitors import Group, Members, NoSuchGroup, NotReadable, Said, register_description, register_group

MOST = 5_000


def of_segment(site: Site, key: str) -> Members:
    """Raises NoSuchGroup, NotReadable."""
    row = Segment.objects.filter(site=site, key=key, archived=False).first()
    if row is None:
        raise NoSuchGroup("There is no such segment any more.")
    return _members(site, _holding(site, row))


def _holding(site: Site, row: Segment) -> Callable[[Profile, int], bool]:
    """Whether a profile is in the segment at a moment."""
    holds, tests, models = audience.test_of(site, row.condition), audience.tests_of(site), models_in_force(site)
    return lambda profile, now: any(
        holds(Attributes(profile, at, segments=tests, models=models)) for at in {now, profile.last_at}
    )


def sifting(site: Site, row: Segment) -> Callable[[Sequence[str]], set[str]]:
    """A question to ask again and again: which of these visitors are in the segment now? Asked, it raises
    NotReadable."""
    belongs, now = _holding(site, row), ms_of(population.newest(site))

    def sift(ids: Sequence[str]) -> set[str]:
        try:
            profiles = population.profiles_of(ids)
        except redis.RedisError as error:
            raise NotReadable("Profiles cannot be read at the moment, so no segment can be told.") from error
        return {visitor for visitor, profile in profiles.items() if belongs(profile, now)}

    return sift


def of_cluster(site: Site, key: str) -> Members:
    """Raises NoSuchGroup, NotReadable."""
    models = models_in_force(site)
    if CLUSTER not in models or key not in map(str, models[CLUSTER].ids):
        raise NoSuchGroup("There is no such cluster any more.")
    return _members(
        site, lambda profile, now: cluster_id(Attributes(profile, profile.last_at, models=models)) == int(key)
    )


def _members(site: Site, belongs: Callable[[Profile, int], bool]) -> Members:
    as_of = population.newest(site)
    now, visitors = ms_of(as_of), population.active_visitors(site, as_of)
    active = visitors.count()
    try:
        ids = [
            UUID(visitor)
            for visitor, profile in population.profiles(visitors, MOST, "-last_seen_at")
            if belongs(profile, now)
        ]
    except redis.RedisError as error:
        raise NotReadable(
            "Profiles cannot be read at the moment, so nobody can be found by segment or cluster."
        ) from error
    return Members(ids, min(active, MOST), active)


def describe(site: Site, ids: Sequence[UUID]) -> dict[UUID, Said]:
    """What lists say of these visitors; {} while profiles cannot be read. A few queries, whatever their number."""
    live = list(Segment.objects.filter(site=site, archived=False))
    names, models = {segment.key: segment.name for segment in live}, models_in_force(site)
    tests, clusters = audience.tests_of(site), dict(_clusters(site))
    now = ms_of(population.newest(site))
    try:
        profiles = population.profiles_of([visitor.hex for visitor in ids])
    except redis.RedisError:
        return {}
    found = {}
    for visitor, profile in profiles.items():
        moments = [Attributes(profile, at, segments=tests, models=models) for at in {now, profile.last_at}]
        held = {key for attributes in moments for key in attributes["segment"] or ()}
        nearest = str(cluster_id(Attributes(profile, profile.last_at, models=models))) if models else ""
        found[UUID(visitor)] = Said(
            profile.orders,
            profile.revenue_minor,
            clusters.get(nearest, ""),
            sorted(names[key] for key in held if key in names),
            is_simulated=profile.traits.get("simulated") is True,
        )
    return found


def _segments(site: Site) -> list[tuple[str, str]]:
    return list(Segment.objects.filter(site=site, archived=False).values_list("key", "name"))


def _clusters(site: Site) -> list[tuple[str, str]]:
    version = version_in_force(site)
    return [(str(cluster["id"]), cluster["name"]) for cluster in version.clusters] if version else []


def register() -> None:
    register_group(
        "segment", Group("Segment", "Any segment", _segments, of_segment, lambda key: reverse("segment", args=[key]))
    )
    register_group(CLUSTER, Group("Cluster", "Any cluster", _clusters, of_cluster, lambda _: reverse("clusters")))
    register_description(describe)
