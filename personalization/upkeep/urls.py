"""Pages under Settings."""

from django.urls import path

from personalization.upkeep import views

urlpatterns = [
    path("", views.settings, name="settings"),
    path("tables/", views.tables, name="tables"),
]
