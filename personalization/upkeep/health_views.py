"""The page Health: the operator's figures, live."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from personalization import attention, feed_access, overview
from personalization.upkeep import health, jobs
from sites.models import Site
from sites.pages.shell import PageRequest, page, render_page
from tracking.installation import sighting


@require_GET
@page("tracking.view_event")
def health_page(request: PageRequest, site: Site) -> HttpResponse:
    """Whatever does not answer is said to be silent; the rest of the page stands."""
    now = timezone.now()
    if request.htmx.target == "feed":
        return render(request, "personalization/_feed.html", _feed(request, site))
    pulse = overview.pulse(site, now)
    context = {"site": site, "now": now, "pulse": pulse}
    if request.htmx.target == "pulse":
        return render(request, "upkeep/_pulse.html", context)
    context |= {
        "title": "Health",
        "attention": attention.for_operators(site, now, pulse.freshness),
        "bars": overview.day(site, now),
        "seen": sighting(site, now),
        "disk": health.disk(),
        "redis": health.ask(health.store_of_events),
        "postgres": health.database_figures(),
        "months": health.months(),
        "queues": health.ask(health.waiting_work),
        "routes": health.ask(health.routes),
        "jobs": health.ask(lambda: jobs.jobs(now)),
    }
    return render_page(request, "upkeep/health.html", context | _feed(request, site))


def _feed(request: PageRequest, site: Site) -> dict[str, object]:
    return {
        "site": site,
        "feed_page": "health",
        "events": overview.recent_events(site),
        "feed_token": feed_access.grant(request, site.pk),
        "renew_seconds": feed_access.RENEW_SECONDS,
    }
