"""Who may listen to the live feed: the page of somebody who is logged in, and nobody any longer than that (security
finding B9)."""

import asyncio
import time

import pytest
from django.urls import reverse

from personalization import feed_access
from personalization.edge import feed
from sites import keys
from tests import factories
from tests.personalization.edge.conftest import COOKIE, feed_token, request_of_staff


@pytest.fixture
def clock(monkeypatch):
    """Of tokens and streams; ours to move."""
    moment = [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: moment[0])
    return moment


async def opened(edge, token, **headers) -> int:
    """The status that a stream begins with, or is refused with."""
    sent: asyncio.Queue = asyncio.Queue()
    task = asyncio.ensure_future(
        edge.application(edge.scope("GET", "/v1/stream", f"feed={token}", **headers), asyncio.Queue().get, sent.put)
    )
    start = await asyncio.wait_for(sent.get(), 5)
    task.cancel()
    await asyncio.wait([task])
    return start["status"]


async def test_a_token_opens_the_feed_in_the_browser_that_it_was_made_for(edge):
    assert await opened(edge, feed_token(1), cookie=COOKIE) == 200


@pytest.mark.parametrize("cookie", ["", "sessionid=other", "sessionid", "a=\x00; ;="])
async def test_a_token_alone_opens_nothing(edge, cookie):
    assert await opened(edge, feed_token(1), cookie=cookie) == 403


async def test_log_out_ends_a_token_at_once(edge):
    token = feed_token(1)
    feed_access.end_session(request_of_staff())

    assert await opened(edge, token, cookie=COOKIE) == 403


async def test_a_change_of_rights_ends_every_token_of_a_person(edge):
    token = feed_token(1)
    feed_access.end_all(5)

    assert await opened(edge, token, cookie=COOKIE) == 403


async def test_a_token_lives_minutes(edge, clock):
    token = feed_token(1)
    clock[0] += feed_access.TOKEN_SECONDS - 1
    young = await opened(edge, token, cookie=COOKIE)
    clock[0] += 1

    assert (young, await opened(edge, token, cookie=COOKIE)) == (200, 403)
    assert feed_access.RENEW_SECONDS < feed_access.TOKEN_SECONDS <= 300


@pytest.mark.parametrize("end", ["log-out", "age"])
async def test_an_open_feed_ends_with_its_token(edge, clock, monkeypatch, end):
    monkeypatch.setattr(feed, "KEEP_ALIVE_SECONDS", 0.05)
    sent: asyncio.Queue = asyncio.Queue()
    scope = edge.scope("GET", "/v1/stream", f"feed={feed_token(1)}", cookie=COOKIE)
    task = asyncio.ensure_future(edge.application(scope, asyncio.Queue().get, sent.put))
    start, greeting = await asyncio.wait_for(sent.get(), 5), await asyncio.wait_for(sent.get(), 5)

    if end == "age":
        clock[0] += feed_access.TOKEN_SECONDS
    else:
        feed_access.end_session(request_of_staff())
    await asyncio.wait_for(task, 5)

    messages = [start, greeting]
    while not sent.empty():
        messages.append(sent.get_nowait())
    assert messages[-1] == {"type": "http.response.body", "body": b""}
    assert not edge.application.state.streams.feed.watchers


async def test_no_other_origin_may_read_the_feed(edge):
    sent: asyncio.Queue = asyncio.Queue()
    scope = edge.scope("GET", "/v1/stream", f"feed={feed_token(1)}", cookie=COOKIE, origin="https://evil.example")
    task = asyncio.ensure_future(edge.application(scope, asyncio.Queue().get, sent.put))
    start = await asyncio.wait_for(sent.get(), 5)
    task.cancel()
    await asyncio.wait([task])

    assert not [name for name, _ in start["headers"] if name.startswith(b"access-control")]


def listening(redis_client, user) -> bool:
    return redis_client.exists(keys.feed(user.pk)) == 1


def test_home_grants_and_logging_out_takes_away(client, site, redis_client):
    vera = factories.make_user("viewer")
    client.force_login(vera)
    client.get("/")
    before = listening(redis_client, vera)
    client.post(reverse("admin:logout"))

    assert (before, listening(redis_client, vera)) == (True, False)


def test_whoever_is_demoted_listens_no_longer(client, site, redis_client, django_capture_on_commit_callbacks):
    vera = factories.make_user("viewer")
    client.force_login(vera)
    client.get("/")
    before = listening(redis_client, vera)
    client.force_login(factories.make_user("administrator"))
    with django_capture_on_commit_callbacks(execute=True):
        fields = {"username": "vera", "is_active": "on", "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
        client.post(reverse("admin:auth_user_change", args=[vera.pk]), fields)

    vera.refresh_from_db()
    assert (vera.is_staff, before, listening(redis_client, vera)) == (False, True, False)


def test_a_page_renews_its_token_while_it_may(client, site, redis_client):
    address = reverse("feed-token", args=[site.pk])
    stranger = client.get(address)
    client.force_login(factories.make_user("viewer"))

    assert stranger.status_code == 302
    assert feed_access.listener_of(client.get(address).json()["token"]).site == site.pk
    assert client.get(reverse("feed-token", args=[site.pk + 1])).status_code == 404


def test_where_redis_is_away_home_still_opens(client, site, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    client.force_login(factories.make_user("viewer"))

    assert 'data-token=""' in client.get("/").content.decode()
