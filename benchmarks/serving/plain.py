"""The second yardstick: the least that a handler written in Python can do which is asked what ours are asked.

It decodes the same body, reads one value over the same line to Redis and answers as many bytes; where ours keeps what
came, it appends the body to a stream in the same write. Machines differ in how fast they run the server's Rust and in
how fast they run Python. This handler is both, as ours are, so it favours no machine.
"""

import os

from msgspec.json import decode

from personalization.redis import Redis

VALUE, STREAM = "plain:%s", "plain:log"
ENTRIES_KEPT = 10_000  # about: the stream is for writing to, not for reading
DECIDE, BATCH = "/v1/decide", "/v1/batch"

line = Redis(os.environ["REDIS_URL"])


def text_of(size: int) -> bytes:
    """JSON of so many bytes."""
    return b'"%b"' % (b"-" * (size - 2))


def start_of(body: bytes) -> dict:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    return {"type": "http.response.start", "status": 200, "headers": headers}


DECIDED, KEPT = (text_of(int(os.environ[name])) for name in ("DECIDE_BYTES", "BATCH_BYTES"))
STARTS = {DECIDE: start_of(DECIDED), BATCH: start_of(KEPT)}


async def decide(body: bytes) -> bytes:
    await line.call("GET", VALUE % decode(body)["anonymousId"])
    return DECIDED


async def collect(body: bytes) -> bytes:
    visitor = decode(body)["batch"][0]["anonymousId"]
    value = line.call("GET", VALUE % visitor)
    await line.call("XADD", STREAM, "MAXLEN", "~", ENTRIES_KEPT, "*", "e", body)
    await value
    return KEPT


HANDLERS = {DECIDE: decide, BATCH: collect}


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        await live(receive, send)
    elif scope["type"] == "http":
        path = scope["path"]
        message = await receive()
        answer = await HANDLERS[path](message["body"])
        await send(STARTS[path])
        await send({"type": "http.response.body", "body": answer})


async def live(receive, send):
    await receive()
    await line.start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    line.stop()
    await send({"type": "lifespan.shutdown.complete"})
