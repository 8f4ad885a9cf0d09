"""Which site, and what was sent before the log-in."""

from django.urls import path

from sites.pages import shell, unsent

urlpatterns = [
    path("choose-site", shell.choose_site, name="choose-site"),
    path("unsent/", unsent.waiting, name="unsent"),
]
