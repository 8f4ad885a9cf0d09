"""What does Segue know about whoever is looking at the shop, and why do they see what they see? The side drawer's
content.

The edge's own functions, asked again for one visitor without recording anything. Only the demo shows this to visitors;
staff see it in Visitors.
"""

from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaigns.release import FrozenRelease, load
from personalization import explain
from personalization.context import gather
from personalization.decide import Decision, decide
from personalization.demo.account import customer_of
from personalization.demo.site import WRITE_KEY
from personalization.situation import Situation
from segments.attributes import Attributes
from segments.features import FEATURES, Feature
from segments.profiles import reading_of
from segments.state import Profile
from segments.stored import follow, unpack
from sites import keys
from sites.config import SiteConfig, Sites
from sites.times import now_ms
from sites.units import as_text
from tracking.formats.segment import Context, Page
from tracking.identity import Identity, identify
from tracking.log.base import partition_of


@require_safe
@never_cache
def describe(request: HttpRequest) -> HttpResponse:
    """GET /demo/me?anonymousId=...&url=...: a fragment of HTML."""
    context: dict[str, Any] = {}
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
        access = Sites.from_bytes(_read(client, keys.SITES) or b"[]").by_key.get(WRITE_KEY)
        anonymous_id = request.GET.get("anonymousId", "")
        if access and anonymous_id:
            site = access.site
            visitor, profile = _read_of(client, identify(site, anonymous_id, customer_of(request), proved=True))
            context = {"visitor": visitor[:8], "profile": profile}
            if release := _live_release(client, site.id):
                context |= _described(_situation(request, site, release, visitor, profile))
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
    following = follow(visitor)
    wanted = next(following)
    while True:
        value = _read(client, keys.profile(partition_of(wanted, settings.LOG_PARTITIONS), wanted))
        try:
            wanted = following.send(unpack(value))
        except StopIteration as end:
            visitor, profile = end.value
            return visitor, profile or Profile()


def _live_release(client: redis.Redis, site: int) -> FrozenRelease | None:
    version = _read(client, keys.live_release(site)).decode()
    blob = version and _read(client, keys.release(site, version))
    return _loaded(blob) if blob else None


def _read(client: redis.Redis, key: str) -> bytes:
    return client.get(key) or b""  # type: ignore[return-value]  # the stubs allow for clients that decode


@lru_cache(maxsize=4)
def _loaded(blob: bytes) -> FrozenRelease:
    return load(blob)


def _situation(
    request: HttpRequest, site: SiteConfig, release: FrozenRelease, visitor: str, profile: Profile
) -> Situation:
    now = now_ms()
    ids = [one for one in (request.GET.get("anonymousId", ""), customer_of(request)) if one]
    headers = {name.lower(): value for name, value in request.headers.items()}
    told = Context(page=Page(url=request.GET.get("url", "")))
    context, day = gather(site, headers, told, settings.TRUSTED_PROXIES, now, ids)
    return Situation(release, profile, visitor, True, context, now, day)


def _described(situation: Situation) -> dict[str, Any]:
    release, attributes = situation.release, situation.attributes
    placements = [key for key, placement in release.placements.items() if placement.enabled]
    decisions = decide(situation, placements, trace=True)
    return {
        "release": release.version[:8],
        "segments": [release.segment_names.get(key, key) for key in attributes["segment"] or ()],
        "cluster": attributes["cluster.name"],
        "memberships": _memberships(release, attributes),
        "features": _features(release, attributes),
        "decisions": [_decided(one, release) for one in decisions],
    }


def _decided(decision: Decision, release: FrozenRelease) -> dict[str, Any]:
    return {
        "placement": decision.placement,
        "variant": release.variants[decision.variant].key if decision.variant >= 0 else "",
        "reason": decision.reason,
        "rule": decision.rule,
        "why": explain.sentences(decision, release),
    }


def _memberships(release: FrozenRelease, attributes: Attributes) -> list[tuple[str, str]]:
    """Names of the clusters with the share of each, the likeliest first."""
    if not release.clusters or not attributes["cluster"]:
        return []
    _, shares = attributes["cluster"]
    return [
        (name, f"{share:.0%}") for share, name in sorted(zip(shares, release.clusters.names, strict=True), reverse=True)
    ]


def _features(release: FrozenRelease, attributes: Attributes) -> list[tuple[Feature, str]]:
    """Those that say something, each with its value as people write it."""
    values = ((feature, attributes[f"feature.{name}"]) for name, feature in FEATURES.items())
    return [(feature, as_text(value, feature.unit, release.currency)) for feature, value in values if value]
