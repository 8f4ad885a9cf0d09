"""Which events make up a visitor's history, once other histories have become part of it? Pure: `read` is told."""

from collections.abc import Callable, Iterable, Iterator

from tracking.event import MERGED, Event


def absorbed_in(event: Event) -> str:
    """The visitor whose history an event takes in, "" for none."""
    visitor = event.properties.get("visitor") if (event.type, event.name) == MERGED else None
    return visitor if isinstance(visitor, str) else ""


def whole(events: Iterable[Event], read: Callable[[str], Iterable[Event]]) -> Iterator[Event]:
    """The events of one visitor, and those of all whom they took in, however deep, each history once. `read` gives the
    events of a visitor."""
    visited: set[str] = set()
    waiting: list[str] = []
    for event in events:
        yield event
        waiting.append(absorbed_in(event))
    while waiting:
        visitor = waiting.pop()
        if not visitor or visitor in visited:
            continue
        visited.add(visitor)
        for event in read(visitor):
            yield event
            waiting.append(absorbed_in(event))
