import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The decision table, partitioned by month like the events.
DECISIONS = """
CREATE TABLE personalization_decision (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    site_id bigint NOT NULL,
    visitor_id uuid NOT NULL,
    seq integer NOT NULL,
    placement text NOT NULL,
    campaign_id bigint NOT NULL,
    campaign text NOT NULL,
    rule_id bigint NOT NULL,
    treatment_id bigint NOT NULL,
    arm text NOT NULL,
    variant_id bigint NOT NULL,
    variant text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    propensity double precision NOT NULL,
    weights integer NOT NULL,
    release text NOT NULL,
    context jsonb NOT NULL,
    CONSTRAINT personalization_decision_once PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
-- One visitor's decisions, the latest first: the visitor page. The key above finds a decision by its id.
CREATE INDEX personalization_decision_visitor ON personalization_decision (visitor_id, at DESC);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("sites", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Decision",
            fields=[
                ("placement", models.CharField(max_length=64)),
                ("campaign_id", models.BigIntegerField(default=0, help_text="0: no rule won.")),
                ("campaign", models.CharField(blank=True, help_text="Its key then.", max_length=64)),
                ("rule_id", models.BigIntegerField(default=0, help_text="0: no rule won.")),
                ("treatment_id", models.BigIntegerField(default=0, help_text="0: the rule shows one variant alone.")),
                ("arm", models.CharField(blank=True, help_text="Of the treatment: its key.", max_length=64)),
                ("variant_id", models.BigIntegerField(default=0, help_text="0: nothing was shown.")),
                ("variant", models.CharField(blank=True, help_text="Its key then.", max_length=64)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "id", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("visitor_id", models.UUIDField()),
                ("seq", models.IntegerField(help_text="Events folded into the profile that was read.")),
                ("reason", models.TextField()),
                ("detail", models.TextField()),
                (
                    "propensity",
                    models.FloatField(help_text="The chance of this arm when it was drawn; 1 where nothing was drawn."),
                ),
                (
                    "weights",
                    models.IntegerField(
                        default=0, help_text="Version of the weights that were drawn by; 0: those of the release."
                    ),
                ),
                ("release", models.TextField()),
                (
                    "context",
                    models.JSONField(help_text="The request's part of the context; the rest derives from the profile."),
                ),
            ],
            options={
                "db_table": "personalization_decision",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("prefix", models.CharField(editable=False, max_length=12)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("read", "Read everything"),
                                ("write", "Edit drafts"),
                                ("publish", "Publish and roll back"),
                                ("explain", "Ask for traces of decisions"),
                            ],
                            max_length=16,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(editable=False, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: every site.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to="sites.site",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Conversion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("placement", models.CharField(max_length=64)),
                ("campaign_id", models.BigIntegerField(default=0, help_text="0: no rule won.")),
                ("campaign", models.CharField(blank=True, help_text="Its key then.", max_length=64)),
                ("rule_id", models.BigIntegerField(default=0, help_text="0: no rule won.")),
                ("treatment_id", models.BigIntegerField(default=0, help_text="0: the rule shows one variant alone.")),
                ("arm", models.CharField(blank=True, help_text="Of the treatment: its key.", max_length=64)),
                ("variant_id", models.BigIntegerField(default=0, help_text="0: nothing was shown.")),
                ("variant", models.CharField(blank=True, help_text="Its key then.", max_length=64)),
                ("message_id", models.TextField(help_text="Of the goal event.")),
                ("at", models.DateTimeField()),
                ("visitor_id", models.UUIDField()),
                ("decision_id", models.UUIDField()),
                ("goal_id", models.BigIntegerField(default=0, help_text="What was reached; it may be gone since.")),
                (
                    "value_minor",
                    models.BigIntegerField(
                        default=0, help_text="As the goal says; 0 where the event does not tell it."
                    ),
                ),
                (
                    "order_id",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Of an order: however many messages tell of it, it converts once.",
                        max_length=40,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="conversions", to="sites.site"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["site", "at"], name="conversion_at")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("campaign_id__gt", 0)),
                        fields=("site", "message_id", "campaign_id"),
                        name="conversion_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("campaign_id__gt", 0), models.Q(("order_id", ""), _negated=True)),
                        fields=("site", "order_id", "campaign_id"),
                        name="order_converts_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DecisionRollup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("placement", models.CharField(max_length=64)),
                ("campaign_id", models.BigIntegerField(default=0, help_text="0: no rule won.")),
                ("campaign", models.CharField(blank=True, help_text="Its key then.", max_length=64)),
                ("rule_id", models.BigIntegerField(default=0, help_text="0: no rule won.")),
                ("treatment_id", models.BigIntegerField(default=0, help_text="0: the rule shows one variant alone.")),
                ("arm", models.CharField(blank=True, help_text="Of the treatment: its key.", max_length=64)),
                ("variant_id", models.BigIntegerField(default=0, help_text="0: nothing was shown.")),
                ("variant", models.CharField(blank=True, help_text="Its key then.", max_length=64)),
                ("hour", models.DateTimeField()),
                ("decisions", models.PositiveBigIntegerField(default=0)),
                ("impressions", models.PositiveBigIntegerField(default=0)),
                ("clicks", models.PositiveBigIntegerField(default=0)),
                ("dismissals", models.PositiveBigIntegerField(default=0)),
                ("conversions", models.PositiveBigIntegerField(default=0)),
                (
                    "value_minor",
                    models.BigIntegerField(
                        default=0, help_text="Of the conversions, in minor units of the site's currency."
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="decision_rollups", to="sites.site"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "site",
                            "hour",
                            "placement",
                            "campaign_id",
                            "campaign",
                            "rule_id",
                            "treatment_id",
                            "arm",
                            "variant_id",
                            "variant",
                        ),
                        name="decision_rollup_once",
                    )
                ],
            },
        ),
        migrations.RunSQL(DECISIONS, "DROP TABLE personalization_decision"),
    ]
