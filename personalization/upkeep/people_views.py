"""The page of a person, and of a new one: who they are, what they may do, what they did; and the link by which they
choose a password."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from personalization import people
from personalization.models import ApiToken
from personalization.roles import role_of
from personalization.tokens import closed_because
from personalization.upkeep import change_log
from personalization.upkeep.people_forms import PersonForm
from sites.models import Site
from sites.pages.edits import for_update
from sites.pages.history import NOBODY, Actor, changes_of
from sites.pages.shell import PageRequest, page, render_page
from tracking.installation import public_address

SHOWN = 10  # changes by them
require_form = require_http_methods(["GET", "POST"])


@require_form
@page("auth.add_user", without_site=True)
def new_person(request: PageRequest, site: Site | None) -> HttpResponse:
    form = PersonForm(request.POST or None, by=request.user)
    if request.method == "POST" and form.is_valid():
        person = form.save(commit=False)
        people.add(person, form.cleaned_data["role"], Actor(request.user))
        return _show_link(request, site, person, people.link_for(person))
    return render_page(request, "upkeep/person.html", {"site": site, "form": form, "title": "Add a person"})


@require_form
@page("auth.view_user", without_site=True)
def person_page(request: PageRequest, site: Site | None, pk: int) -> HttpResponse:
    person = get_object_or_404(for_update(_everybody(), request), pk=pk)
    form = PersonForm(request.POST or None, instance=person, by=request.user)
    if request.method == "POST":
        if not request.user.has_perm("auth.change_user"):
            messages.error(request, "Your role may look at this, not change it.")
        elif form.is_valid() and _done(request, form):
            messages.success(request, f"“{person}” is saved.")
            return redirect("person", pk)
    return render_page(request, "upkeep/person.html", _context(request, pk) | {"site": site, "form": form})


@require_POST
@page("auth.change_user", without_site=True)
def shut_out(request: PageRequest, _site: Site | None, pk: int) -> HttpResponse:
    person = get_object_or_404(for_update(_everybody(), request), pk=pk)
    try:
        people.shut_out(person, Actor(request.user))
    except people.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"“{person}” may no longer log in, and is logged out everywhere.")
    return redirect("person", pk)


@require_POST
@page("auth.change_user", without_site=True)
def let_in(request: PageRequest, site: Site | None, pk: int) -> HttpResponse:
    """Who has no password chooses one."""
    person = get_object_or_404(for_update(_everybody(), request), pk=pk)
    people.let_in(person, Actor(request.user))
    if not person.has_usable_password():
        return _show_link(request, site, person, people.link_for(person))
    messages.success(request, f"“{person}” may log in again.")
    return redirect("person", pk)


@require_POST
@page("auth.change_user", without_site=True)
def invite(request: PageRequest, site: Site | None, pk: int) -> HttpResponse:
    person = get_object_or_404(for_update(_everybody(), request), pk=pk)
    if not person.is_active:
        messages.error(request, f"“{person}” may not log in: let them in first.")
        return redirect("person", pk)
    return _show_link(request, site, person, people.invite(person, Actor(request.user)))


def _everybody() -> QuerySet[User]:
    """Without the one that stands in the change log for nobody."""
    return User.objects.exclude(username=NOBODY).prefetch_related("groups")


def _done(request: PageRequest, form: PersonForm) -> bool:
    try:
        people.save(form.save(commit=False), form.cleaned_data["role"], Actor(request.user), form.fields)
    except people.Refused as refusal:
        form.add_error("role", str(refusal))
        return False
    return True


def _context(request: PageRequest, pk: int) -> dict[str, Any]:
    """Of what is stored, whatever was typed."""
    person, now, user = _everybody().get(pk=pk), timezone.now(), request.user
    context: dict[str, Any] = {"title": person.get_full_name() or person.username, "person": person}
    context |= {"may_log_in": person.is_active and person.is_staff, "is_self": person == user, "role": role_of(person)}
    if user.has_perm("personalization.view_apitoken"):
        own = ApiToken.objects.filter(created_by=person).select_related("created_by").order_by("name", "id")
        context["tokens"] = [(token, closed_because(token, now)) for token in own]
    if user.has_perm("admin.view_logentry"):
        context["entries"] = change_log.entries(change_log.find(person=str(pk))[:SHOWN], user)
        context["changes"] = changes_of(person)
    return context


def _show_link(request: PageRequest, site: Site | None, person: User, link: str) -> HttpResponse:
    """In this answer alone: who has the link has the account."""
    context = {
        "site": site,
        "title": f"A link for {person.get_full_name() or person.username}",
        "person": person,
        "link": public_address(request) + link,
        "days": settings.PASSWORD_RESET_TIMEOUT // 86_400,
    }
    return render_page(request, "upkeep/person_link.html", context)
