from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"
    verbose_name = "Tracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tracking import archive, partitions, retention

        partitions.register("tracking_event")
        retention.register("tracking_event", "KEEP_EVENTS_DAYS", archive.holds_all_of)
