"""How is the web server run? The application is imported once and forked, so a killed worker is back at once."""

import gc
from signal import SIGKILL

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops

from .process import die_with_parent


def serve(host: str, port: int, workers: int) -> None:
    """Until a signal. HTTP/1.1 only, for what speaks to it: browsers through a proxy, SDKs, load balancers."""
    from personalization import asgi

    def application(_target: str):
        die_with_parent(SIGKILL)
        return asgi.application

    gc.collect()
    gc.freeze()  # or each worker's first collection would copy the pages that it shares with the others
    Granian(
        "personalization.asgi:application",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        loop=Loops.uvloop,
        workers=workers,
        websockets=False,
        blocking_threads=1,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
    ).serve(target_loader=application)
