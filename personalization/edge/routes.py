"""Which requests are the edge's own, and what answers them? One list, made of those of each protocol."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

from personalization.edge.http import Request, Response, Stream

# Everything under one of them is the edge's, also what it does not know; a page of a site may ask.
PREFIXES = ("/v1/", "/ofrep/v1/", "/api/features/", "/api/eval/", "/api/attributes/", "/sub/")
Handler = Callable[[Any, Request], Awaitable[Response | Stream]]  # of the state; a probe's may be `Starting`


class Starting(NamedTuple):
    """In place of the state, for probes, while there is none."""

    problem: str  # what keeps it from being there


class Route(NamedTuple):
    method: str  # GET answers HEAD too
    pattern: str  # a path; what stands in one pair of braces is handed over as the request's `part`
    handler: Handler
    label: str  # in the metrics: without tokens and keys, so that there are few; "" for what is not measured
    is_counted: bool = False  # costs an answer, whoever asks: an address may have so many
    is_probe: bool = False  # answered in whatever state the process is


class Routes:
    """Found by method and path in one look, but for the few patterns with a part."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.whole: dict[tuple[str, str], Route] = {}
        self._parted: list[tuple[str, str, Route]] = []  # what stands before the part, and behind it
        for route in routes:
            before, brace, rest = route.pattern.partition("{")
            if brace:
                self._parted.append((before, rest.partition("}")[2], route))
            else:
                self.whole[route.method, route.pattern] = route

    def find(self, method: str, path: str) -> tuple[Route, str] | None:
        """With the part of the path that the pattern leaves open, "" without one."""
        method = "GET" if method == "HEAD" else method
        route = self.whole.get((method, path))
        if route is not None:
            return route, ""
        for before, behind, route in self._parted:
            if route.method == method and path.startswith(before) and path.endswith(behind):
                return route, path[len(before) : len(path) - len(behind)]
        return None

    def knows(self, path: str) -> bool:
        """Whether something answers at this address, be it by another method."""
        return any(self.find(method, path) for method in ("GET", "POST"))
