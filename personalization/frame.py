"""What stands around every page of staff, the admin's too: which site, what is unpublished, where help is."""

from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.kept_review import Unpublished, unpublished
from personalization.navigation import Page, current
from sites.models import Site
from sites.pages.paths import site_of, sites_of
from sites.pages.shell import PageRequest, page


class Frame:
    """Each part is asked for where a template shows it, so that fragments cost nothing. Two queries for a whole page
    of the admin, one for a page of ours, which knows its site."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def sites(self) -> list[Site]:
        return sites_of(self.request)

    @cached_property
    def site(self) -> Site | None:
        return site_of(self.request)

    @cached_property
    def page(self) -> Page | None:
        return current(self.request.path)

    @cached_property
    def unpublished(self) -> Unpublished | None:
        """None for those who may not see releases."""
        user: Any = self.request.user
        if self.site is None or not user.has_perm("campaigns.view_release"):
            return None
        return unpublished(self.site.pk, timezone.now())

    @property
    def help(self) -> str:
        """The address of the help about this page; of the help's own list, where there is none about it."""
        if self.page is None or self.page.url_name == "help":
            return reverse("help")
        slug, _, anchor = self.page.help.partition("#")
        return reverse("help-page", args=[slug]) + (f"#{anchor}" if anchor else "")

    @property
    def environment(self) -> tuple[str, str] | None:
        """The label in the header and its level; production needs none."""
        return {"development": ("Development", ""), "test": ("Test", "warn")}.get(settings.SEGUE_ENV)


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Context processor."""
    return {"frame": Frame(request)}


@require_GET
@page("campaigns.view_release")
def publish_link(request: PageRequest, _site: Site) -> HttpResponse:
    """The header asks again while a review is being made."""
    return render(request, "frame/_publish.html")
