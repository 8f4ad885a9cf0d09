"""Pages about what is shown: drafts, their order, and releases. The lists of campaigns and goals mix in results, so
they stand in personalization."""

from django.urls import path

from campaigns import content_views, picture_views, placement_views, release_views, views

urlpatterns = [
    path("campaigns/new/", views.new_campaign, name="campaign-new"),
    path("campaigns/c/<slug:key>/", views.campaign, name="campaign"),
    path("campaigns/status", views.change_status, name="campaign-status"),
    path("campaigns/c/<slug:key>/copy", views.duplicate_campaign, name="campaign-copy"),
    path("campaigns/goals/new/", views.new_goal, name="goal-new"),
    path("campaigns/goals/g/<slug:key>/", views.goal, name="goal"),
    path("campaigns/goals/g/<slug:key>/delete", views.delete_goal, name="goal-delete"),
    path("campaigns/c/<slug:key>/rules/new/", views.new_rule, name="rule-new"),
    path("campaigns/rules/<int:pk>/", views.rule, name="rule"),
    path("campaigns/rules/<int:pk>/move", views.move_rule, name="rule-move"),
    path("campaigns/rules/<int:pk>/enabled", views.toggle_rule, name="rule-toggle"),
    path("campaigns/rules/<int:pk>/copy", views.duplicate_rule, name="rule-copy"),
    path("campaigns/rules/<int:pk>/delete", views.delete_rule, name="rule-delete"),
    path("creatives/", content_views.creatives, name="creatives"),
    path("creatives/choices", content_views.rule_creatives, name="rule-creatives"),
    path("creatives/theme/", content_views.theme, name="theme"),
    path("creatives/theme/preview", content_views.preview_theme, name="theme-preview"),
    path("creatives/pictures/", picture_views.pictures, name="pictures"),
    path("creatives/pictures/upload", picture_views.upload_pictures, name="pictures-upload"),
    path("creatives/pictures/choice", picture_views.choose_picture, name="picture-choice"),
    path("creatives/pictures/<int:pk>/", picture_views.picture, name="picture"),
    path("creatives/pictures/<int:pk>/delete", picture_views.delete_picture, name="picture-delete"),
    path("campaigns/variants/new/", content_views.new_variant, name="variant-new"),
    path("campaigns/variants/preview", content_views.preview_variant, name="variant-preview"),
    path("campaigns/variants/<slug:key>/", content_views.variant, name="variant"),
    path("campaigns/variants/<slug:key>/picture-fault", content_views.picture_fault, name="variant-picture-fault"),
    path("campaigns/variants/<slug:key>/archive", content_views.archive_variant, name="variant-archive"),
    path("campaigns/variants/<slug:key>/copy", content_views.duplicate_variant, name="variant-copy"),
    path("placements/", placement_views.placements, name="placements"),
    path("placements/new/", placement_views.new_placement, name="placement-new"),
    path("placements/p/<slug:key>/", placement_views.placement, name="placement"),
    path("placements/p/<slug:key>/delete", placement_views.delete_placement, name="placement-delete"),
    path("campaigns/releases/", release_views.releases, name="releases"),
    path("campaigns/releases/publish", release_views.publish_draft, name="publish"),
    path("campaigns/releases/<int:number>/", release_views.release, name="release"),
    path("campaigns/releases/<int:number>/roll-back/", release_views.roll_back_to, name="roll-back"),
]
