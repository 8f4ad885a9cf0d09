"""Pages about who arrives: visitors."""

from django.urls import path

from tracking import views

urlpatterns = [
    path("visitors/", views.visitors, name="visitors"),
    path("visitors/export.csv", views.export_visitors, name="visitors-export"),
]
