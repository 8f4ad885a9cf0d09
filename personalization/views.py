"""Pages that mix what several apps know: Home, the campaigns with their results, one visitor."""

import csv
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns import reviewing
from campaigns.approval import MAY_PUBLISH
from campaigns.models import AdVariant, Campaign, Placement
from campaigns.release_views import context_of
from personalization import attention, feed_access, overview
from personalization.campaign_list import ORDERS, STATES, Listed, campaigns_of, rows_of, to_launch
from personalization.goal_list import goals_of
from personalization.models import Decision
from personalization.override_views import of_visitor
from personalization.portrait import decisions, events_behind, looked_at, portrait, sessions, timeline
from personalization.recompute import recompute
from personalization.results import highlights, orders
from personalization.timeline import creative_of, lines_of, product_of, strips_of
from recommendations.models import Item
from segments.features import FEATURES
from sites.models import Site
from sites.money import major
from sites.pages.clock import current_zone
from sites.pages.shell import PageRequest, page, query_of, render_page
from sites.pages.spreadsheets import disarm
from sites.tags import tags_in
from sites.times import now_ms
from tracking.models import Event, Visitor

EVENTS_PER_PAGE = 40
DECISIONS = 20
EXPORTED = [
    "key",
    "name",
    "status",
    "goal",
    "starts_at",
    "ends_at",
    "seen_7d",
    "clicked_7d",
    "conversions_7d",
    "also_touched_7d",
    "value_7d",
    "currency",
    "changed_at",
    "changed_by",
    "state_at",
    "state_notes",
    "tags",
]


@require_GET
@page("tracking.view_event")
def home(request: PageRequest, site: Site) -> HttpResponse:
    now = timezone.now()
    if request.htmx.target == "feed":
        return render(request, "personalization/_feed.html", _feed(request, site))
    context: dict[str, Any] = {"site": site, "now": now}
    if request.htmx.target == "live":
        return render(request, "personalization/_live.html", context | {"live": highlights.this_minute(site, now)})
    days = overview.RANGES.get(request.GET.get("days", ""), 1)
    context |= {"days": days, "engagement": overview.engagement(site, now, days)}
    if request.htmx.target == "engagement":
        return render(request, "personalization/_engagement.html", context)
    look, pulse = reviewing.look(site), overview.pulse(site, now)
    context |= {"attention": attention.for_marketers(site, now, pulse.freshness, look), "look": look}
    if request.htmx.target == "attention":
        return render(request, "personalization/_attention.html", context)
    context |= {"title": "Home", "pulse": pulse} | _highlights(site, now, pulse.last_at is not None)
    return render_page(request, "personalization/home.html", context | _feed(request, site))


def _highlights(site: Site, now: datetime, has_events: bool) -> dict[str, Any]:
    contest = highlights.contest(site, now)
    return {
        "headline": highlights.headline(site, now),
        "contest": contest,
        "pair": [("good" if contest.is_clear else "", "Best", contest.best), ("", "Worst", contest.worst)],
        "live": highlights.this_minute(site, now),
        "noun": orders.noun(site),
        "step": highlights.next_step(site, has_events),
    }


@require_GET
@page("tracking.view_event")
def feed_token(request: PageRequest, site: Site, watched: int) -> HttpResponse:
    """A new token for the live feed of a page that stays open; another page may have chosen another site meanwhile."""
    return JsonResponse({"token": feed_access.grant(request, get_object_or_404(Site, pk=watched).pk)})


@require_GET
@page("campaigns.view_campaign")
def campaigns(request: PageRequest, site: Site) -> HttpResponse:
    now, wanted = timezone.now(), query_of(request, ("placement", "rule", "text", "status", "order", "tag"))
    context: dict[str, Any] = {"site": site, "asked": wanted}
    if request.htmx.target == "unpublished":
        context["review"] = context_of(site, reviewing.look(site))
        return render(request, "campaigns/_unpublished.html", context)
    if request.htmx.target != "campaigns":
        context |= {
            "placements": Placement.objects.filter(site=site),
            "rows": rows_of(site, now, wanted["placement"], wanted["rule"]),
        }
    if request.htmx.target == "rules":
        return render(request, "campaigns/_rules.html", context)
    listed = _list_campaigns(request, site)
    context |= {
        "campaigns": to_launch(site, now, listed) if request.user.has_perm(MAY_PUBLISH) else listed,
        "statuses": STATES.items(),
        "orders": [(key, words) for key, (words, _) in ORDERS.items()],
    }
    if request.htmx.target == "campaigns":
        return render(request, "campaigns/_campaigns.html", context)
    tags = tags_in(Campaign.objects.filter(site=site))
    context |= {"review": context_of(site, reviewing.look(site)), "title": "Campaigns", "tags": tags}
    return render_page(request, "campaigns/campaigns.html", context)


@require_GET
@page("campaigns.view_campaign")
def export_campaigns(request: PageRequest, site: Site) -> HttpResponse:
    """The table as it is filtered, as CSV."""
    answer = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="campaigns.csv"'}
    )
    writer = csv.writer(answer)
    zone = current_zone().key
    writer.writerow([f"{name} ({zone})" if name.endswith("_at") else name for name in EXPORTED])
    for row in _list_campaigns(request, site):
        campaign, result = row.campaign, row.result
        schedule = [timezone.localtime(at).isoformat() if at else "" for at in (campaign.starts_at, campaign.ends_at)]
        figures = [
            result.impressions,
            result.clicks,
            result.conversions,
            result.assists,
            major(result.value_minor, site.currency),
            site.currency,
        ]
        changed = [timezone.localtime(campaign.updated_at).isoformat(), row.change.who if row.change else ""]
        told = [campaign.key, campaign.name, row.standing.state, campaign.goal or ""]
        since = timezone.localtime(row.standing.at).isoformat() if row.standing.at else ""
        notes, tags = list(row.standing.notes), ", ".join(campaign.tags)
        if row.standing.rests_until:
            notes.append(f"off until {timezone.localtime(row.standing.rests_until).isoformat()}")
        writer.writerow(map(disarm, [*told, *schedule, *figures, *changed, since, "; ".join(notes), tags]))
    return answer


@require_GET
@page("campaigns.view_goal")
def goals(request: PageRequest, site: Site) -> HttpResponse:
    context = {"site": site, "rows": goals_of(site, timezone.now()), "title": "Goals"}
    return render_page(request, "campaigns/goals.html", context)


def _list_campaigns(request: PageRequest, site: Site) -> list[Listed]:
    return campaigns_of(site, timezone.now(), **query_of(request, ("text", "status", "order", "tag")))


@require_GET
@page("tracking.view_visitor")
def visitor(request: PageRequest, site: Site, visitor: str) -> HttpResponse:
    row = get_object_or_404(Visitor.objects.select_related("merged_into"), pk=UUID(visitor), site=site)
    if row.merged_into_id:
        messages.info(request, f"Visitor {row} signed in and joined this one.")
        return redirect("visitor", row.merged_into_id.hex)
    shown = Paginator(timeline(row), EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "site": site,
        "visitor": row,
        "events": shown,
        "sessions": sessions(row, (event.session for event in shown)),
    } | _timeline(site, row, list(shown))
    if request.htmx.target == "timeline":
        return render(request, "personalization/_timeline.html", context)
    context |= {
        "portrait": portrait(site, row, now_ms()),
        "decisions": decisions(row)[:DECISIONS],
        "names": _names(site),
        "title": f"Visitor {row}",
        "now": timezone.now(),
    } | of_visitor(request, site, row)
    return render_page(request, "personalization/visitor.html", context)


@require_GET
@page("tracking.view_event")
def feature_events(request: PageRequest, site: Site, visitor: str, name: str) -> HttpResponse:
    """The events behind one figure of a profile."""
    row = get_object_or_404(Visitor, pk=UUID(visitor), site=site)
    feature = FEATURES.get(name)
    if feature is None:
        raise Http404(f"no feature {name!r}")
    context = {
        "site": site,
        "visitor": row,
        "feature": feature,
        "events": events_behind(row, feature, timezone.now()),
        "title": feature.title,
    }
    if request.htmx:
        return render(request, "personalization/_feature_events.html", context)
    return render_page(request, "personalization/feature_events.html", context)


@require_GET
@page("tracking.view_visitor")
def decision(request: PageRequest, site: Site, visitor: str, decision: UUID) -> HttpResponse:
    """Why this visitor got that: the decision made again, with every rule that was considered."""
    row = get_object_or_404(Decision, id=decision, visitor_id=UUID(visitor), site=site)
    context = {
        "site": site,
        "visitor_id": visitor,
        "decision": row,
        "repeated": recompute(site, row),
        "names": _names(site),
        "title": "Why",
    }
    if request.htmx:
        return render(request, "personalization/_decision.html", context)
    return render_page(request, "personalization/decision.html", context)


def _timeline(site: Site, visitor: Visitor, shown: list[Event]) -> dict[str, Any]:
    """Lines of the events on this page, and of each of their sessions the things that were looked at. Three queries."""
    strip = list(looked_at(visitor, (event.session for event in shown)))
    keys = {product_of(event) for event in (*shown, *strip)} - {""}
    things = {item.key: item for item in Item.objects.filter(site=site, key__in=keys)}
    creatives = AdVariant.objects.filter(site=site, key__in={creative_of(event) for event in shown} - {""})
    names = dict(creatives.values_list("key", "name"))
    return {"lines": lines_of(shown, things, names), "strips": strips_of(strip, things)}


def _feed(request: PageRequest, site: Site) -> dict[str, Any]:
    return {
        "site": site,
        "events": overview.recent_events(site),
        "feed_token": feed_access.grant(request, site.pk),
        "renew_seconds": feed_access.RENEW_SECONDS,
    }


def _names(site: Site) -> dict[str, dict[int | str, Any]]:
    """What stands behind the ids and keys that decisions carry, as it is called now; what was deleted keeps its key."""
    names: dict[str, dict[int | str, Any]] = {
        "placements": dict(Placement.objects.filter(site=site).values_list("key", "name"))
    }
    for name, rows in (
        ("variants", AdVariant.objects.filter(site=site)),
        ("campaigns", Campaign.objects.filter(site=site)),
    ):
        names[name] = {identity: row for row in rows.only("id", "key", "name") for identity in (row.pk, row.key)}
    return names
