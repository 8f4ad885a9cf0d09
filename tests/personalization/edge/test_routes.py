import asyncio

import pytest

from personalization.edge.application import ROUTES
from personalization.edge.http import Response
from personalization.edge.protocols import growthbook, ofrep, segment, segue
from personalization.edge.routes import PREFIXES, Route, Routes
from tests.questions import KEY

OF_CLIENTS = [*segue.ROUTES, *segment.ROUTES, *ofrep.ROUTES, *growthbook.ROUTES]


async def handler(state, request):
    return Response(200)


def test_finds_by_method_and_path_and_hands_over_the_part_that_a_pattern_leaves_open():
    whole, parted = Route("POST", "/v1/x", handler, "x"), Route("GET", "/v1/p/{key}/settings", handler, "p")
    routes = Routes([whole, parted])

    assert routes.find("POST", "/v1/x") == (whole, "")
    assert routes.find("GET", "/v1/p/wk_1/settings") == (parted, "wk_1")
    assert routes.find("HEAD", "/v1/p/wk_1/settings") == (parted, "wk_1")
    for method, path in (("GET", "/v1/x"), ("POST", "/v1/p/wk_1/settings"), ("GET", "/v1/p/wk_1"), ("GET", "/v1/x/")):
        assert routes.find(method, path) is None


def test_knows_an_address_whatever_the_method():
    routes = Routes([Route("POST", "/v1/x", handler, "x")])

    assert routes.knows("/v1/x")
    assert not routes.knows("/v1/y")


def test_labels_hold_no_token_and_no_key():
    for route in OF_CLIENTS:
        assert route.label == route.pattern.partition("{")[0] or not route.label, route


@pytest.mark.parametrize("route", OF_CLIENTS, ids=lambda route: f"{route.method} {route.pattern}")
async def test_every_call_answers_preflights_and_refuses_other_methods(edge, route):
    path = (
        route.pattern.replace("{token}", "t")
        .replace("{writeKey}", KEY)
        .replace("{key}", "hero")
        .replace("{clientKey}", KEY)
    )
    preflight = await edge.call("OPTIONS", path, origin="https://shop.example", access_control_request_headers="x-a")
    other = await edge.call("DELETE", path)

    assert ROUTES.find(route.method, path)
    if path.startswith(PREFIXES):
        assert (preflight.status, preflight.headers["access-control-allow-headers"]) == (204, "x-a")
        assert (other.status, other.json["code"]) == (405, "wrong_method")


async def test_a_head_of_a_stream_opens_none(edge):
    asked = edge.call("HEAD", "/v1/stream", query=f"writeKey={KEY}&anonymousId=a1&placements=hero:")

    answer = await asyncio.wait_for(asked, 2)

    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "text/event-stream", b"")
    assert edge.application.state.streams.open == 0
    assert not edge.application.state.streams.addresses


async def test_what_clients_tell_of_themselves_is_taken(edge):
    answer = await edge.post("/v1/m", b"anything")

    assert (answer.status, answer.json) == (200, {"success": True})
