"""What probes and scrapers hear: when a load balancer may send requests here, and what is wrong."""

from personalization.edge import Edge
from tests.personalization.edge.conftest import KEY, Client, django
from tracking.log.base import dead_key
from tracking.sites import SITES_KEY


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
    store.set(SITES_KEY, b"[]")

    assert await readiness(store) == (200, "ready")


async def test_a_process_that_was_not_told_of_sites_is_not_ready(store):
    store.delete(SITES_KEY)

    assert await readiness(store) == (503, "starting")


async def test_before_it_knows_its_sites_nobody_is_told_to_throw_events_away(store):
    store.delete(SITES_KEY)
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
        store.xadd(dead_key(partition), {"reason": "its site is gone"})
    application = Edge(django)

    text = (await Client(application).get("/metrics")).body.decode()
    await application.state.stop()

    assert "segue_dead_letters 3.0" in text
