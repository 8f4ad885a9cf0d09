"""Our edge with a sampler in it: GET /samples begins, and tells what was found since it was asked last."""

import msgspec

from benchmarks.serving.sampling import Sampler
from personalization.asgi import application as edge

sampler = Sampler()
is_running = False


async def application(scope, receive, send):
    if scope["type"] == "http" and scope["path"] == "/samples":
        await tell(send)
    else:
        await edge(scope, receive, send)


async def tell(send):
    global is_running
    if not is_running:
        sampler.start()
        is_running = True
    body = msgspec.json.encode(sampler.taken())
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})
