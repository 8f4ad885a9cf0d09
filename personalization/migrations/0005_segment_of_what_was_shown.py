from django.db import migrations, models

# The table of decisions is partitioned and no model of Django's; a column with a constant default is no rewrite.
DECISIONS = "ALTER TABLE personalization_decision ADD COLUMN segment text NOT NULL DEFAULT ''"


class Migration(migrations.Migration):
    dependencies = [
        ("personalization", "0004_clock_credited_once"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="decisionrollup",
            name="decision_rollup_once",
        ),
        migrations.AddField(
            model_name="conversion",
            name="segment",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Key of the segment that the rule was for; empty where it named none.",
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="decisionrollup",
            name="segment",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Key of the segment that the rule was for; empty where it named none.",
                max_length=64,
            ),
        ),
        migrations.AddConstraint(
            model_name="decisionrollup",
            constraint=models.UniqueConstraint(
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
                    "segment",
                ),
                name="decision_rollup_once",
            ),
        ),
        migrations.RunSQL(
            DECISIONS,
            "ALTER TABLE personalization_decision DROP COLUMN segment",
            state_operations=[
                migrations.AddField(
                    model_name="decision",
                    name="segment",
                    field=models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Key of the segment that the rule was for; empty where it named none.",
                        max_length=64,
                    ),
                ),
            ],
        ),
    ]
