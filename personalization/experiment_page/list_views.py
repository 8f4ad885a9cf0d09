"""The page of all experiments."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.models import Treatment
from personalization.experiment_page.listing import KINDS, ORDERS, experiments_of
from personalization.experiment_page.standing import STATES
from sites.models import Site
from sites.pages.shell import PageRequest, page, query_of, render_page


@require_GET
@page("campaigns.view_treatment")
def experiments(request: PageRequest, site: Site) -> HttpResponse:
    asked = query_of(request, ("text", "state", "kind", "order"))
    rows = experiments_of(site, timezone.now(), **asked)
    context = {
        "site": site,
        "title": "Experiments",
        "rows": rows,
        "asked": asked,
        "states": STATES.items(),
        "kinds": KINDS.items(),
        "orders": [(key, words) for key, (words, _) in ORDERS.items()],
        "are_there": bool(rows) or Treatment.objects.filter(site=site).exists(),
    }
    if request.htmx.target == "experiments":
        return render(request, "experiments/_experiments.html", context)
    return render_page(request, "experiments/experiments.html", context)
