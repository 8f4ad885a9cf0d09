import django.db.models.deletion
from django.db import migrations, models

# What was counted by the hour so far. Who saw it, and how far values are spread, no hour tells: rates per visitor begin
# with the migration.
BACKFILL = """
INSERT INTO personalization_dailyresult (site_id, day, placement, campaign_id, rule_id, treatment_id, arm, variant_id,
    segment, decisions, impressions, clicks, dismissals, conversions, value_minor, value_squares, outranked, capped, held,
    visitors)
SELECT r.site_id, (r.hour AT TIME ZONE s.time_zone)::date AS day, placement, campaign_id, rule_id, treatment_id, arm,
    variant_id, segment, sum(decisions), sum(impressions), sum(clicks), sum(dismissals), sum(conversions),
    sum(value_minor), 0, 0, 0, 0, ''
FROM personalization_decisionrollup r JOIN sites_site s ON s.id = r.site_id
GROUP BY r.site_id, day, placement, campaign_id, rule_id, treatment_id, arm, variant_id, segment
"""


class Migration(migrations.Migration):
    dependencies = [
        ("personalization", "0005_segment_of_what_was_shown"),
        ("sites", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="DailyResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(help_text="In the time zone that the site had when it was counted.")),
                ("placement", models.CharField(max_length=64)),
                ("campaign_id", models.BigIntegerField(default=0, help_text="0: no rule won.")),
                ("rule_id", models.BigIntegerField(default=0, help_text="0: no rule won.")),
                ("treatment_id", models.BigIntegerField(default=0, help_text="0: the rule shows one creative alone.")),
                ("arm", models.CharField(blank=True, default="", max_length=64)),
                ("variant_id", models.BigIntegerField(default=0, help_text="0: nothing was shown.")),
                (
                    "segment",
                    models.CharField(
                        blank=True, default="", help_text="Key of the one that the rule was for.", max_length=64
                    ),
                ),
                ("decisions", models.PositiveBigIntegerField(default=0)),
                ("impressions", models.PositiveBigIntegerField(default=0)),
                ("clicks", models.PositiveBigIntegerField(default=0)),
                ("dismissals", models.PositiveBigIntegerField(default=0)),
                ("conversions", models.PositiveBigIntegerField(default=0)),
                (
                    "value_minor",
                    models.BigIntegerField(default=0, help_text="Of the conversions, in the site's currency."),
                ),
                (
                    "value_squares",
                    models.FloatField(
                        default=0, help_text="Sum of the squares of their values, for the interval of a mean."
                    ),
                ),
                (
                    "outranked",
                    models.PositiveBigIntegerField(
                        default=0, help_text="Times that the rule fitted and another one won."
                    ),
                ),
                (
                    "capped",
                    models.PositiveBigIntegerField(default=0, help_text="Times that the rule fitted and was used up."),
                ),
                (
                    "held",
                    models.PositiveBigIntegerField(
                        default=0, help_text="Times that the rule fitted and its creative could not be shown there."
                    ),
                ),
                (
                    "visitors",
                    models.BinaryField(
                        default=bytes, help_text="Who saw it: a sketch (personalization.results.sketch)."
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DailyVisitors",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(help_text="In the time zone that the site had when it was counted.")),
                ("visitors", models.BinaryField(default=bytes, help_text="A sketch (personalization.results.sketch).")),
            ],
        ),
        migrations.AddField(
            model_name="dailyresult",
            name="site",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="daily_results",
                to="sites.site",
            ),
        ),
        migrations.AddField(
            model_name="dailyvisitors",
            name="site",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sites.site"
            ),
        ),
        migrations.AddConstraint(
            model_name="dailyresult",
            constraint=models.UniqueConstraint(
                fields=(
                    "site",
                    "day",
                    "placement",
                    "campaign_id",
                    "rule_id",
                    "treatment_id",
                    "arm",
                    "variant_id",
                    "segment",
                ),
                name="daily_result_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="dailyvisitors",
            constraint=models.UniqueConstraint(fields=("site", "day"), name="daily_visitors_once"),
        ),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
    ]
