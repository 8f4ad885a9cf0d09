"""All addresses, as where SEGUE_DEMO is set."""

from django.urls import include, path

from personalization.urls import urlpatterns as ours

urlpatterns = [*ours, path("demo/", include("personalization.demo.urls"))]
