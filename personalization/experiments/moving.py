"""Whose are the units of a visitor whose history went to another one? That one's, where they take no part themselves.
Who takes part as both stays counted as both: which of the two came first to an arm cannot be undone in sums."""

import re
from collections.abc import Iterable, Iterator

import msgspec
from django.db.backends.utils import CursorWrapper

from tracking.event import MERGED
from tracking.event_table import LoggedEntry

VISITOR = re.compile("[0-9a-f]{32}")
MOVE_UNITS = """
UPDATE personalization_unit AS u SET visitor_id = %s WHERE visitor_id = %s AND NOT EXISTS (
    SELECT FROM personalization_unit AS own
    WHERE own.visitor_id = %s AND (own.treatment_id, own.phase) = (u.treatment_id, u.phase)
) RETURNING treatment_id, phase
"""
MOVE_OUTCOMES = """
UPDATE personalization_outcome SET visitor_id = %s WHERE (visitor_id, treatment_id, phase) = (%s, %s, %s)
"""


def move(cursor: CursorWrapper, entries: Iterable[LoggedEntry]) -> None:
    for absorbed, into in _merged(entries):
        cursor.execute(MOVE_UNITS, [into, absorbed, into])
        for treatment, phase in cursor.fetchall():
            cursor.execute(MOVE_OUTCOMES, [into, absorbed, treatment, phase])


def _merged(entries: Iterable[LoggedEntry]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        for event in entry.events:
            if (event.type, event.name) == MERGED:
                absorbed = msgspec.json.decode(event.properties).get("visitor")
                if isinstance(absorbed, str) and VISITOR.fullmatch(absorbed) and absorbed != entry.visitor:
                    yield absorbed, entry.visitor
