"""Pages under Settings."""

from django.urls import path

from personalization.upkeep import health_views, site_views, views

urlpatterns = [
    path("", views.settings, name="settings"),
    path("sites/", views.all_sites, name="sites"),
    path("sites/new/", site_views.new_site, name="site-new"),
    path("sites/<int:pk>/", site_views.site_settings, name="site"),
    path("people/", views.people, name="people"),
    path("tokens/", views.tokens, name="tokens"),
    path("health/", health_views.health_page, name="health"),
    path("changes/", views.changes, name="changes"),
    path("changes/export.csv", views.export_changes, name="changes-export"),
    path("tables/", views.tables, name="tables"),
]
