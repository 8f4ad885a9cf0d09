"""The page that says how a site is installed, and whether it is."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.models import Placement
from personalization.upkeep.arrivals import arrivals
from sites.models import UNVERIFIED, Site
from sites.pages.shell import PageRequest, page, render_page
from tracking.installation import public_address, sighting


@require_GET
@page("sites.view_site")
def install(request: PageRequest, site: Site) -> HttpResponse:
    now = timezone.now()
    if request.htmx.target == "arrivals":
        return render(request, "upkeep/_arrivals.html", {"site": site, "arrivals": arrivals(site, now)})
    context = {"site": site, "seen": sighting(site, now)}
    if request.htmx.target == "sighting":
        return render(request, "tracking/_sighting.html", context)
    context |= {
        "arrivals": arrivals(site, now),
        "placement": Placement.objects.filter(site=site, enabled=True).order_by("id").first(),
        "title": "Install",
        "host": public_address(request),
        "unverified": UNVERIFIED,
    }
    return render_page(request, "upkeep/install.html", context)
