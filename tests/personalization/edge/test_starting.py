"""A process that starts at a bad moment answers what it can, says what it lacks, and becomes whole by itself (issue 7,
part 9a)."""

import asyncio

import pytest
from django.conf import settings

from personalization.edge import Edge, application
from personalization.edge.state import State
from sites import keys
from tests.personalization.edge.conftest import Client, django
from tests.proxy import LOADING, Proxy
from tests.questions import KEY

BATCH = {"writeKey": KEY, "batch": [{"type": "page", "anonymousId": "a1"}]}
QUESTION = {"writeKey": KEY, "anonymousId": "a1", "placements": ["hero"]}


@pytest.fixture
async def proxy(store, valkey_server, monkeypatch):
    made = await Proxy.start(valkey_server.url, saying=LOADING)
    monkeypatch.setattr(settings, "REDIS_URL", made.url)
    yield made
    made.cut()


@pytest.fixture
async def starting(proxy):
    """A process that starts while Valkey does whatever the test lets it do."""
    edge = Edge(django)
    yield Client(edge)
    await edge.stop()


async def until_ready(client: Client) -> None:
    """It knows the sites, and has read their releases too."""
    while (answer := await client.get("/health/ready")).status != 200 or answer.json["problem"]:  # noqa: ASYNC110 - an answer changes without an event that could be waited for
        await asyncio.sleep(0.01)


async def answers(client: Client) -> dict[str, int]:
    stream = f"writeKey={KEY}&anonymousId=a1&placements=hero"
    given = {
        "batch": await client.post("/v1/batch", BATCH, origin="https://shop.example"),
        "decide": await client.post("/v1/decide", QUESTION, origin="https://shop.example"),
        "engagement": await client.post(
            "/v1/engagement", {"token": "x", "type": "click"}, origin="https://shop.example"
        ),
        "settings": await client.get(f"/v1/projects/{KEY}/settings", origin="https://shop.example"),
        "stream": await client.get("/v1/stream", stream, origin="https://shop.example"),
    }
    for answer in given.values():
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        assert answer.status != 503 or int(answer.headers["retry-after"]) > 0
    return {name: answer.status for name, answer in given.items()}


async def test_a_process_that_starts_while_valkey_reads_its_file_is_whole_once_that_is_read(starting, proxy):
    await starting.application.start()

    early = await answers(starting)
    live, ready = await starting.get("/health/live"), await starting.get("/health/ready")
    proxy.cut()
    proxy.saying = b""
    await proxy.restore()
    await until_ready(starting)
    collected, decided = await starting.post("/v1/batch", BATCH), await starting.post("/v1/decide", QUESTION)

    assert set(early.values()) == {503}
    assert live.status == 200
    assert (ready.status, ready.json["status"]) == (503, "starting")
    assert "LOADING Valkey is loading" in ready.json["problem"]
    assert (collected.status, decided.status) == (200, 200)


async def test_a_process_that_starts_before_valkey_is_whole_once_that_is_there(starting, proxy):
    proxy.cut()
    proxy.saying = b""
    await starting.application.start()

    early, ready = await answers(starting), await starting.get("/health/ready")
    await proxy.restore()
    await until_ready(starting)

    assert set(early.values()) == {503}
    assert (ready.status, ready.json["problem"]) == (503, "Redis does not answer: not connected")
    assert (await starting.post("/v1/batch", BATCH)).status == 200


async def test_a_process_that_has_its_copy_decides_while_valkey_reads_its_file(
    starting, proxy, valkey_server, monkeypatch
):
    monkeypatch.setattr(settings, "REDIS_URL", valkey_server.url)
    before = Edge(django)
    await before.start()
    await before.stop()
    monkeypatch.setattr(settings, "REDIS_URL", proxy.url)

    await starting.application.start()
    collected, decided = await starting.post("/v1/batch", BATCH), await starting.post("/v1/decide", QUESTION)
    ready = await starting.get("/health/ready")

    assert (collected.status, collected.headers["retry-after"]) == (503, "5")
    assert decided.json["decisions"][0]["variant"]["key"] == "default"
    assert (ready.status, ready.json["redis"]) == (200, "down")
    assert "LOADING" in ready.json["problem"]


async def test_a_process_that_starts_beside_sites_that_nobody_can_read_says_so_and_waits_for_others(
    starting, proxy, store
):
    proxy.cut()
    proxy.saying = b""
    await proxy.restore()
    good = store.get(keys.SITES)
    store.set(keys.SITES, b"nonsense")
    await starting.application.start()

    early, ready = await answers(starting), await starting.get("/health/ready")
    store.set(keys.SITES, good)
    await until_ready(starting)

    assert set(early.values()) == {503}
    assert "cannot be read: DecodeError" in ready.json["problem"]


async def test_a_process_that_valkey_does_not_admit_says_so(store, valkey_server, monkeypatch):
    monkeypatch.setattr(settings, "REDIS_URL", valkey_server.url.replace("redis://:", "redis://:not-"))
    edge = Edge(django)
    await edge.start()

    ready = await Client(edge).get("/health/ready")
    await edge.stop()

    assert ready.status == 503
    assert "WRONGPASS" in ready.json["problem"] or "NOAUTH" in ready.json["problem"]  # whichever it heard last


async def test_a_start_that_fails_is_tried_again_once_at_a_time(store, monkeypatch):
    """It was kept: the process answered 500 until somebody started it anew."""
    attempts, under_way = 0, 0

    class Failing(State):
        async def start(self) -> None:
            nonlocal attempts, under_way
            attempts += 1
            under_way += 1
            assert under_way == 1
            if attempts > 1:
                await may_go_on.wait()
            under_way -= 1
            if attempts < 3:
                raise ValueError("the disk is on fire")
            await super().start()

    may_go_on = asyncio.Event()
    monkeypatch.setattr(application, "State", Failing)
    monkeypatch.setattr(application, "START_AGAIN_SECONDS", 0)
    edge = Edge(django)
    client = Client(edge)

    early = await asyncio.gather(*(client.post("/v1/batch", BATCH) for _ in range(20)))
    live, ready = await client.get("/health/live"), await client.get("/health/ready")
    tried_meanwhile = attempts
    may_go_on.set()
    await until_ready(client)
    late = await client.post("/v1/batch", BATCH)
    await edge.stop()

    assert {answer.status for answer in early} == {503}
    assert (live.status, ready.status, ready.json["problem"]) == (200, 503, "ValueError: the disk is on fire")
    assert tried_meanwhile <= 2
    assert (attempts, late.status) == (3, 200)


async def test_probes_answer_before_anything_has_started():
    client = Client(Edge(django))

    assert (await client.get("/health/live")).status == 200
    assert (await client.get("/health/ready")).status == 503
