"""Pages about who visitors are like: segments, clusters, features."""

from django.urls import path

from segments import cluster_views, views

urlpatterns = [
    path("segments/", views.segments, name="segments"),
    path("segments/new/", views.new_segment, name="segment-new"),
    path("segments/condition", views.condition, name="condition"),
    path("segments/values", views.values, name="values"),
    path("segments/estimate", views.estimate, name="estimate"),
    path("segments/clusters/", cluster_views.clusters, name="clusters"),
    path("segments/clusters/retrain", cluster_views.retrain, name="retrain"),
    path("segments/clusters/<int:cluster>/name", cluster_views.name_cluster, name="cluster-name"),
    path("segments/features/", views.features, name="features"),
    path("segments/s/<slug:key>/", views.segment, name="segment"),
    path("segments/s/<slug:key>/copy", views.duplicate_segment, name="segment-copy"),
    path("segments/s/<slug:key>/sample", views.sample, name="segment-sample"),
    path("segments/s/<slug:key>/delete", views.delete_segment, name="segment-delete"),
    path("segments/s/<slug:key>/archive", views.archive_segment, name="segment-archive"),
]
