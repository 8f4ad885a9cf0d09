"""The pages Search and Help."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from personalization import handbook
from personalization.search import LONGEST, find
from sites.models import Site
from sites.pages.shell import PageRequest, page, query_of, render_page


@require_GET
@page("")
def search(request: PageRequest, site: Site) -> HttpResponse:
    text = query_of(request, ("q",))["q"][:LONGEST]
    context = {"site": site, "text": text, "groups": find(request.user, site, text), "title": "Search"}
    if request.htmx:
        return render(request, "frame/_options.html", context)
    return render_page(request, "frame/search.html", context)


@require_GET
@page("", without_site=True)
def help_index(request: PageRequest, site: Site | None) -> HttpResponse:
    return render_page(request, "frame/help.html", {"site": site, "title": "Help", "parts": handbook.parts()})


@require_GET
@page("", without_site=True)
def help_page(request: PageRequest, site: Site | None, slug: str) -> HttpResponse:
    chapter = handbook.chapters().get(slug)
    if chapter is None:
        raise Http404(f"no page {slug!r} of the help")
    context = {"site": site, "title": chapter.title, "chapter": chapter, "parts": handbook.parts()}
    return render_page(request, "frame/help_page.html", context)
