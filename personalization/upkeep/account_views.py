"""What does everybody of the staff change of themselves? Name, e-mail and password; the first password by a link."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.views.decorators.http import require_http_methods

from personalization import people
from personalization.roles import SENTENCES, role_of
from personalization.upkeep.people_forms import AccountForm, ChangeForm, ChooseForm
from sites.models import Site
from sites.pages.history import Actor
from sites.pages.shell import PageRequest, page, render_page


@require_http_methods(["GET", "POST"])
@page("", without_site=True)
def account(request: PageRequest, site: Site | None) -> HttpResponse:
    """Two forms: what is posted without a password is who one is."""
    person = User.objects.get(pk=request.user.pk)
    is_password = "old_password" in request.POST
    typed = request.POST if request.method == "POST" else None
    form = AccountForm(None if is_password else typed, instance=person)
    password = ChangeForm(person, typed if is_password else None, request=request)
    if is_password and password.is_valid():
        update_session_auth_hash(request, password.save())
        messages.success(request, "Your password is changed. Wherever else you were logged in, you are no more.")
        return redirect("account")
    if typed is not None and not is_password and form.is_valid():
        people.save(form.save(commit=False), role_of(person), Actor(request.user), form.fields)
        messages.success(request, "Saved.")
        return redirect("account")
    role = role_of(request.user)
    context: dict[str, Any] = {"site": site, "title": "Your account", "form": form, "password": password}
    context |= {"role": role, "sentence": SENTENCES.get(role, "")}
    return render_page(request, "upkeep/account.html", context)


class ChoosePassword(PasswordResetConfirmView):
    """Behind the link of `people.link_for`: who follows it is nobody yet, and is logged in once they have chosen."""

    template_name = "upkeep/choose_password.html"
    form_class = ChooseForm
    success_url = reverse_lazy("home")
    post_reset_login = True
    post_reset_login_backend = settings.AUTHENTICATION_BACKENDS[0]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the styles of the shell, as the page to log in has them."""
        return admin.site.each_context(self.request) | super().get_context_data(**kwargs)

    def get_user(self, uidb64: str) -> User | None:
        """None where the link may not be used any more, as of somebody who was shut out since."""
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.is_active and user.is_staff else None
