"""What probes and scrapers hear: when a load balancer may send requests here, and what is wrong."""

import pytest

from personalization.edge import Edge
from sites import keys
from tests.personalization.edge.conftest import Client, django
from tests.questions import KEY


async def readiness(store) -> tuple[int, str]:
    """Of a process that starts now."""
    application = Edge(django)
    await application.start()
    answer = await Client(application).get("/health/ready")
    await application.state.stop()
    return answer.status, answer.json["status"]


async def test_a_process_that_knows_its_sites_is_ready(store):
    assert await readiness(store) == (200, "ready")


async def test_a_new_installation_without_sites_is_ready(store):
    """Or nobody could log in through the load balancer to make the first one."""
    store.set(keys.SITES, b"[]")

    assert await readiness(store) == (200, "ready")


async def test_a_process_that_was_not_told_of_sites_is_not_ready(store):
    store.delete(keys.SITES)

    assert await readiness(store) == (503, "starting")


async def test_before_it_knows_its_sites_nobody_is_told_to_throw_events_away(store):
    store.delete(keys.SITES)
    application = Edge(django)
    client = Client(application)

    collected = await client.post("/v1/batch", {"writeKey": KEY, "batch": [{"type": "page", "anonymousId": "a1"}]})
    decided = await client.post("/v1/decide", {"writeKey": KEY, "anonymousId": "a1", "placements": ["hero"]})
    await application.state.stop()

    assert (collected.status, decided.status) == (503, 503)


async def test_a_process_that_starts_beside_an_emptied_redis_goes_on_with_what_it_kept(store):
    await readiness(store)
    store.flushall()
    application = Edge(django)
    client = Client(application)

    collected = await client.post("/v1/batch", {"writeKey": KEY, "batch": [{"type": "page", "anonymousId": "a1"}]})
    decided = await client.post("/v1/decide", {"writeKey": KEY, "anonymousId": "a1", "placements": ["hero"]})
    await application.state.stop()

    assert (collected.status, collected.json["accepted"]) == (200, 1)
    assert decided.json["decisions"][0]["variant"]["key"] == "default"


async def test_metrics_count_what_could_not_be_stored(store):
    for partition in (0, 3, 3):
        store.xadd(keys.dead(partition), {"reason": "its site is gone"})
    application = Edge(django)

    text = (await Client(application).get("/metrics")).body.decode()
    await application.state.stop()

    assert "segue_dead_letters 3.0" in text


@pytest.mark.parametrize(
    "path", ["//metrics", "//health/ready", "/admin//login/", "//admin/", "///v1/batch", "/v1//decide"]
)
async def test_an_address_in_a_form_that_a_proxy_would_not_know_is_not_found(edge, path):
    """Security finding C1: `//metrics` was answered as `/metrics`."""
    assert (await edge.get(path)).status == 404


@pytest.mark.parametrize(
    ("path", "readable"),
    [("/health/live", False), ("/health/ready", False), ("/metrics", False), ("/v1/decide", True), ("/t.js", True)],
)
async def test_only_what_pages_call_may_be_read_by_pages(edge, path, readable):
    """C1: any page could read `/metrics` and `/health/ready`."""
    answer = await edge.get(path, origin="https://evil.example")

    assert ("access-control-allow-origin" in answer.headers) is readable


@pytest.mark.parametrize(
    ("peer", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.7", {}, 403),
        ("", {}, 403),
        ("127.0.0.1", {"x_forwarded_for": "203.0.113.7"}, 403),
        ("127.0.0.1", {"via": "1.1 proxy"}, 403),
    ],
)
async def test_without_a_token_metrics_are_for_this_machine(edge, monkeypatch, peer, headers, status):
    """C1. A proxy beside us makes every stranger look like this machine."""
    scope = edge.scope
    monkeypatch.setattr(edge, "scope", lambda *asked, **given: scope(*asked, **given) | {"client": (peer, 4000)})

    assert (await edge.get("/metrics", **headers)).status == status


async def test_the_settings_of_a_key_name_the_public_address_whatever_host_is_asked(edge, monkeypatch):
    """Security finding C10: `Host: evil.example` sent the page's events there."""
    monkeypatch.setattr(edge.application.state, "public_url", "https://segue.example")
    answer = await edge.get(f"/v1/projects/{KEY}/settings", host="evil.example")

    destination = answer.json["integrations"]["Segment.io"]
    assert (destination["apiHost"], destination["protocol"]) == ("segue.example/v1", "https")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("host", "named"),
    [("evil.example", "segue.example"), ("x" * 1000, "segue.example"), ("segue.example:8443", "segue.example:8443")],
)
async def test_without_a_public_address_only_hosts_of_ours_are_named(edge, monkeypatch, host, named):
    """C10."""
    monkeypatch.setattr(edge.application.state, "allowed_hosts", ("segue.example",))
    asked = {"writeKey": KEY, "anonymousId": "a1", "placements": ["hero"]}
    [decision] = (await edge.post("/v1/decide", asked, host=host)).json["decisions"]

    assert decision["clickUrl"].startswith(f"http://{named}/v1/c/")
