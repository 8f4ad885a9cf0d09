from django.db import migrations

# Orders and events that several campaigns were credited with: the one stored first keeps the credit.
KEEP_ONE = """
UPDATE personalization_conversion SET is_credited = false FROM (
    SELECT id, row_number() OVER (
        PARTITION BY site_id, CASE WHEN order_id = '' THEN 'message ' || message_id ELSE 'order ' || order_id END
        ORDER BY id
    ) AS place FROM personalization_conversion
) AS placed WHERE placed.id = personalization_conversion.id AND place > 1
"""
# Their counts move from conversions to assists, in the hour and of what was shown where they were counted.
MOVE_COUNTS = """
UPDATE personalization_decisionrollup AS r
SET conversions = r.conversions - s.number, value_minor = r.value_minor - s.value,
    assists = r.assists + s.number, assisted_minor = r.assisted_minor + s.value
FROM (
    SELECT site_id, date_trunc('hour', at, 'UTC') AS hour, placement, campaign_id, campaign, rule_id, treatment_id, arm,
        variant_id, variant, count(*) AS number, sum(value_minor) AS value
    FROM personalization_conversion WHERE NOT is_credited GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
) AS s
WHERE (r.site_id, r.hour, r.placement, r.campaign_id, r.campaign, r.rule_id, r.treatment_id, r.arm, r.variant_id,
       r.variant)
    = (s.site_id, s.hour, s.placement, s.campaign_id, s.campaign, s.rule_id, s.treatment_id, s.arm, s.variant_id,
       s.variant)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("personalization", "0002_clock_is_credited"),
    ]

    operations = [
        migrations.RunSQL(KEEP_ONE, migrations.RunSQL.noop),
        migrations.RunSQL(MOVE_COUNTS, migrations.RunSQL.noop),
    ]
