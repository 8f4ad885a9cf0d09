from django.apps import AppConfig


class PersonalizationConfig(AppConfig):
    name = "personalization"
    verbose_name = "Decisions"
    default_auto_field = "django.db.models.BigAutoField"
