"""Which records will the tables never take, as far as that can be told without trying one after the other?

Looked at only when storing has failed. It need not know every reason: what it misses is found by halving
(`tracking.consumer`).
"""

import json
import re
from collections.abc import Iterable, Iterator

import msgspec

from sites.models import Site
from sites.storable import is_storable
from tracking.event_table import LoggedEntry, decode_entry
from tracking.log.base import Record

_VISITOR = re.compile("[0-9a-f]{32}")


def sift(records: Iterable[Record]) -> dict[str, str]:
    """The ids of those records, and why they are refused. Costs a query."""
    entries = dict(_entries(records))
    sites = set(Site.objects.filter(pk__in={entry.site for entry in entries.values()}).values_list("pk", flat=True))
    return {identity: reason for identity, entry in entries.items() if (reason := _fault(entry, sites))}


def _entries(records: Iterable[Record]) -> Iterator[tuple[str, LoggedEntry]]:
    for record in records:
        if record.kind == "e":
            try:
                yield record.id, decode_entry(record.payload)
            except msgspec.DecodeError:  # `Chunk.decode` says so
                continue


def _fault(entry: LoggedEntry, sites: set[int]) -> str:
    if entry.site not in sites:
        return f"its site {entry.site} is gone"
    if not _VISITOR.fullmatch(entry.visitor):
        return "its visitor has no id"
    try:
        is_whole = all(map(is_storable, _texts(entry.events)))
    except (ValueError, RecursionError):  # Postgres has its own opinion of such JSON
        return ""
    return "" if is_whole else "it holds a character that cannot be stored (NUL or half of a surrogate pair)"


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, msgspec.Raw):
        yield from _texts(json.loads(bytes(part)))
    elif isinstance(part, msgspec.Struct):
        yield from _texts(msgspec.structs.astuple(part))
    elif isinstance(part, dict):
        yield from part
        yield from _texts(list(part.values()))
    elif isinstance(part, list | tuple):
        for inner in part:
            yield from _texts(inner)
