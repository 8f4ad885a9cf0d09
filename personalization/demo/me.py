"""What does Segue know about whoever is looking at the shop, and why do they see what they see? The side drawer's
content.

The edge's own functions, asked again for one visitor without recording anything. Only the demo shows this to visitors;
staff see it in Visitors.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaigns import kept_releases
from campaigns.release import FrozenRelease
from personalization import explain, portrait
from personalization.context import gather
from personalization.decide import Decision, decide
from personalization.demo.account import customer_of
from personalization.demo.site import WRITE_KEY
from personalization.situation import Situation
from segments import live
from segments.state import Profile
from sites.config import SiteConfig
from sites.models import Site
from sites.push import snapshot
from sites.times import now_ms
from sites.units import as_text
from tracking.formats.segment import Context, Page
from tracking.identity import identify


@require_safe
@never_cache
def describe(request: HttpRequest) -> HttpResponse:
    """GET /demo/me?anonymousId=...&url=...: a fragment of HTML."""
    context: dict[str, Any] = {}
    row = Site.objects.filter(write_key=WRITE_KEY).first()
    anonymous_id = request.GET.get("anonymousId", "")
    if row and anonymous_id:
        site = snapshot(row)
        visitor, profile = live.find(identify(site, anonymous_id, customer_of(request), proved=True))
        context = {"visitor": visitor[:8], "profile": profile}
        if release := kept_releases.live(row):
            context |= _describe(_situation(request, site, release, visitor, profile))
    return render(request, "demo/_me.html", context)


def _situation(
    request: HttpRequest, site: SiteConfig, release: FrozenRelease, visitor: str, profile: Profile
) -> Situation:
    now = now_ms()
    ids = [one for one in (request.GET.get("anonymousId", ""), customer_of(request)) if one]
    headers = {name.lower(): value for name, value in request.headers.items()}
    told = Context(page=Page(url=request.GET.get("url", "")))
    context, day = gather(site, headers, told, settings.TRUSTED_PROXIES, now, ids)
    return Situation(release, profile, visitor, True, context, now, day)


def _describe(situation: Situation) -> dict[str, Any]:
    release, attributes = situation.release, situation.attributes
    placements = [key for key, placement in release.placements.items() if placement.enabled]
    readings = portrait.readings_of(situation.profile, situation.now)
    return {
        "release": release.version[:8],
        "segments": [release.segment_names.get(key, key) for key in attributes["segment"] or ()],
        "cluster": attributes["cluster.name"],
        "likenesses": portrait.likenesses(release, attributes),
        "features": [
            (reading.feature, as_text(reading.value, reading.feature.unit, release.currency))
            for reading in readings
            if reading.says_something
        ],
        "decisions": [_explain(one, release) for one in decide(situation, placements, trace=True)],
    }


def _explain(decision: Decision, release: FrozenRelease) -> dict[str, Any]:
    return {
        "placement": decision.placement,
        "variant": release.variants[decision.variant].key if decision.variant >= 0 else "",
        "reason": decision.reason,
        "why": explain.sentences(decision, release),
    }
