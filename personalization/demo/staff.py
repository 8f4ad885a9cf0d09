"""How far are the simulated visitors, and may they pause? For staff: on Home, and in the shop's drawer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from personalization.demo import progress
from sites.models import Site
from sites.pages.shell import PageRequest, page

MAY_PAUSE = "campaigns.change_campaign"


def may_pause(request: HttpRequest) -> bool:
    return bool(request.user.is_staff and request.user.has_perm(MAY_PAUSE))


@require_http_methods(["GET", "POST"])
@page("tracking.view_event")
def visitors(request: PageRequest, site: Site) -> HttpResponse:
    """GET: the line of Home. POST paused=1 or 0, for who may change campaigns."""
    if request.method == "POST":
        if not may_pause(request):
            return HttpResponse("This needs a role that may change campaigns.", status=403)
        progress.pause(paused=request.POST.get("paused") == "1")
    if request.method == "POST" and not request.htmx:
        back = request.POST.get("next", "")
        return redirect(back if back.startswith(reverse("demo:home")) else "home")
    return render(request, "demo/_simulated.html", progress.for_pages() | {"may_pause": may_pause(request)})


@require_GET
@page("")
def past(request: PageRequest, _site: Site) -> HttpResponse:
    """The line above each page, again, by which it was asked for."""
    return render(request, "demo/_past.html", progress.for_pages() | {"was_part": True})
