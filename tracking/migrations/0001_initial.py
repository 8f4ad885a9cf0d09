import django.db.models.deletion
from django.db import migrations, models

# The event table, partitioned by month of the event's own time; `tracking.partitions` makes the months.
EVENTS = """
CREATE TABLE tracking_event (
    site_id bigint NOT NULL,
    message_id text NOT NULL,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    visitor_id uuid NOT NULL,
    seq integer NOT NULL,
    session integer NOT NULL,
    type text NOT NULL,
    name text NOT NULL,
    "user" text NOT NULL,
    path text NOT NULL,
    host text NOT NULL,
    title text NOT NULL,
    referral jsonb,
    device text NOT NULL,
    browser text NOT NULL,
    os text NOT NULL,
    language text NOT NULL,
    country text NOT NULL,
    properties jsonb NOT NULL,
    traits jsonb NOT NULL,
    context jsonb NOT NULL,
    CONSTRAINT tracking_event_once PRIMARY KEY (site_id, message_id, at)
) PARTITION BY RANGE (at);
-- One visitor's history in the order of the fold: the visitor page, and the rebuild.
CREATE INDEX tracking_event_visitor ON tracking_event (visitor_id, seq);
-- Rows arrive in about this order, so a block-range index costs next to nothing and serves the archive's hours.
CREATE INDEX tracking_event_received ON tracking_event USING brin (received_at);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("sites", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "site_id", "message_id", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("message_id", models.TextField()),
                ("at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("visitor_id", models.UUIDField()),
                ("seq", models.IntegerField()),
                ("session", models.IntegerField()),
                ("type", models.TextField()),
                ("name", models.TextField()),
                ("user", models.TextField()),
                ("path", models.TextField()),
                ("host", models.TextField()),
                ("title", models.TextField()),
                ("referral", models.JSONField(null=True)),
                ("device", models.TextField()),
                ("browser", models.TextField()),
                ("os", models.TextField()),
                ("language", models.TextField()),
                ("country", models.TextField()),
                ("properties", models.JSONField()),
                ("traits", models.JSONField()),
                ("context", models.JSONField()),
            ],
            options={
                "db_table": "tracking_event",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="ArchiveHour",
            fields=[
                ("hour", models.DateTimeField(primary_key=True, serialize=False)),
                ("dirty", models.BooleanField(default=True)),
                ("events", models.PositiveBigIntegerField(default=0)),
                ("file", models.CharField(blank=True, max_length=255)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("archived_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="LogOffset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reader", models.CharField(help_text="Its name: `store` fills Postgres.", max_length=32)),
                (
                    "epoch",
                    models.CharField(
                        help_text="Identity of the log: a new, empty log starts at its beginning.", max_length=32
                    ),
                ),
                ("partition", models.PositiveIntegerField()),
                ("last_id", models.CharField(max_length=40)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("epoch", "partition", "reader"), name="offset_once")],
            },
        ),
        migrations.CreateModel(
            name="Visitor",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("user", models.CharField(blank=True, help_text="Pseudonym of the userId, once known.", max_length=64)),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("events", models.PositiveIntegerField(default=0)),
                ("sessions", models.PositiveIntegerField(default=0)),
                ("channel", models.CharField(blank=True, help_text="Of the first visit.", max_length=16)),
                ("device", models.CharField(blank=True, max_length=16)),
                ("country", models.CharField(blank=True, max_length=2)),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="merged",
                        to="tracking.visitor",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="visitors",
                        to="sites.site",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                ("events", models.PositiveIntegerField(default=0)),
                ("pages", models.PositiveIntegerField(default=0)),
                ("landing_path", models.CharField(blank=True, max_length=1024)),
                ("channel", models.CharField(blank=True, max_length=16)),
                ("device", models.CharField(blank=True, max_length=16)),
                (
                    "site",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to="sites.site",
                    ),
                ),
                (
                    "visitor",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="session_set",
                        to="tracking.visitor",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Referral",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("session", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("channel", models.CharField(max_length=16)),
                ("source", models.CharField(blank=True, max_length=200)),
                ("medium", models.CharField(blank=True, max_length=200)),
                ("campaign", models.CharField(blank=True, max_length=200)),
                ("term", models.CharField(blank=True, max_length=200)),
                ("content", models.CharField(blank=True, max_length=200)),
                ("click_id", models.CharField(blank=True, max_length=32, verbose_name="kind of click id")),
                ("referrer_host", models.CharField(blank=True, max_length=255)),
                ("landing_path", models.CharField(blank=True, max_length=1024)),
                (
                    "site",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="referrals",
                        to="sites.site",
                    ),
                ),
                (
                    "visitor",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="referrals",
                        to="tracking.visitor",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DropCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField()),
                ("reason", models.CharField(max_length=32)),
                ("count", models.PositiveBigIntegerField(default=0)),
                (
                    "site",
                    models.ForeignKey(
                        help_text="Empty where the key was unknown.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drops",
                        to="sites.site",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("site", "hour", "reason"), name="drop_once", nulls_distinct=False)
                ],
            },
        ),
        migrations.CreateModel(
            name="EventRollup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("grain", models.CharField(choices=[("minute", "Minute"), ("hour", "Hour")], max_length=6)),
                ("at", models.DateTimeField()),
                ("name", models.CharField(max_length=200)),
                ("events", models.PositiveBigIntegerField(default=0)),
                (
                    "sessions",
                    models.PositiveBigIntegerField(default=0, help_text="Sessions that began with such an event."),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rollups", to="sites.site"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("site", "grain", "at", "name"), name="rollup_once")],
            },
        ),
        migrations.AddIndex(
            model_name="visitor",
            index=models.Index(fields=["site", "-last_seen_at"], name="visitor_last_seen"),
        ),
        migrations.AddIndex(
            model_name="visitor",
            index=models.Index(
                condition=models.Q(("user", ""), _negated=True), fields=["site", "user"], name="visitor_user"
            ),
        ),
        migrations.AddIndex(
            model_name="visitor",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)), fields=["merged_into"], name="visitor_merged_into"
            ),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["site", "-started_at"], name="session_started"),
        ),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.UniqueConstraint(fields=("visitor", "number"), name="session_once"),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(fields=["site", "-at"], name="referral_at"),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.UniqueConstraint(fields=("visitor", "session", "at"), name="referral_once"),
        ),
        migrations.RunSQL(EVENTS, "DROP TABLE tracking_event"),
    ]
