"""Which page of funnels answers where?"""

from django.urls import path

from personalization.funnels import views

urlpatterns = [
    path("", views.funnels, name="funnels"),
    path("export.csv", views.export_funnel, name="funnels-export"),
]
