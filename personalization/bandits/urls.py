"""Which page of bandits answers where? Their setup is a draft: `campaigns.urls`."""

from django.urls import path

from personalization.bandits import views

urlpatterns = [path("<int:pk>/", views.bandit, name="bandit")]
