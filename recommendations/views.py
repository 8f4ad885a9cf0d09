"""Pages of the catalogue: its items with what they sell, one item, and a list taken in."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from recommendations import catalogue_list, editing
from recommendations.catalogue_list import AVAILABLE, ORDERS, PERIOD_DAYS, Figures
from recommendations.forms import ImportForm, ItemForm
from recommendations.models import Item
from sites.locks import lock
from sites.models import Site
from sites.pages.charts import bars
from sites.pages.edits import changed_since, for_update
from sites.pages.history import Actor, changes_of
from sites.pages.shell import PageRequest, page, query_of, render_page

PER_PAGE = 48
LONGEST_PASTE = 1_000_000  # characters of a checked file that the page carries along, to be imported at once
MOST_FAULTS = 100  # shown of an import

require_form = require_http_methods(["GET", "POST"])


@dataclass(frozen=True)
class Shown:
    item: Item
    figures: Figures


@require_GET
@page("recommendations.view_item")
def items(request: PageRequest, site: Site) -> HttpResponse:
    now, asked = timezone.now(), query_of(request, ("text", "category", "available", "order"))
    found = Paginator(catalogue_list.find(site, asked, now), PER_PAGE).get_page(request.GET.get("page"))
    figures = catalogue_list.figures_of(site, [item.key for item in found], now)
    query = request.GET.copy()
    query.pop("page", None)
    context: dict[str, Any] = {
        "site": site,
        "asked": asked,
        "found": found,
        "shown": [Shown(item, figures.get(item.key, Figures())) for item in found],
        "days": PERIOD_DAYS,
        "query": query.urlencode(),
        "is_filtered": any(asked[name] for name in ("text", "category", "available")),
    }
    if request.htmx.target == "items":
        return render(request, "recommendations/_items.html", context)
    context |= {
        "title": "Catalogue",
        "categories": catalogue_list.categories_of(site),
        "states": AVAILABLE.items(),
        "orders": [(key, words) for key, (words, _) in ORDERS.items()],
    }
    return render_page(request, "recommendations/items.html", context)


@require_form
@page("recommendations.add_item")
def new_item(request: PageRequest, site: Site) -> HttpResponse:
    form = ItemForm(request.POST or None, site=site)
    if request.method == "POST" and form.is_valid():
        return _saved(request, form)
    return render_page(request, "recommendations/item.html", {"site": site, "form": form, "title": "New item"})


@require_form
@page("recommendations.view_item")
def item(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(for_update(Item.objects.filter(site=site), request), pk=pk)
    name, key, now = row.name, row.key, timezone.now()  # as stored: a form that is refused has changed the row
    form = ItemForm(request.POST or None, instance=row, site=site)
    may = request.user.has_perm("recommendations.change_item")
    if request.method == "POST" and may and form.is_valid():
        return _saved(request, form)
    trend = catalogue_list.trend_of(site, key, now)
    context = {
        "site": site,
        "form": form,
        "item": row,
        "title": name,
        "figures": catalogue_list.figures_of(site, [key], now).get(key, Figures()),
        "bars": bars([looks for _, looks in trend], [day for day, _ in trend]),
        "days": PERIOD_DAYS,
        "near": catalogue_list.near(site, key),
        "changes": changes_of(row),
    }
    return render_page(request, "recommendations/item.html", context)


@require_POST
@page("recommendations.delete_item")
def delete_item(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(lock(Item.objects.filter(site=site)), pk=pk)
    if fault := changed_since(row, request.POST.get("seen", "")):
        messages.error(request, fault)
        return redirect("item", pk)
    editing.delete(row, Actor(request.user))
    messages.success(request, f"“{row}” is gone from the catalogue. Visitors see that with the next release.")
    return redirect("items")


@require_form
@page("recommendations.change_item")
def import_items(request: PageRequest, site: Site) -> HttpResponse:
    """`check` says what an import would do; without it, it is done. Rows at fault are left out and named."""
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    context: dict[str, Any] = {"site": site, "title": "Import items", "form": form}
    if request.method == "POST" and form.is_valid():
        replace, is_check = form.cleaned_data["replace"], "check" in request.POST
        if is_check:
            done = editing.try_items(site, form.rows, replace=replace)
        else:
            done = editing.load_items(site, form.rows, Actor(request.user), replace=replace)
        text = form.cleaned_data["text"]
        is_short = len(text) <= LONGEST_PASTE
        context |= {
            "done": done,
            "is_check": is_check,
            "faults": done.faults[:MOST_FAULTS],
            "is_carried": is_short,
            # What was checked stands in the page again, to be imported with one more press.
            "form": ImportForm(initial={"text": text if is_check and is_short else "", "replace": replace}),
        }
    return render_page(request, "recommendations/import.html", context)


def _saved(request: PageRequest, form: ItemForm) -> HttpResponse:
    row = form.save(commit=False)
    editing.save(row, Actor(request.user), lambda: form.fields)
    messages.success(request, f"“{row}” is saved. Visitors see it with the next release.")
    return redirect("item", row.pk)
