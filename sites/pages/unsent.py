"""What becomes of a form that was sent after the login behind it had ended? It waits until its sender has logged in,
and is sent again."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

KEY = "unsent"
# Signed: somebody of the staff has logged in with this browser. What others send is not worth keeping.
KNOWN = "segue_staff"
KNOWN_SECONDS = 30 * 86_400
MOST = 100_000  # characters; more is not kept in a session


def keep_for_login(request: HttpRequest) -> HttpResponse:
    """To the login, and from there to the page that offers to send the form again."""
    if is_known(request) and _may_be_kept(request):
        request.session[KEY] = {"path": request.get_full_path(), "fields": request.POST.urlencode()}
    return redirect_to_login(reverse("unsent"), reverse("admin:login"))


def is_known(request: HttpRequest) -> bool:
    return request.get_signed_cookie(KNOWN, default="", max_age=KNOWN_SECONDS) == "yes"


def remember(response: HttpResponse) -> None:
    response.set_signed_cookie(
        KNOWN, "yes", max_age=KNOWN_SECONDS, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )


def waiting(request: HttpRequest) -> HttpResponse:
    """The form that waits in the session."""
    kept = request.session.get(KEY)
    if not admin.site.has_permission(request) or not kept:
        return redirect("home")
    if request.method == "POST":  # not wanted any more
        del request.session[KEY]
        return redirect("home")
    return _offer(request, kept["path"], QueryDict(kept["fields"]))


def untrusted(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW. A page of ours is older than the login, as when somebody logs in again in another
    tab: its form is offered again."""
    ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    if ours and _may_be_kept(request) and not request.headers.get("HX-Request"):
        if not admin.site.has_permission(request):
            return keep_for_login(request)
        return _offer(request, request.get_full_path(), request.POST, status=403)
    return render(request, "403_csrf.html", {"reason": reason}, status=403)


def _offer(request: HttpRequest, path: str, fields: QueryDict, status: int = 200) -> HttpResponse:
    typed = [(name, value) for name, values in fields.lists() for value in values if name != "csrfmiddlewaretoken"]
    shell = admin.site.each_context(request)
    return render(
        request, "sites/unsent.html", shell | {"title": "Not saved yet", "path": path, "typed": typed}, status=status
    )


def _may_be_kept(request: HttpRequest) -> bool:
    """Passwords are typed again, and files chosen again."""
    names = " ".join(request.POST)
    return (
        request.method == "POST"
        and "password" not in names
        and not request.FILES
        and len(request.POST.urlencode()) <= MOST
    )
