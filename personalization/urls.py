"""Who answers which address? Pages for marketers under /, the management API under /api/v1/; the hot paths are in
`edge`."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, register_converter
from django.urls.converters import StringConverter
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView

from personalization import help_views, live_views, override_views, views
from personalization.api.docs import RememberedSchema, api_docs
from personalization.frame import publish_link
from personalization.upkeep import account_views, install_views

handler400 = "sites.pages.refusals.not_understood"
handler403 = "sites.pages.refusals.not_allowed"
handler404 = "sites.pages.shell.not_found"


class VisitorId(StringConverter):
    """Visitors are written as 32 hex digits everywhere but in Postgres."""

    regex = "[0-9a-f]{32}"


register_converter(VisitorId, "visitor")
urlpatterns = [
    path("", views.home, name="home"),
    path("sites/<int:watched>/feed-token/", views.feed_token, name="feed-token"),
    path("campaigns/", views.campaigns, name="campaigns"),
    path("campaigns/export.csv", views.export_campaigns, name="campaigns-export"),
    path("campaigns/goals/", views.goals, name="goals"),
    path("campaigns/c/<slug:key>/", include("personalization.campaign_page.urls")),
    path("visitors/<visitor:visitor>/", views.visitor, name="visitor"),
    path("visitors/<visitor:visitor>/features/<slug:name>/", views.feature_events, name="feature-events"),
    path("visitors/<visitor:visitor>/decisions/<uuid:decision>/", views.decision, name="decision"),
    path("visitors/<visitor:visitor>/arms", override_views.set_for_visitor, name="visitor-arm"),
    path("treatments/<int:pk>/visitors/", override_views.set_by_hand, name="set-by-hand"),
    path(
        "treatments/<int:pk>/visitors/<visitor:visitor>/remove",
        override_views.remove_by_hand,
        name="set-by-hand-remove",
    ),
    path("publish-link", publish_link, name="publish-link"),
    path("search/", help_views.search, name="search"),
    path("help/", help_views.help_index, name="help"),
    path("help/<path:slug>/", help_views.help_page, name="help-page"),
    path("account/", account_views.account, name="account"),
    path("welcome/<uidb64>/<token>/", account_views.ChoosePassword.as_view(), name="choose-password"),
    path("install/", install_views.install, name="install"),
    path("settings/", include("personalization.upkeep.urls")),
    path("results/", include("personalization.results.urls")),
    path("past-traffic/", include("personalization.off_policy.urls")),
    path("experiments/", include("personalization.experiment_page.urls")),
    path("bandits/", include("personalization.bandits.urls")),
    path("live/", live_views.live, name="live"),
    path("funnels/", include("personalization.funnels.urls")),
    path("", include("sites.urls")),
    path("", include("tracking.urls")),
    path("", include("segments.urls")),
    path("", include("campaigns.urls")),
    path("", include("recommendations.urls")),
    path("api/v1/", include("personalization.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(generator_class=RememberedSchema), name="api-schema"),
    path("api/docs/", api_docs, name="api-docs"),
    path("admin/", RedirectView.as_view(pattern_name="home")),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account")),
    path("admin/", admin.site.urls),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("personalization.demo.urls")))
