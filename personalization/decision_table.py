"""How do decisions enter their table, each once?

The consumer calls `keep` before its steps, in the transaction that stores the events. An edge that lost an answer
appends a row again, perhaps in another chunk; the primary key keeps it once, and only what was stored for the first
time goes on to the steps. Rows go in by binary COPY (`tracking.event_table`), by way of a staging table.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db.backends.utils import CursorWrapper

from tracking import exposure
from tracking.decision import LoggedDecision
from tracking.event_table import POSTGRES_EPOCH_MS, open_copy

BEFORE = {"id": "bytea", "at": "int8", "site_id": "int8", "visitor_id": "bytea", "seq": "int4"}
SHOWN = {name: "int8" if kind == "bigint" else kind for name, kind in exposure.COLUMNS.items()}
AFTER = {
    "reason": "text",
    "detail": "text",
    "propensity": "float8",
    "weights": "int4",
    "release": "text",
    "context": "bytea",
}
WIRE_TYPES = BEFORE | SHOWN | AFTER  # of binary COPY, by column
COLUMNS = ", ".join(WIRE_TYPES)
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
    with open_copy(cursor, "decision_staging", COLUMNS, [*WIRE_TYPES.values()]) as stream:
        for decision in decisions:
            stream.write_row(_row(decision))
    cursor.execute(INSERT_MISSING)
    stored = {identity.bytes for (identity,) in cursor.fetchall()}
    return [decision for decision in decisions if decision.id in stored]


def _row(of: LoggedDecision) -> tuple[Any, ...]:
    """In the order and the form of WIRE_TYPES."""
    return (
        of.id,
        (of.at - POSTGRES_EPOCH_MS) * 1000,
        of.site,
        bytes.fromhex(of.visitor),
        of.seq,
        *msgspec.structs.astuple(of.exposure),
        of.reason,
        of.detail,
        of.propensity,
        of.weights,
        of.release,
        b"\x01" + msgspec.json.encode(of.context),
    )
