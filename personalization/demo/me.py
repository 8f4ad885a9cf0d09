"""What does Segue know about whoever is looking at the shop, and why do they see what they see? The side drawer's
content.

The edge's own functions, asked again for one visitor without recording anything. Only the demo shows this to visitors;
staff see it in Visitors.
"""

import time
from functools import lru_cache

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaigns.release import Release, load
from personalization import context as gathering
from personalization import decide as deciding
from personalization import explain
from personalization.demo.account import customer_of
from personalization.demo.site import WRITE_KEY
from segments.attributes import Attributes
from segments.features import FEATURES, Feature
from segments.profile import decode
from segments.profiles import MAX_REDIRECTS, reading_of
from segments.state import Profile
from sites import keys
from sites.config import SiteConfig, Sites
from sites.units import as_text
from tracking.identity import Identity, identify
from tracking.log.base import partition_of

VERSION_BYTES = 8  # in front of a stored profile


@require_safe
@never_cache
def describe(request: HttpRequest) -> HttpResponse:
    """GET /demo/me?anonymousId=...&url=...: a fragment of HTML."""
    context: dict = {}
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
        access = Sites.from_bytes(_read(client, keys.SITES) or b"[]").by_key.get(WRITE_KEY)
        anonymous_id = request.GET.get("anonymousId", "")
        if access and anonymous_id:
            site = access.site
            visitor, profile = _read_of(client, identify(site, anonymous_id, customer_of(request), proved=True))
            context = {"visitor": visitor[:8], "profile": profile}
            if release := _live_release(client, site.id):
                context |= _described(request, site, release, profile)
    return render(request, "demo/_me.html", context)


def _read_of(client: redis.Redis, who: Identity) -> tuple[str, Profile]:
    """Whose history the edge reads for the same ids, and the profile."""
    reading = reading_of(who)
    try:
        wanted = next(reading)
        while True:
            wanted = reading.send(_profile(client, wanted))
    except StopIteration as found:
        return found.value


def _profile(client: redis.Redis, visitor: str) -> tuple[str, Profile]:
    """The visitor after redirects, and the profile; an empty one for somebody unknown."""
    for _ in range(MAX_REDIRECTS):
        value = _read(client, keys.profile(partition_of(visitor, settings.LOG_PARTITIONS), visitor))
        profile = decode(value[VERSION_BYTES:]) if value else Profile()
        if not profile.merged_into:
            break
        visitor = profile.merged_into
    return visitor, profile


def _live_release(client: redis.Redis, site: int) -> Release | None:
    version = _read(client, keys.live_release(site)).decode()
    blob = version and _read(client, keys.release(site, version))
    return _loaded(blob) if blob else None


def _read(client: redis.Redis, key: str) -> bytes:
    return client.get(key) or b""  # type: ignore[return-value]  # the stubs allow for clients that decode


@lru_cache(maxsize=4)
def _loaded(blob: bytes) -> Release:
    return load(blob)


def _described(request: HttpRequest, site: SiteConfig, release: Release, profile: Profile) -> dict:
    now = int(time.time() * 1000)
    ids = [one for one in (request.GET.get("anonymousId", ""), customer_of(request)) if one]
    headers = {name.lower(): value for name, value in request.headers.items()}
    context = gathering.gather(
        site, headers, gathering.Told(request.GET.get("url", "")), settings.TRUSTED_PROXIES, now, ids
    )
    attributes = Attributes(profile, now, context, segments=release.segment_tests, models=release.models)
    placements = [key for key, placement in release.placements.items() if placement.enabled]
    decisions = deciding.decide(release, profile, attributes, placements, now, 0, day=context["day"], trace=True)
    return {
        "release": release.version[:8],
        "segments": [release.segment_names.get(key, key) for key in attributes["segment"]],
        "cluster": attributes["cluster.name"],
        "memberships": _memberships(release, attributes),
        "features": _features(release, attributes),
        "decisions": [
            {"placement": one.placement, "variant": release.variants[one.variant].key if one.variant >= 0 else "", "reason": one.reason, "rule": one.rule,
             "why": explain.sentences(one, release)}
            for one in decisions
        ],
    }  # fmt: skip


def _memberships(release: Release, attributes: Attributes) -> list[tuple[str, str]]:
    """Names of the clusters with the share of each, the likeliest first."""
    if not release.clusters or not attributes["cluster"]:
        return []
    _, shares = attributes["cluster"]
    return [
        (name, f"{share:.0%}") for share, name in sorted(zip(shares, release.clusters.names, strict=True), reverse=True)
    ]


def _features(release: Release, attributes: Attributes) -> list[tuple[Feature, str]]:
    """Those that say something, each with its value as people write it."""
    values = ((feature, attributes[f"feature.{name}"]) for name, feature in FEATURES.items())
    return [(feature, as_text(value, feature.unit, release.currency)) for feature, value in values if value]
