"""How are requests sent that no HTTP library would send? As bytes over a connection that is kept, with what came back
and how long it took."""

import http.client
import socket
import time
from typing import NamedTuple

from tests.studies.hostile import AGENT, Request

HANG_SECONDS = 10.0  # nothing came: the client gives up


class Answer(NamedTuple):
    """`status` is 0 where the connection was closed or reset before an answer, -1 where none came in time."""

    status: int
    body: bytes
    seconds: float


class Wire:
    """One connection to 127.0.0.1, opened again whenever the server has said that it closes it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def send(self, request: Request) -> Answer:
        began = time.perf_counter()
        self.socket = self.socket or socket.create_connection(("127.0.0.1", self.port), timeout=HANG_SECONDS)
        try:
            self.socket.sendall(in_bytes(request))
            status, body = self._receive(request)
        except TimeoutError:
            self.close()
            status, body = -1, b""
        except (OSError, http.client.HTTPException) as error:
            self.close()
            status, body = 0, repr(error).encode()
        return Answer(status, body, time.perf_counter() - began)

    def _receive(self, request: Request) -> tuple[int, bytes]:
        answer = http.client.HTTPResponse(self.socket, method=request.method)
        answer.begin()
        is_stream = answer.getheader("content-type", "").startswith("text/event-stream")
        body = b"" if is_stream else answer.read()
        if is_stream or answer.will_close:
            self.close()
        return answer.status, body

    def close(self) -> None:
        if self.socket:
            self.socket.close()
            self.socket = None


def in_bytes(request: Request) -> bytes:
    headers = {b"host": b"segue.test", b"user-agent": AGENT.encode()}
    headers |= dict(request.headers)
    if request.method == "POST":
        headers[b"content-length"] = b"%d" % len(request.body)
    lines = b"".join(b"%b: %b\r\n" % header for header in headers.items())
    return b"%b %b HTTP/1.1\r\n%b\r\n%b" % (request.method.encode(), request.target, lines, request.body)
