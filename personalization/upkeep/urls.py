"""Pages under Settings."""

from django.urls import path

from personalization.upkeep import health_views, people_views, site_views, token_views, views

urlpatterns = [
    path("", views.settings, name="settings"),
    path("sites/", views.all_sites, name="sites"),
    path("sites/new/", site_views.new_site, name="site-new"),
    path("sites/<int:pk>/", site_views.site_settings, name="site"),
    path("sites/<int:pk>/delete/", site_views.delete_site, name="site-delete"),
    path("people/", views.people, name="people"),
    path("people/new/", people_views.new_person, name="person-new"),
    path("people/<int:pk>/", people_views.person_page, name="person"),
    path("people/<int:pk>/shut-out", people_views.shut_out, name="person-shut-out"),
    path("people/<int:pk>/let-in", people_views.let_in, name="person-let-in"),
    path("people/<int:pk>/link", people_views.invite, name="person-link"),
    path("tokens/", views.tokens, name="tokens"),
    path("tokens/new/", token_views.new_token, name="token-new"),
    path("tokens/<int:pk>/", token_views.token_page, name="token"),
    path("tokens/<int:pk>/revoke", token_views.revoke_token, name="token-revoke"),
    path("health/", health_views.health_page, name="health"),
    path("changes/", views.changes, name="changes"),
    path("changes/export.csv", views.export_changes, name="changes-export"),
    path("tables/", views.tables, name="tables"),
]
