from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_migrate, pre_delete

from personalization import celery  # noqa: F401  so that shared tasks find their application


class PersonalizationConfig(AppConfig):
    name = "personalization"
    verbose_name = "Decisions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import personalization.bandits.learning
        import personalization.experiments.recording
        from campaigns import reviewing
        from campaigns.drafts import register_items
        from personalization import decision_table, feed_access, recording, sessions
        from personalization.demo import people
        from personalization.experiments.forgetting import forget
        from personalization.roles import ensure_roles
        from recommendations import catalogue
        from recommendations.models import Item
        from sites.models import Site
        from tracking import consumer, partitions, retention

        register_items(Item, catalogue.snapshot)
        reviewing.listen()
        partitions.register("personalization_decision")
        retention.register("personalization_decision", "KEEP_DECISIONS_DAYS")
        consumer.register_decisions(decision_table.keep)
        consumer.register_step("results", recording.record)
        consumer.register_step("experiments", personalization.experiments.recording.record)
        consumer.register_step("bandits", personalization.bandits.learning.learn)
        # Permissions exist only after the migration; this app comes last, so those of the others exist by now.
        pre_delete.connect(forget, sender=Site, dispatch_uid="segue.experiments")
        post_migrate.connect(ensure_roles, sender=self, dispatch_uid="segue.roles")
        post_migrate.connect(people.shut_out, sender=self, dispatch_uid="segue.demo")
        user_logged_in.connect(sessions.begin, dispatch_uid="segue.sessions")
        user_logged_out.connect(feed_access.end_session, dispatch_uid="segue.feed")
