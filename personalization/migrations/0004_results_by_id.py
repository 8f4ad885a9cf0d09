"""What became of a campaign or a variant is counted by its id, so that its key may change; the keys stay, as they were then."""

from django.db import migrations, models

# Django does not manage the partitioned table; a constant default rewrites no row.
DECISION = """
ALTER TABLE personalization_decision
    ADD COLUMN campaign_id bigint NOT NULL DEFAULT 0,
    ADD COLUMN variant_id bigint NOT NULL DEFAULT 0
"""


class Migration(migrations.Migration):
    dependencies = [
        ("personalization", "0003_total_order"),
        ("tracking", "0007_total_order"),
    ]

    operations = [
        migrations.RunSQL(
            DECISION, "ALTER TABLE personalization_decision DROP COLUMN campaign_id, DROP COLUMN variant_id"
        ),
        migrations.RemoveConstraint(
            model_name="conversion",
            name="conversion_once",
        ),
        migrations.RemoveConstraint(
            model_name="decisionrollup",
            name="decision_rollup_once",
        ),
        migrations.AddField(
            model_name="conversion",
            name="campaign_id",
            field=models.BigIntegerField(
                default=0, help_text="0: a campaign that is gone, counted before ids were kept."
            ),
        ),
        migrations.AddField(
            model_name="decisionrollup",
            name="campaign_id",
            field=models.BigIntegerField(default=0, help_text="0: no rule won."),
        ),
        migrations.AddField(
            model_name="decisionrollup",
            name="variant_id",
            field=models.BigIntegerField(default=0, help_text="0: nothing was shown."),
        ),
        migrations.AlterField(
            model_name="conversion",
            name="campaign",
            field=models.CharField(help_text="Its key in the release that the visitor saw.", max_length=64),
        ),
        migrations.AlterField(
            model_name="decisionrollup",
            name="campaign",
            field=models.CharField(blank=True, help_text="Its key then.", max_length=64),
        ),
        migrations.AlterField(
            model_name="decisionrollup",
            name="variant",
            field=models.CharField(blank=True, help_text="Its key then.", max_length=64),
        ),
        migrations.AddConstraint(
            model_name="conversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("campaign_id__gt", 0)),
                fields=("site", "message_id", "campaign_id"),
                name="conversion_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="decisionrollup",
            constraint=models.UniqueConstraint(
                fields=("site", "hour", "placement", "campaign_id", "campaign", "rule_id", "variant_id", "variant"),
                name="decision_rollup_once",
            ),
        ),
    ]
