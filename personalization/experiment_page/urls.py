"""Which page of experiments answers where? Their setup is a draft: `campaigns.urls`."""

from django.urls import path

from personalization.experiment_page import change_views, list_views, views

urlpatterns = [
    path("", list_views.experiments, name="treatments"),
    path("<int:pk>/", views.experiment, name="experiment"),
    path("<int:pk>/metrics/", change_views.metrics, name="experiment-metrics"),
    path("<int:pk>/decide/", change_views.decide, name="experiment-decide"),
    path("<int:pk>/archive", change_views.archive, name="experiment-archive"),
    path("<int:pk>/results.csv", views.export_results, name="experiment-export"),
    path("<int:pk>/history/", views.history, name="experiment-history"),
]
