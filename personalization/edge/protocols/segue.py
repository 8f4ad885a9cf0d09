"""Our own calls: questions, engagement, streams, and the tracker that makes them."""

from personalization.edge import decision, engage
from personalization.edge.http import Request, Response, Stream
from personalization.edge.routes import Route
from personalization.edge.state import State
from personalization.edge.tracker import Tracker


async def _stream(state: State, request: Request) -> Response | Stream:
    return await state.streams.open_stream(request)


ROUTES = (
    Route("POST", "/v1/decide", decision.answer_question, "/v1/decide", is_counted=True),
    Route("POST", "/v1/engagement", engage.engage, "/v1/engagement", is_counted=True),
    Route("GET", "/v1/i/{token}", engage.pixel, "/v1/i/", is_counted=True),
    Route("GET", "/v1/c/{token}", engage.redirect, "/v1/c/"),  # not counted: a click leads a person on
    Route("GET", "/v1/stream", _stream, "", is_counted=True),
    Route("GET", "/t.js", Tracker(), "/t.js"),
)
