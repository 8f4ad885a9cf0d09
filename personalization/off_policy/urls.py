"""Pages to try another policy on past traffic."""

from django.urls import path

from personalization.off_policy import views

urlpatterns = [
    path("", views.past_traffic, name="past-traffic"),
    path("<int:pk>/", views.policy_evaluation, name="policy-evaluation"),
    path("<int:pk>/again", views.ask_again, name="policy-evaluation-again"),
    path("of/<int:pk>/", views.try_policy, name="try-policy"),
]
