"""Which records will the tables never take, as far as that can be told without trying one after the other?

Looked at only when storing has failed. It need not know every reason: what it misses is found by halving
(`tracking.consumer`).
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from sites.models import Site
from sites.storable import is_storable
from tracking.decision import LoggedDecision, decode_decisions
from tracking.event_table import LoggedEntry, decode_entry
from tracking.log.base import Record

Content = Sequence[LoggedEntry | LoggedDecision]
DECODERS: dict[str, Callable[[bytes], Content]] = {"e": lambda payload: [decode_entry(payload)], "d": decode_decisions}
_VISITOR = re.compile("[0-9a-f]{32}")


def sift(records: Iterable[Record]) -> dict[str, str]:
    """The ids of those records, and why they are refused. Costs a query."""
    contents = dict(_contents(records))
    wanted = {part.site for content in contents.values() for part in content}
    sites = set(Site.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    return {identity: reason for identity, content in contents.items() if (reason := _fault(content, sites))}


def _contents(records: Iterable[Record]) -> Iterator[tuple[str, Content]]:
    for record in records:
        if decode := DECODERS.get(record.kind):
            try:
                yield record.id, decode(record.payload)
            except msgspec.DecodeError:  # `Chunk.decode` says so
                continue


def _fault(content: Content, sites: set[int]) -> str:
    return next(filter(None, (_fault_of(part, sites) for part in content)), "")


def _fault_of(part: LoggedEntry | LoggedDecision, sites: set[int]) -> str:
    if part.site not in sites:
        return f"its site {part.site} is gone"
    if not _VISITOR.fullmatch(part.visitor):
        return "its visitor has no id"
    try:
        is_whole = all(map(is_storable, _texts(part)))
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
