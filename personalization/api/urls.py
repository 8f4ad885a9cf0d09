"""Which resource answers where under /api/v1/?"""

from django.http import HttpRequest, JsonResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.permissions import IsAdminUser
from rest_framework.routers import APIRootView, DefaultRouter

from personalization.api import (
    campaigns,
    catalogue,
    content,
    coupons,
    decisions,
    funnels,
    pictures,
    policies,
    releases,
    results,
    segments,
    tracking,
)


class Root(APIRootView):
    """The addresses of all resources, for staff."""

    permission_classes = [IsAdminUser]


class Router(DefaultRouter):
    APIRootView = Root


router = Router()
for path, view in {
    "sites": tracking.Sites,
    "segments": segments.Segments,
    "segment-sizes": segments.SegmentSizes,
    "placements": content.Placements,
    "campaigns": campaigns.Campaigns,
    "goals": campaigns.Goals,
    "rules": campaigns.Rules,
    "variants": content.Variants,
    "treatments": content.Treatments,
    "themes": content.Themes,
    "pictures": pictures.Pictures,
    "coupons": coupons.Coupons,
    "releases": releases.Releases,
    "items": catalogue.Items,
    "tokens": decisions.Tokens,
    "feature-distributions": segments.FeatureDistributions,
    "model-versions": segments.ModelVersions,
    "policy-evaluations": policies.PolicyEvaluations,
    "training-runs": segments.TrainingRuns,
    "visitors": tracking.Visitors,
    "sessions": tracking.Sessions,
    "referrals": tracking.Referrals,
    "events": tracking.Events,
    "event-rollups": tracking.EventRollups,
    "drops": tracking.Drops,
    "decisions": decisions.Decisions,
    "decision-rollups": decisions.DecisionRollups,
    "conversions": decisions.Conversions,
    "archive-hours": tracking.ArchiveHours,
    "log-offsets": tracking.LogOffsets,
}.items():
    router.register(path, view, basename=path)


@csrf_exempt
def no_such_call(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"detail": f"{request.path} is none of the API's calls; /api/docs/ lists them."}, status=404)


# Not of the router: these are asked for a site and more, and have no pages.
urlpatterns = [
    re_path("^funnels/$", funnels.Funnels.as_view(), name="funnels-list"),
    re_path("^results/$", results.Results.as_view(), name="results-list"),
    *router.urls,
    re_path(".*/$", no_such_call),
]
