"""Gives ids to what was counted by keys, by the rule where it is there, else by today's keys; and an impression to each click that had none."""

from django.db import migrations

FILL = [
    """
    UPDATE personalization_decisionrollup AS counted SET campaign_id = rule.campaign_id
    FROM campaigns_rule AS rule WHERE rule.id = counted.rule_id AND counted.campaign <> ''
    """,
    """
    UPDATE personalization_decisionrollup AS counted SET campaign_id = named.id
    FROM campaigns_campaign AS named WHERE counted.campaign_id = 0 AND named.site_id = counted.site_id AND named.key = counted.campaign
    """,
    """
    UPDATE personalization_decisionrollup AS counted SET variant_id = named.id
    FROM campaigns_advariant AS named WHERE named.site_id = counted.site_id AND named.key = counted.variant
    """,
    """
    UPDATE personalization_conversion AS counted SET campaign_id = named.id
    FROM campaigns_campaign AS named WHERE named.site_id = counted.site_id AND named.key = counted.campaign
    """,
    "UPDATE personalization_decisionrollup SET impressions = clicks WHERE clicks > impressions",
]


class Migration(migrations.Migration):
    dependencies = [
        ("personalization", "0004_results_by_id"),
        ("campaigns", "0005_campaigns_in_releases"),
    ]
    operations = [migrations.RunSQL(statement, migrations.RunSQL.noop) for statement in FILL]
