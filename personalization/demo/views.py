"""The demo shop's pages. Plain links and forms; what they tell Segue stands in data-segue attributes of the
templates."""

import json
import secrets

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from personalization.demo.account import page_of
from personalization.demo.basket import MAX_QUANTITY, Basket
from personalization.demo.catalogue import (
    CATEGORY_BY_KEY,
    CURRENCY,
    PRODUCT_BY_KEY,
    PRODUCTS,
    Category,
    Product,
    in_category,
    with_words,
)
from personalization.demo.coupons import LONGEST, reduced
from personalization.demo.pictures import picture
from sites.money import major, scale
from sites.pages.shell import whole

SORTS = {
    "featured": ("Featured", lambda product: 0),
    "cheapest": ("Price, low to high", lambda product: product.price_minor),
    "dearest": ("Price, high to low", lambda product: -product.price_minor),
    "name": ("Name", lambda product: product.name),
}


def _page(request: HttpRequest, template: str, **context: object) -> HttpResponse:
    return render(request, f"demo/{template}.html", page_of(request) | context)


def _product(key: str) -> Product:
    if key not in PRODUCT_BY_KEY:
        raise Http404(f"No product {key!r}.")
    return PRODUCT_BY_KEY[key]


def _amount(text: str) -> int | None:
    """A price typed by a shopper, in minor units; None where it is none."""
    try:
        amount = round(float(text.replace(",", ".")) * scale(CURRENCY))
    except (ValueError, OverflowError):
        return None
    return amount if 0 <= amount < 10**9 else None


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return _page(
        request,
        "home",
        picks=PRODUCTS[3::23][:8],
        sale=[product for product in PRODUCTS if product.old_price_minor][2::9][:4],
        cheap=sorted(PRODUCTS, key=lambda product: product.price_minor)[5:80:19],
    )


@require_safe
def category(request: HttpRequest, key: str) -> HttpResponse:
    chosen: Category | None = CATEGORY_BY_KEY.get(key)
    if chosen is None:
        raise Http404(f"No category {key!r}.")
    low, high = _amount(request.GET.get("min", "")), _amount(request.GET.get("max", ""))
    sort = request.GET.get("sort", "") if request.GET.get("sort") in SORTS else "featured"
    only_sale = request.GET.get("sale") == "1"
    shelf = [item for item in in_category(chosen) if item.old_price_minor or not only_sale]
    products = [
        item
        for item in shelf
        if (low is None or item.price_minor >= low) and (high is None or item.price_minor <= high)
    ]
    about = {"category": chosen.name, "list_id": chosen.key}
    bounds = {name: float(major(value, CURRENCY)) for name, value in (("min", low), ("max", high)) if value is not None}
    direction = {"cheapest": "asc", "dearest": "desc"}.get(sort)
    return _page(
        request,
        "category",
        category=chosen,
        products=sorted(products, key=SORTS[sort][1]),
        sorts=[(name, title) for name, (title, _) in SORTS.items()],
        sort=sort,
        only_sale=only_sale,
        about=json.dumps(about),
        filtered=json.dumps({**about, **bounds}) if bounds else "",
        sorted_by=json.dumps({**about, "sorts": [{"type": "price", "value": direction}]}) if direction else "",
    )


@require_safe
def product(request: HttpRequest, key: str) -> HttpResponse:
    shown, basket = _product(key), Basket(request.session)
    shelf = in_category(shown.category)
    cheaper = reduced(basket.offer, shown.price_minor) if basket.offer else None
    return _page(
        request,
        "product",
        product=shown,
        siblings=[other for other in shelf if other.shape == shown.shape and other is not shown],
        others=[other for other in shelf if other.shape != shown.shape][shown.tint :: 4][:4],
        quantities=range(1, 6),
        is_compared=shown in basket.compared,
        reduced=major(cheaper, CURRENCY) if cheaper is not None else "",
        code=basket.code,
    )


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:100]
    found = with_words(words)
    return _page(request, "search", words=words, products=found[:60], number=len(found))


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    products = Basket(request.session).compared
    facts = [(name, [dict(item.facts)[name] for item in products]) for name, _ in products[0].facts] if products else []
    return _page(
        request,
        "compare",
        products=products,
        facts=facts,
        compared=json.dumps({"products": [item.properties for item in products]}),
    )


@require_POST
def change_comparison(request: HttpRequest, key: str) -> HttpResponse:
    Basket(request.session).compare(_product(key))
    return redirect(_back(request, reverse("demo:compare")))


@require_safe
@ensure_csrf_cookie
def cart(request: HttpRequest) -> HttpResponse:
    return _page(request, "cart")


@require_POST
def add_to_cart(request: HttpRequest, key: str) -> HttpResponse:
    quantity = whole(request.POST.get("quantity", "1")) or 1
    Basket(request.session).add(_product(key), min(MAX_QUANTITY, quantity))
    return redirect("demo:cart")


@require_POST
@ensure_csrf_cookie
def change_coupon(request: HttpRequest) -> HttpResponse:
    """With a code, takes it or says why the shop does not; without one, takes it back."""
    basket, typed = Basket(request.session), request.POST.get("code", "").strip()[:LONGEST]
    if typed and (why := basket.redeem(typed, visitor_in(request))):
        return _page(request, "cart", refused=typed, why=why)
    if not typed:
        basket.give_back()
    return redirect("demo:cart")


@require_POST
def remove_from_cart(request: HttpRequest, key: str) -> HttpResponse:
    Basket(request.session).remove(_product(key))
    return redirect("demo:cart")


def checkout(request: HttpRequest) -> HttpResponse:
    """The form, and the order. Nothing that is typed here is kept: it is a demonstration."""
    basket = Basket(request.session)
    if not basket.lines:
        return redirect("demo:cart")
    if request.method != "POST":
        return _page(request, "checkout")
    missing = [name for name in ("name", "street", "city") if not request.POST.get(name, "").strip()]
    if missing:
        return _page(request, "checkout", missing=missing, typed=request.POST)
    number = f"D-{secrets.token_hex(4)}"
    if why := basket.place(number, visitor_in(request)):  # somebody was faster since the cart was shown
        return _page(request, "checkout", lost=why, typed=request.POST)
    order = {
        "order_id": number,
        "total": basket.total_minor / scale(CURRENCY),
        **basket.properties,
    }
    request.session["order"] = {
        "number": order["order_id"],
        "total": basket.total,
        "lines": [[line.product.key, line.quantity] for line in basket.lines],
    }
    basket.empty()
    basket.tell("Order Completed", order)
    return redirect("demo:order")


@require_safe
def order(request: HttpRequest) -> HttpResponse:
    placed = request.session.get("order")
    if not placed:
        return redirect("demo:home")
    bought = [(PRODUCT_BY_KEY[key], quantity) for key, quantity in placed["lines"] if key in PRODUCT_BY_KEY]
    return _page(request, "order", order=placed, bought=bought)


@require_safe
@cache_control(public=True, max_age=86_400, immutable=True)
def product_picture(request: HttpRequest, key: str) -> HttpResponse:
    return HttpResponse(picture(_product(key)), content_type="image/svg+xml")


def visitor_in(request: HttpRequest) -> str:
    """The anonymousId that the page adds to its forms, from whoever agreed."""
    return request.POST.get("anonymousId", "").replace("\0", "")[:100]


def _back(request: HttpRequest, otherwise: str) -> str:
    """Where a form wants to return to: a path of the shop, nothing else."""
    wanted = request.POST.get("next", "")
    return wanted if wanted.startswith(reverse("demo:home")) else otherwise
