"""What did whoever is looking at the shop do, what does Segue make of it, and what is shown because of that? The side
drawer's content.

The edge's own functions, asked again for one visitor without recording anything. Only the demo shows this to visitors;
staff see it in Visitors.
"""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from campaigns import kept_releases
from campaigns.models import Placement
from campaigns.release import FrozenRelease
from personalization import explain, portrait
from personalization.context import gather
from personalization.decide import Decision, decide
from personalization.demo import doing, progress, staff
from personalization.demo.account import customer_of
from personalization.demo.site import WRITE_KEY
from personalization.reasons import Outcome
from personalization.situation import NO_VISITOR, NOTHING_FORCED, Situation
from personalization.standing import beside_of
from segments import live
from segments.clustering.base import CLUSTER
from segments.models import ModelVersion
from segments.reasons import findings_of, sentence
from segments.state import Profile
from sites.config import SiteConfig
from sites.models import Site
from sites.push import snapshot
from sites.times import now_ms
from sites.units import as_text
from tracking.bots import LONGEST, is_declared_bot
from tracking.formats.segment import Context, Page
from tracking.identity import identify

DECLINED, UNASKED = "declined", "unasked"  # what the page says of consent, where there is none


@require_safe
@never_cache
def describe(request: HttpRequest) -> HttpResponse:
    """GET /demo/me?anonymousId=...&url=...&placements=a,b&consent=...: a fragment of HTML."""
    context: dict[str, Any] = {"consent": request.GET.get("consent", ""), "customer": customer_of(request)}
    context["robot"] = is_declared_bot(request.headers.get("User-Agent", "")[:LONGEST])
    row = Site.objects.filter(write_key=WRITE_KEY).first()
    anonymous_id = request.GET.get("anonymousId", "")
    if row:
        site = snapshot(row)
        visitor, profile = "", Profile()  # without consent the page has no id
        if anonymous_id:
            visitor, profile = live.find(identify(site, anonymous_id, customer_of(request), proved=True))
        context |= {"visitor": visitor, "profile": profile, "done": doing.latest(profile.trail)}
        if release := kept_releases.live(row):
            situation = _situation(request, site, release, visitor, profile)
            context |= _think(row, situation) | {
                "shown": _show(request, row, situation),
                "release": release.version[:8],
            }
    if staff.may_pause(request):
        context |= progress.for_pages() | {"may_pause": True}
    return render(request, "demo/_me.html", context)


def _situation(
    request: HttpRequest, site: SiteConfig, release: FrozenRelease, visitor: str, profile: Profile
) -> Situation:
    now = now_ms()
    ids = [one for one in (request.GET.get("anonymousId", ""), customer_of(request)) if one]
    headers = {name.lower(): value for name, value in request.headers.items()}
    told = Context(page=Page(url=request.GET.get("url", "")))
    context, day = gather(site, headers, told, settings.TRUSTED_PROXIES, now, ids)
    beside = beside_of(site.id, release)
    return Situation(
        release,
        profile,
        visitor or NO_VISITOR,
        bool(visitor),
        context,
        now,
        day,
        used_up=beside.used_up,
        forced=beside.overrides.get(visitor, NOTHING_FORCED),
        weights=beside.weights,
    )


def _think(site: Site, situation: Situation) -> dict[str, Any]:
    """Segments, each with what speaks for it; the cluster with what sets it apart; the figures behind both."""
    release, attributes = situation.release, situation.attributes
    segments = [
        {"name": release.segment_names.get(key, key), "why": _reason(situation, key)}
        for key in attributes["segment"] or ()
    ]
    readings = portrait.readings_of(situation.profile, situation.now)
    return {
        "segments": segments,
        "cluster": attributes["cluster.name"],
        "apart": _apart(site, attributes["cluster.name"]),
        "likenesses": portrait.likenesses(release, attributes)[:3],
        "features": [
            (reading.feature, as_text(reading.value, reading.feature.unit, release.currency))
            for reading in readings
            if reading.says_something
        ],
    }


def _reason(situation: Situation, key: str) -> str:
    """The last part of the segment's condition that holds: the first ones say what somebody has at all."""
    release = situation.release
    found = findings_of({"$savedGroup": key}, situation.attributes, release.groups, release.currency)
    words = next((finding.words for finding in found if finding.holds), "")
    return words.split("; ")[-1].removeprefix(f"segment “{key}”: ")


def _apart(site: Site, name: str | None) -> str:
    model = ModelVersion.objects.filter(site=site, family=CLUSTER, status=ModelVersion.Status.PROMOTED).first()
    found = next((one for one in model.clusters if one["name"] == name), None) if model and name else None
    return ", ".join(found["apart"][:2]) if found else ""


def _show(request: HttpRequest, site: Site, situation: Situation) -> list[dict[str, Any]]:
    """What stands on the page, where the page says what it has; else in every placement."""
    wanted = request.GET.get("placements", "").split(",")
    release = situation.release
    known = [key for key, placement in release.placements.items() if placement.enabled]
    placements = [key for key in dict.fromkeys(wanted) if key in known] or known
    names = dict(Placement.objects.filter(site=site).values_list("key", "name"))
    return [_explain(one, release, names) for one in decide(situation, placements, trace=True)]


def _explain(decision: Decision, release: FrozenRelease, names: dict[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if decision.variant >= 0:
        fields = json.loads(release.variants[decision.variant].answer(decision.values)).get("fields", {})
    return {
        "placement": names.get(decision.placement, decision.placement),
        "headline": fields.get("headline", "the page’s own content"),
        "picture": fields.get("image_url", ""),
        "is_chosen": decision.rule is not None,
        "campaign": decision.rule.campaign_name if decision.rule else "",
        "because": _because(decision, release),
        "why": explain.sentences(decision, release)[1:],
    }


def _because(decision: Decision, release: FrozenRelease) -> str:
    won = next((step for step in decision.trace if step.outcome == Outcome.WON), None)
    if won is None:
        return "Nothing fits you better yet, so you see what everyone else sees."
    held = [sentence(check, release.currency) for check in won.checks if check.holds]
    words = held[-1] if held else "this is for everyone"
    words = words.split("; ")[-1].rpartition("”: ")[2]
    return f"{words[:1].lower()}{words[1:]}."  # after "Because"
