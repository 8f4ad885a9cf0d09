"""Who answers which address? Pages for marketers under /, the management API under /api/v1/; the hot paths are in `edge`."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]
