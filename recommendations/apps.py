from django.apps import AppConfig


class RecommendationsConfig(AppConfig):
    name = "recommendations"
    verbose_name = "Recommendations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from recommendations import catalogue, selling
        from segments import known_values
        from tracking import consumer

        consumer.register_step("sales", selling.record)
        known_values.register_source(catalogue.told_values)
