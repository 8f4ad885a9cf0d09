from django.apps import AppConfig

from personalization import celery  # noqa: F401  so that shared tasks find their application


class PersonalizationConfig(AppConfig):
    name = "personalization"
    verbose_name = "Decisions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from campaigns.publish import register_part
        from recommendations import catalogue

        register_part("items", catalogue.snapshot)
