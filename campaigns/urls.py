"""Pages about what is shown: drafts, their order, and releases. The lists of campaigns and goals mix in results, so
they stand in personalization."""

from django.urls import path

from campaigns import launch_views, placement_views, release_views, views

urlpatterns = [
    path("campaigns/new/", views.new_campaign, name="campaign-new"),
    path("campaigns/c/<slug:key>/", views.campaign, name="campaign"),
    path("campaigns/status", views.change_status, name="campaign-status"),
    path("campaigns/c/<slug:key>/launch", launch_views.launch_campaign, name="campaign-launch"),
    path("campaigns/c/<slug:key>/pause", launch_views.pause_campaign, name="campaign-pause"),
    path("campaigns/c/<slug:key>/stop", launch_views.stop_campaign, name="campaign-stop"),
    path("campaigns/c/<slug:key>/ask", launch_views.ask_for_approval, name="campaign-ask"),
    path("campaigns/c/<slug:key>/withdraw", launch_views.withdraw_request, name="campaign-withdraw"),
    path("campaigns/c/<slug:key>/approve", launch_views.approve, name="campaign-approve"),
    path("campaigns/c/<slug:key>/send-back", launch_views.send_back, name="campaign-send-back"),
    path("campaigns/rules/<int:pk>/stop", launch_views.stop_rule, name="rule-stop"),
    path("campaigns/releases/<int:number>/retry", launch_views.retry_release, name="release-retry"),
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
    path("campaigns/variants/new/", views.new_variant, name="variant-new"),
    path("campaigns/variants/preview", views.preview_variant, name="variant-preview"),
    path("campaigns/variants/<slug:key>/", views.variant, name="variant"),
    path("campaigns/variants/<slug:key>/archive", views.archive_variant, name="variant-archive"),
    path("campaigns/variants/<slug:key>/copy", views.duplicate_variant, name="variant-copy"),
    path("placements/", placement_views.placements, name="placements"),
    path("placements/new/", placement_views.new_placement, name="placement-new"),
    path("placements/p/<slug:key>/", placement_views.placement, name="placement"),
    path("placements/p/<slug:key>/delete", placement_views.delete_placement, name="placement-delete"),
    path("campaigns/releases/", release_views.releases, name="releases"),
    path("campaigns/releases/publish", release_views.publish_draft, name="publish"),
    path("campaigns/releases/<int:number>/", release_views.release, name="release"),
    path("campaigns/releases/<int:number>/roll-back/", release_views.roll_back_to, name="roll-back"),
]
