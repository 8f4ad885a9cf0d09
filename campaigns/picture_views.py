"""Pages of pictures: the library, one picture, and the choice of one for a creative."""

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns import editing
from campaigns.content import Picture
from campaigns.content_forms import PictureForm
from campaigns.pictures import library
from campaigns.pictures.decoding import MOST_BYTES, NoPicture
from sites.editing import Needed
from sites.locks import lock
from sites.models import Site
from sites.pages.edits import changed_since, for_update
from sites.pages.history import Actor, changes_of
from sites.pages.shell import PageRequest, page, query_of, render_page
from sites.units import counted

PER_PAGE = 40
MOST_FILES = 20


@require_safe
@page("campaigns.view_picture")
def pictures(request: PageRequest, site: Site) -> HttpResponse:
    asked = query_of(request, ("text",))
    found = Paginator(library.find(site, asked["text"]), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "site": site,
        "asked": asked,
        "found": found,
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "has_any": bool(found.object_list) or Picture.objects.filter(site=site).exists(),
        "title": "Pictures",
    }
    return render_page(request, "campaigns/pictures.html", context)


@require_POST
@page("campaigns.add_picture")
def upload_pictures(request: PageRequest, site: Site) -> HttpResponse:
    """Every file of `file`. From the choice in a form, the choice again with what came."""
    added, faults = [], []
    for file in request.FILES.getlist("file")[:MOST_FILES]:
        try:
            row, is_new = library.add(site, _bytes_of(file), file.name or "", Actor(request.user))
        except NoPicture as fault:
            faults.append(f"{file.name}: {fault}")
        else:
            added.append(row)
            if not is_new:
                faults.append(f"{file.name}: it is here already, as “{row}”.")
    if not request.FILES:
        faults.append("Choose a file first.")
    if request.htmx:
        return _choice(request, site, added=[row.pk for row in added], faults=faults)
    for told in faults:
        messages.error(request, told)
    if len(added) == 1:
        messages.success(request, "The picture is here. Say what it shows, for those who cannot see it.")
        return redirect("picture", added[0].pk)
    if added:
        messages.success(request, f"{counted(len(added), 'pictures')} came.")
    return redirect("pictures")


@require_http_methods(["GET", "POST"])
@page("campaigns.view_picture")
def picture(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(for_update(Picture.objects.filter(site=site), request), pk=pk)
    form = PictureForm(request.POST or None, instance=row, site=site)
    if request.method == "POST":
        if not request.user.has_perm("campaigns.change_picture"):
            messages.error(request, "Your role may look at this, not change it.")
        elif form.is_valid():
            editing.save(form.save(commit=False), Actor(request.user))
            messages.success(request, f"“{row}” is saved. Where it is shown, its words change with the next publish.")
            return redirect("picture", row.pk)
    context = {
        "site": site,
        "form": form,
        "picture": row,
        "used": list(row.variants.all()),
        "changes": changes_of(row),
        "title": Picture.objects.get(pk=pk).name,
    }
    return render_page(request, "campaigns/picture.html", context)


@require_POST
@page("campaigns.delete_picture")
def delete_picture(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(lock(Picture.objects.filter(site=site)), pk=pk)
    if news := changed_since(row, request.POST.get("seen", "")):
        messages.error(request, news)
        return redirect("picture", pk)
    try:
        library.delete(row, Actor(request.user))
    except Needed as fault:
        messages.error(request, str(fault))
        return redirect("picture", pk)
    messages.success(request, f"“{row}” is gone.")
    return redirect("pictures")


@require_safe
@page("campaigns.view_picture")
def choose_picture(request: PageRequest, site: Site) -> HttpResponse:
    """The fragment in the form of a creative: pictures of the library and of the catalogue, by a word of theirs."""
    return _choice(request, site)


def _choice(request: PageRequest, site: Site, *, added: Any = (), faults: Any = ()) -> HttpResponse:
    text = query_of(request, ("text",))["text"]
    context = {
        "site": site,
        "pictures": library.find(site, text)[: library.MOST_FOUND],
        "items": library.find_items(site, text),
        "text": text,
        "added": list(added),
        "faults": list(faults),
    }
    return render(request, "campaigns/_picture_choice.html", context)


def _bytes_of(file: "UploadedFile[Any]") -> bytes:
    """No more than is taken, and one byte to tell that it was more."""
    return file.read(MOST_BYTES + 1)
