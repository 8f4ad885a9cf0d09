"""Pages of coupons: all of them, and one with its codes and redemptions. What they change, `editing` changes."""

import csv
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.coupons import editing, listing, redeeming
from campaigns.coupons.forms import CodesForm, CouponForm
from campaigns.coupons.tables import Coupon
from sites.editing import Needed
from sites.locks import lock
from sites.models import Site
from sites.money import major
from sites.pages.edits import changed_since, for_update
from sites.pages.history import Actor, changes_of
from sites.pages.shell import PageRequest, page, query_of, render_page
from sites.pages.spreadsheets import disarm
from sites.units import counted

require_form = require_http_methods(["GET", "POST"])
PER_PAGE = 50
SHOWN = 10  # codes, and redemptions, on the page of a coupon; the rest is in its files


@require_safe
@page("campaigns.view_coupon")
def coupons(request: PageRequest, site: Site) -> HttpResponse:
    asked = query_of(request, ("text", "state"))
    found = Paginator(listing.find(site, **asked), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "site": site,
        "asked": asked,
        "found": found,
        "rows": listing.rows_of(found.object_list, timezone.now()),
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "states": listing.SHOWN.items(),
        "has_any": bool(found.object_list) or Coupon.objects.filter(site=site).exists(),
        "title": "Coupons",
    }
    if request.htmx:
        return render(request, "coupons/_coupons.html", context)
    return render_page(request, "coupons/coupons.html", context)


@require_form
@page("campaigns.add_coupon")
def new_coupon(request: PageRequest, site: Site) -> HttpResponse:
    form = CouponForm(request.POST or None, site=site)
    if request.method == "POST" and _saved(request, form):
        row = form.instance
        if row.is_shared:
            messages.success(request, f"“{row}” is saved: creatives can show {row.code}, and the shop can redeem it.")
        else:
            messages.success(request, f"“{row}” is saved. It needs codes now: add them below.")
        return redirect("coupon", row.pk)
    return render_page(request, "coupons/coupon.html", {"site": site, "form": form, "title": "New coupon"})


@require_form
@page("campaigns.view_coupon")
def coupon(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(for_update(Coupon.objects.filter(site=site).select_related("site"), request), pk=pk)
    form = CouponForm(request.POST or None, instance=row, site=site)
    if request.method == "POST":
        if not request.user.has_perm("campaigns.change_coupon"):
            messages.error(request, "Your role may look at this, not change it.")
        elif _saved(request, form):
            messages.success(request, f"“{row}” is saved. What creatives say of it changes with the next publish.")
            return redirect("coupon", row.pk)
    return _page(request, site, pk, form)


@require_POST
@page("campaigns.change_coupon")
def add_codes(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(for_update(Coupon.objects.filter(site=site).select_related("site"), request), pk=pk)
    form = CodesForm(request.POST, request.FILES, coupon=row)
    if row.is_shared:
        messages.error(request, "It has one code for everybody. Make another coupon for many codes.")
        return redirect("coupon", pk)
    if form.is_valid():
        try:
            number = editing.add_codes(row, form.codes, Actor(request.user))
        except ValidationError as error:  # taken since the list was read
            form.add_error(None, error)
        else:
            known = f" {counted(form.known, 'codes')} of the list were there already." if form.known else ""
            messages.success(request, f"{counted(number, 'codes')} added.{known}")
            return redirect("coupon", pk)
    return _page(request, site, pk, CouponForm(instance=row, site=site), form)


@require_POST
@page("campaigns.change_coupon")
def archive_coupon(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    """No order redeems it any more, or may again (`archived` false)."""
    row = get_object_or_404(lock(Coupon.objects.filter(site=site)), pk=pk)
    fault = changed_since(row, request.POST.get("seen", ""))
    try:
        if not fault:
            editing.set_archived(row, request.POST.get("archived") != "false", Actor(request.user))
    except Needed as needed:
        fault = str(needed)
    if fault:
        messages.error(request, fault)
    else:
        now = "archived: no order redeems it any more" if row.archived else "back: orders can redeem it again"
        messages.success(request, f"“{row}” is {now}.")
    return redirect("coupon", pk)


@require_POST
@page("campaigns.delete_coupon")
def delete_coupon(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(lock(Coupon.objects.filter(site=site)), pk=pk)
    fault = changed_since(row, request.POST.get("seen", ""))
    try:
        if not fault:
            editing.delete(row, Actor(request.user))
    except Needed as needed:
        fault = str(needed)
    if fault:
        messages.error(request, fault)
        return redirect("coupon", pk)
    messages.success(request, f"“{row}” is gone.")
    return redirect("coupons")


@require_safe
@page("campaigns.view_coupon")
def export_codes(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(Coupon, site=site, pk=pk)
    redeemed = dict(redeeming.valid(row).exclude(single=None).values_list("single_id", "order_id"))
    rows = row.codes.order_by("id").values_list("pk", "code", "given_at")
    lines = ([code, _local(given), redeemed.get(single, "")] for single, code, given in rows.iterator())
    return _file(f"{row.key}-codes", ["code", "given_at", "order_id"], lines)


@require_safe
@page("campaigns.view_coupon")
def export_redemptions(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    """Amounts in major units."""
    row = get_object_or_404(Coupon, site=site, pk=pk)
    names = ["order_id", "code", "redeemed_at", "released_at", "sum", "discount", "paid", "currency"]
    lines = (
        [
            *(each.order_id, each.code, _local(each.redeemed_at), _local(each.released_at)),
            *(major(minor, site.currency) for minor in (each.sum_minor, each.discount_minor, each.paid_minor)),
            site.currency,
        ]
        for each in row.redemptions.order_by("-redeemed_at", "-id").iterator()
    )
    return _file(f"{row.key}-redemptions", names, lines)


def _saved(request: PageRequest, form: CouponForm) -> bool:
    if not form.is_valid():
        return False
    try:
        editing.save(form.save(commit=False), Actor(request.user))
    except ValidationError as error:  # somebody took the code since the form was checked
        form.add_error("code", error.message_dict["code"])
        return False
    return True


def _page(
    request: PageRequest, site: Site, pk: int, form: CouponForm, codes_form: CodesForm | None = None
) -> HttpResponse:
    """Of a stored coupon, whatever the form holds."""
    row = Coupon.objects.select_related("site").get(pk=pk)
    [shown] = listing.rows_of([row], timezone.now())
    codes = list(row.codes.order_by("id")[:SHOWN])
    redeemed = dict(redeeming.valid(row).filter(single__in=codes).values_list("single_id", "order_id"))
    context: dict[str, Any] = {
        "site": site,
        "form": form,
        "codes_form": codes_form or CodesForm(coupon=row),
        "coupon": row,
        "row": shown,
        "codes": [(code, redeemed.get(code.pk, "")) for code in codes],
        "redemptions": list(row.redemptions.order_by("-redeemed_at", "-id")[:SHOWN]),
        "delete_fault": row.delete_fault(),
        "archive_fault": "" if row.archived else row.archive_fault(),
        "changes": changes_of(row),
        "title": row.name,
    }
    return render_page(request, "coupons/coupon.html", context)


def _file(name: str, columns: list[str], lines: Iterable[list[str]]) -> HttpResponse:
    """Times by the clocks of the site."""
    answer = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}.csv"'}
    )
    writer = csv.writer(answer)
    writer.writerow(columns)
    writer.writerows(map(disarm, line) for line in lines)
    return answer


def _local(at: Any) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds") if at else ""
