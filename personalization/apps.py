from django.apps import AppConfig

from personalization import celery  # noqa: F401  so that shared tasks find their application


class PersonalizationConfig(AppConfig):
    name = "personalization"
    verbose_name = "Decisions"
    default_auto_field = "django.db.models.BigAutoField"
