"""The tabs of a campaign, each an address of its own."""

from django.urls import path

from personalization.campaign_page import views

urlpatterns = [
    path("", views.overview, name="campaign"),
    path("audience/", views.audience, name="campaign-audience"),
    path("content/", views.content, name="campaign-content"),
    path("traffic/", views.traffic, name="campaign-traffic"),
    path("history/", views.history, name="campaign-history"),
]
