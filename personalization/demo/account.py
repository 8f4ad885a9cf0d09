"""Who is shopping? The demo shop's customers sign in with a name alone, and its server proves them to Segue, as every
site's server does."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from personalization.demo.basket import CUSTOMER, Basket
from personalization.demo.catalogue import CATEGORIES
from personalization.demo.site import WRITE_KEY
from sites.models import Site
from tracking.identity import sign

LONGEST = 60  # characters of a name


def customer_of(request: HttpRequest) -> str:
    """The userId of who has signed in to the shop, "" for nobody."""
    return request.session.get(CUSTOMER, "")


def identity_json(request: HttpRequest) -> str:
    """What the page tells Segue of its customer, as JSON: who it is, and the proof. "" for nobody."""
    customer = customer_of(request)
    if not customer:
        return ""
    secret = Site.objects.values_list("secret_key", flat=True).get(write_key=WRITE_KEY)
    return json.dumps({"userId": customer, "userHash": sign(secret, customer)})


def page_of(request: HttpRequest) -> dict[str, Any]:
    """What every page of the shop shows and tells."""
    basket = Basket(request.session)
    shown = {
        "basket": basket,
        "told": list(basket.take_events()),
        "categories": CATEGORIES,
        "customer": customer_of(request),
    }
    return shown | {"write_key": WRITE_KEY, "identity": identity_json(request)}


def sign_in(request: HttpRequest) -> HttpResponse:
    typed = request.POST.get("name", "").strip()[:LONGEST]
    if request.method == "POST" and typed:
        request.session[CUSTOMER] = f"customer-{'-'.join(typed.lower().split())}"
        return redirect("demo:account")
    return render(request, "demo/account.html", page_of(request) | {"missing": request.method == "POST"})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """The page that follows tells the tracker, which forgets this browser's ids."""
    request.session.pop(CUSTOMER, None)
    return redirect("demo:account")
