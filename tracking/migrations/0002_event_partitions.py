"""The event table, partitioned by month of the event's own time; `tracking.partitions` makes the months."""

from django.db import migrations

CREATE = """
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
    dependencies = [("tracking", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, "DROP TABLE tracking_event")]
