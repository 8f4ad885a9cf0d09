"""The decision table, partitioned by month like the events."""

from django.db import migrations

CREATE = """
CREATE TABLE personalization_decision (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    site_id bigint NOT NULL,
    visitor_id uuid NOT NULL,
    seq integer NOT NULL,
    placement text NOT NULL,
    rule_id bigint,
    campaign text NOT NULL,
    variant text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    propensity double precision NOT NULL,
    release text NOT NULL,
    context jsonb NOT NULL,
    CONSTRAINT personalization_decision_once PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX personalization_decision_visitor ON personalization_decision (visitor_id, at DESC);
"""


class Migration(migrations.Migration):
    dependencies = [("personalization", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, "DROP TABLE personalization_decision")]
