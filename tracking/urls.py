"""Pages about what arrives: visitors, and whether the tracker is installed."""

from django.urls import path

from tracking import views

urlpatterns = [
    path("visitors/", views.visitors, name="visitors"),
    path("visitors/export.csv", views.export_visitors, name="visitors-export"),
    path("install/", views.install, name="install"),
]
