"""What did the visitors of the REES46 shop do? Views, carts and purchases, from Parquet or CSV's column names kept in
Parquet.

Columns: event_time, event_type, product_id, category_id, category_code, brand, price (major units), user_id,
user_session. The data set is M. Kechinov's "eCommerce behavior data from multi category store".
"""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

from sites.times import ms_of
from tracking.replay.base import MessageIds, Recorded, UnreadableFile

COLUMNS = [
    "event_time",
    "event_type",
    "product_id",
    "category_id",
    "category_code",
    "brand",
    "price",
    "user_id",
    "user_session",
]
EVENTS = {
    "view": "Product Viewed",
    "cart": "Product Added",
    "remove_from_cart": "Product Removed",
    "purchase": "Order Completed",
}
BATCH_ROWS = 10_000


def read(path: Path, host: str) -> Iterator[Recorded]:
    """Raises UnreadableFile. `host` is not used: the file knows no pages."""
    import pyarrow
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise UnreadableFile(f"{path} is no Parquet file: {error}") from error
    if missing := set(COLUMNS) - set(file.schema_arrow.names):
        raise UnreadableFile(f"{path} lacks the columns {', '.join(sorted(missing))}")
    ids = MessageIds(path)
    number = 0
    for batch in file.iter_batches(BATCH_ROWS, columns=COLUMNS):
        for row in batch.to_pylist():
            yield _read_row(ids.of(number), row)
            number += 1


def _read_row(message_id: str, row: dict[str, Any]) -> Recorded:
    name = EVENTS.get(row["event_type"])
    if name is None:
        return Recorded(skipped=f"event_type {row['event_type']}")
    moment = row["event_time"]
    at = ms_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    message = {
        "type": "track",
        "event": name,
        "messageId": message_id,
        "anonymousId": f"rees46-{row['user_id']}",
        "timestamp": at,
        "properties": _order(message_id, row) if name == "Order Completed" else _product(row),
        # They are visitors of a shop; by what, is not recorded.
        "context": {"library": {"name": "segue-replay"}, "device": {"type": "other"}},
    }
    return Recorded(at, message)


def _product(row: dict[str, Any]) -> dict[str, Any]:
    found = {
        "product_id": str(row["product_id"]),
        "category": row["category_code"] or str(row["category_id"]),
        "brand": row["brand"],
        "price": row["price"],
        "currency": "USD",
    }
    return {name: value for name, value in found.items() if value is not None}


def _order(message_id: str, row: dict[str, Any]) -> dict[str, Any]:
    """Each purchase in the file is of one product and has no order number: the row's own id stands in."""
    return {
        "order_id": message_id,
        "total": row["price"],
        "revenue": row["price"],
        "currency": "USD",
        "products": [_product(row) | {"quantity": 1}],
    }
