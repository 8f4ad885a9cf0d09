"""Which page of results answers where?"""

from django.urls import path

from personalization.results import views

urlpatterns = [
    path("", views.results, name="results"),
    path("export.csv", views.export_results, name="results-export"),
    path("<slug:dimension>/<str:value>/", views.result, name="result"),
    path("<slug:dimension>/<str:value>/days.csv", views.export_result, name="result-days"),
]
