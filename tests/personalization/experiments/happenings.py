"""What visitors of a made-up experiment were shown and did, stored as the consumer stores it."""

import uuid
from collections.abc import Sequence
from datetime import date

from django.db import connection, transaction

from personalization import decision_table
from personalization.engagement import message_id
from personalization.experiments.recording import record
from sites.times import DAY_MS
from tracking import event_table, partitions
from tracking.chunk import first_of_each
from tracking.consumer import Step
from tracking.decision import LoggedDecision
from tracking.event import MERGED, Entry, Event
from tracking.exposure import Exposure
from tracking.log.base import encode_entry

NOW = 1_780_000_000_000  # 28 May 2026
MONTHS = {date(2026, month, 1) for month in (4, 5, 6)}


def visitor(number: int) -> str:
    return uuid.UUID(int=number).hex


def shown(site, treatment: int, arm: str, who: int = 1, at: int = NOW, phase: int = 1, **fields) -> LoggedDecision:
    """A decision whose rule drew the arm. `assigned` in place of `treatment` 0: what was drawn and not shown."""
    context = {"context": {"device": fields.pop("device", "mobile"), "browser": "Firefox"}}
    if "assigned" in fields:
        context["assigned"] = fields.pop("assigned")
    exposure = Exposure("hero", 5, "spring", 7, treatment, arm if treatment else "")
    changed = {"detail": "", "weights": phase} | fields
    return LoggedDecision(
        uuid.uuid4().bytes, at, site.pk, visitor(who), 0, exposure, "SPLIT", changed["detail"], 0.5,
        changed["weights"], "r1", context,
    )  # fmt: skip


def order(identity: str, at: int, total: float = 50.0, **properties) -> Event:
    told = {"order_id": identity, "total": total} | properties
    return Event(f"m-{identity}-{at}", "track", "Order Completed", at, at, properties=told)


def refund(identity: str, at: int, **properties) -> Event:
    return Event(
        f"r-{identity}-{at}", "track", "Order Refunded", at, at, properties={"order_id": identity} | properties
    )


def click(decision: LoggedDecision, at: int) -> Event:
    properties = {"decision": decision.id.hex(), **decision.exposure.as_properties()}
    return Event(message_id(decision.id.hex(), "click"), "engagement", "Click", at, at, properties=properties)


def merged(absorbed: int, at: int) -> Event:
    return Event(f"merge-{absorbed}", *MERGED, at, at, properties={"visitor": visitor(absorbed)})


def consume(site, *told: LoggedDecision | tuple[int, Event], steps: Sequence[Step] = (record,)) -> None:
    """One chunk: decisions, and events each with the number of its visitor."""
    decisions = [one for one in told if isinstance(one, LoggedDecision)]
    entries = [
        event_table.decode_entry(encode_entry(Entry(site.pk, visitor(who), [event])))
        for who, event in (one for one in told if not isinstance(one, LoggedDecision))
    ]
    partitions.ensure(MONTHS)
    with transaction.atomic(), connection.cursor() as cursor:
        entries = event_table.insert_missing(cursor, entries)
        decisions = decision_table.keep(cursor, first_of_each(decisions))
        for step in steps:
            step(connection, entries, decisions)
        cursor.execute("TRUNCATE staging, decision_staging")  # else emptied by a commit, which a test has none of


__all__ = ["DAY_MS", "MONTHS", "NOW", "click", "consume", "merged", "order", "refund", "shown", "visitor"]
