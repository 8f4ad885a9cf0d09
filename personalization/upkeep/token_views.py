"""The page of an API token: what it opens, who uses it, its end; and a new one, whose secret is shown once."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from personalization import editing
from personalization.models import ApiToken
from personalization.tokens import closed_because
from personalization.upkeep.token_forms import SENTENCES, TokenForm
from sites.models import Site
from sites.pages.history import Actor, changes_of
from sites.pages.shell import PageRequest, page, render_page, whole


@require_GET
@page("personalization.view_apitoken", without_site=True)
def token_page(request: PageRequest, site: Site | None, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.select_related("site", "created_by"), pk=pk)
    context: dict[str, Any] = {
        "site": site,
        "title": token.name,
        "token": token,
        "closed": closed_because(token, timezone.now()),
        "scopes": [(label, SENTENCES[scope]) for scope, label in ApiToken.Scope.choices if scope in token.scopes],
        "changes": changes_of(token),
    }
    return render_page(request, "upkeep/token.html", context)


@require_http_methods(["GET", "POST"])
@page("personalization.add_apitoken", without_site=True)
def new_token(request: PageRequest, site: Site | None) -> HttpResponse:
    """The secret stands in the answer to the form alone: it is stored nowhere and travels in no cookie."""
    form = TokenForm(request.POST or None, request=request, now=timezone.now(), initial=_begin(request, site))
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        token = editing.issue(
            Actor(request.user),
            name=typed["name"],
            site=typed["site"],
            scopes=typed["scopes"],
            expires_at=form.expires_at,
        )
        title = f"The secret of “{token}”"
        return render_page(request, "personalization/issued_token.html", {"site": site, "title": title, "token": token})
    return render_page(request, "upkeep/token_new.html", {"site": site, "form": form, "title": "New token"})


@require_POST
@page("personalization.delete_apitoken", without_site=True)
def revoke_token(request: PageRequest, _site: Site | None, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, pk=pk)
    editing.delete(token, Actor(request.user))
    messages.success(request, f"“{token}” is revoked: it opens nothing any more.")
    return redirect("tokens")


def _begin(request: PageRequest, site: Site | None) -> dict[str, Any]:
    """What the form begins with: another token (`?like=7`), or the least that is of use."""
    like = ApiToken.objects.filter(pk=whole(request.GET.get("like", "")) or 0).first()
    if like is None:
        return {"site": site, "scopes": ["read"], "lasts": "90"}
    return {"name": like.name, "site": like.site, "scopes": like.scopes, "lasts": "90"}
