"""Notes in releases that visitors may have seen which campaigns their rules belong to: by the rule where it is there, else by today's keys."""

from django.db import migrations

# A frozen rule is a list: its id, its name, the key of its campaign, the campaign's name, its goal.
NOTE = """
UPDATE campaigns_release AS release SET source = jsonb_set(release.source, '{campaigns}', (
    SELECT coalesce(jsonb_agg(DISTINCT jsonb_build_array(coalesce(rule.campaign_id, named.id), frozen->>2, frozen->>4)), '[]')
    FROM jsonb_array_elements(release.source->'rules') AS frozen
    LEFT JOIN campaigns_rule AS rule ON rule.id = (frozen->>0)::bigint
    LEFT JOIN campaigns_campaign AS named ON named.site_id = release.site_id AND named.key = frozen->>2
    WHERE coalesce(rule.campaign_id, named.id) IS NOT NULL
))
WHERE release.source->'rules' IS NOT NULL AND release.source->'campaigns' IS NULL
  AND (release.status = 'live' OR release.live_at > now() - interval '60 days')
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0004_total_order")]
    operations = [migrations.RunSQL(NOTE, migrations.RunSQL.noop)]
