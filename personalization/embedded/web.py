"""How is the web server run? The application is imported once and forked, so a killed worker is back at once."""

import gc
import resource
from collections import deque
from signal import SIGKILL
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops

from .process import die_with_parent

# A worker is forked from an application that was imported: one that dies was killed, and its successor works. Only a
# longer row of deaths is a fault that a new start of the whole server may cure.
MANY_DEATHS = 5
WITHIN_SECONDS = 30


class Deaths(dict[int, float]):
    """When each worker was started again, as granian keeps it: it ends where `get` tells of less than 5.5 seconds ago.
    Ours tells only of a row of deaths."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: deque[float] = deque(maxlen=MANY_DEATHS)

    def __setitem__(self, worker: int, moment: float) -> None:
        self.moments.append(moment)
        super().__setitem__(worker, moment)

    def get(self, worker: int, default: float = 0) -> float:  # type: ignore[override]  # asked for numbers only
        is_row = len(self.moments) == MANY_DEATHS and self.moments[-1] - self.moments[0] < WITHIN_SECONDS
        return self.moments[-1] if is_row else default


def serve(host: str, port: int, workers: int) -> None:
    """Until a signal. HTTP/1.1 only, for what speaks to it: browsers through a proxy, SDKs, load balancers."""
    from personalization import asgi
    from personalization.edge.streams import MAX_STREAMS

    def application(_target: str) -> Any:
        die_with_parent(SIGKILL)
        return asgi.application

    _allow_many_files()
    gc.collect()
    gc.freeze()  # or each worker's first collection would copy the pages that it shares with the others
    server = Granian(
        "personalization.asgi:application",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        loop=Loops.uvloop,
        workers=workers,
        websockets=False,
        blocking_threads=1,
        # Connections that a worker takes at once: its streams, and as much again for what else comes. Granian's own
        # figure is 1,024 for all workers together, which so many open tabs reach; then not even `/health/live` is
        # answered.
        backlog=4_096,
        backpressure=2 * MAX_STREAMS,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
    )
    server.respawned_wrks = Deaths()
    server.serve(target_loader=application)


def _allow_many_files() -> None:
    """Each connection is an open file, of which a shell allows 1,024; a process may raise that to the hard limit by
    itself."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
