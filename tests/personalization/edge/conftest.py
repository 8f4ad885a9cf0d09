"""An edge process inside the test: the real application, a real Valkey, no socket in between."""

import asyncio
import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import msgspec
import pytest
from django.conf import settings

from campaigns import release
from personalization import feed_access
from personalization.edge import Edge
from sites import keys
from sites.config import SiteConfig
from tests import releases
from tests.questions import KEY, SECRET

AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Client:
    """Calls an ASGI application."""

    application: Edge
    headers: dict[str, str] = field(default_factory=lambda: {"host": "segue.test", "user-agent": AGENT})

    async def call(self, method, path, body=b"", query="", **headers):
        sent = []
        body = body if isinstance(body, bytes) else json.dumps(body).encode()

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        await self.application(self.scope(method, path, query, **headers), receive, send)
        names = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], names, b"".join(message.get("body", b"") for message in sent[1:]))

    def scope(self, method, path, query="", **headers):
        given = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        pairs = [(name.encode(), value.encode()) for name, value in given.items()]
        return {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "scheme": "http",
            "headers": pairs,
            "client": ("127.0.0.1", 4000),
        }

    async def post(self, path, body, **headers):
        return await self.call("POST", path, body, **headers)

    async def get(self, path, query="", **headers):
        return await self.call("GET", path, query=query, **headers)


class Listener:
    """One open stream."""

    def __init__(self, edge, query, path="/v1/stream", **headers):
        self.messages, self.left = asyncio.Queue(), asyncio.Event()
        self.task = asyncio.ensure_future(
            edge.application(edge.scope("GET", path, query, **headers), self._receive, self.messages.put)
        )

    async def _receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def start(self):
        assert (await asyncio.wait_for(self.messages.get(), 2))["status"] == 200
        return await self.next()

    async def next(self):
        return (await asyncio.wait_for(self.messages.get(), 5))["body"].decode()

    async def close(self):
        self.left.set()
        await asyncio.wait_for(self.task, 2)


def variant(identity, key):
    return release.FrozenVariant(
        identity,
        key,
        "",
        ["/to/", "item.name", ""] if key == "item" else [f"/to/{key}"],
        [b'{"key":"%b","html":"<p>"}' % key.encode()],
        [],
        [],
    )


def source(*conditions, **fields):
    """A release with one rule a condition in `hero`, and a default."""
    variants = [variant(0, "default"), *(variant(i, f"v{i}") for i in range(1, len(conditions) + 1))]
    rules = [
        releases.rule(i, condition, variant=i, name=f"Rule {i}", **{"first_published_at": 1} | fields)
        for i, condition in enumerate(conditions, 1)
    ]
    placements = [release.FrozenPlacement("hero", 0, 0), release.FrozenPlacement("side", -1, 0)]
    return releases.source(rules, variants, placements, items=[])


def go_live(client, what):
    blob = release.dump(what)
    version = release.load(blob).version
    client.set(keys.release(1, version), blob)
    client.set(keys.live_release(1), version)
    client.publish("segue:changes", "release")
    return version


def request_of_staff():
    """As a page gets it from somebody who has logged in."""
    return SimpleNamespace(user=SimpleNamespace(pk=5), session=SimpleNamespace(session_key="k3y"))


COOKIE = f"csrftoken=x; {settings.SESSION_COOKIE_NAME}=k3y"


def feed_token(site):
    return feed_access.grant(request_of_staff(), site)


@pytest.fixture
def config():
    return SiteConfig(
        id=1, name="Shop", domain="shop.example", write_key=KEY, salt="ab" * 32, currency="EUR", secret_key=SECRET
    )


@pytest.fixture
def store(redis_client, config, tmp_path, settings):
    """Redis as publishing leaves it."""
    settings.VAR_DIR = tmp_path
    redis_client.set(keys.SITES, msgspec.json.encode([config]))
    go_live(redis_client, source({"feature.products_viewed": {"$gte": 2}}))
    return redis_client


@pytest.fixture
async def edge(store):
    application = Edge(django)
    client = Client(application)
    await application.start()
    yield client
    await application.state.stop()


async def django(scope, receive, send):
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"django"})
