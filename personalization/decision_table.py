"""How do decisions enter their table, each once?

The consumer calls `keep` before its steps, in the transaction that stores the events. An edge that lost an answer
appends a row again, perhaps in another chunk; the primary key keeps it once, and only what was stored for the first
time goes on to the steps. Rows go in by binary COPY (`tracking.event_table`), by way of a staging table.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db.backends.utils import CursorWrapper

from tracking.decision import LoggedDecision
from tracking.event_table import POSTGRES_EPOCH_MS, open_copy

COLUMNS = (
    "id, at, site_id, visitor_id, seq, placement, campaign_id, campaign, rule_id, treatment_id, arm, variant_id,"
    " variant, reason, detail, propensity, weights, release, context"
)
WIRE_TYPES = [
    *("bytea", "int8", "int8", "bytea", "int4", "text", "int8", "text", "int8", "int8", "text", "int8"),
    *("text", "text", "text", "float8", "int4", "text", "bytea"),
]
# Decisions that were logged twice (a retry) or are read again; nobody else stores ids of this partition at the moment.
INSERT_MISSING = f"""
INSERT INTO personalization_decision ({COLUMNS}) SELECT {COLUMNS} FROM decision_staging
ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608  (names of our own columns)


def keep(cursor: CursorWrapper, decisions: Sequence[LoggedDecision]) -> list[LoggedDecision]:
    """Stores the decisions that the table lacks, and returns them. No id may occur twice."""
    cursor.execute(
        "CREATE TEMPORARY TABLE IF NOT EXISTS decision_staging (LIKE personalization_decision) ON COMMIT DELETE ROWS"
    )
    with open_copy(cursor, "decision_staging", COLUMNS, WIRE_TYPES) as stream:
        for decision in decisions:
            stream.write_row(_row(decision))
    cursor.execute(INSERT_MISSING)
    stored = {identity.bytes for (identity,) in cursor.fetchall()}
    return [decision for decision in decisions if decision.id in stored]


def _row(of: LoggedDecision) -> tuple[Any, ...]:
    """In the order of COLUMNS and the form of WIRE_TYPES."""
    shown = of.exposure
    return (
        of.id,
        (of.at - POSTGRES_EPOCH_MS) * 1000,
        of.site,
        bytes.fromhex(of.visitor),
        of.seq,
        shown.placement,
        shown.campaign_id,
        shown.campaign,
        shown.rule,
        shown.treatment,
        shown.arm,
        shown.variant_id,
        shown.variant,
        of.reason,
        of.detail,
        of.propensity,
        of.weights,
        of.release,
        b"\x01" + msgspec.json.encode(of.context),
    )
