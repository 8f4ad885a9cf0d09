"""Who answers which address? Pages for marketers under /, the management API under /api/v1/; the hot paths are in `edge`."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("personalization.demo.urls")))
