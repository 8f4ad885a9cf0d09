"""The shop's addresses, as where SEGUE_DEMO is set."""

from django.urls import include, path

urlpatterns = [path("demo/", include("personalization.demo.urls"))]
