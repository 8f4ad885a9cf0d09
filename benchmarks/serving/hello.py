"""The yardstick: the least that an ASGI application can answer, and the least of a Django REST framework view that
stores a batch."""

BODY = b'{"ok":true,"variant":"b"}'
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))],
}
END = {"type": "http.response.body", "body": BODY}


async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    await send(START)
    await send(END)
