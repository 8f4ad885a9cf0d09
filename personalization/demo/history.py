"""Brings the demo shop its past: fourteen days of visits with what was shown and what came of it, segments counted at
the end of each day, then clusters trained on all of it."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from redis import Redis as SyncRedis

from campaigns import kept_releases
from personalization.demo import progress
from personalization.demo.in_bulk import DayAppender
from personalization.demo.past import Past, days_of
from personalization.demo.personas import Visit
from personalization.demo.progress import State
from personalization.demo.redeemed import settle
from personalization.demo.site import put_live
from personalization.engagement import Tokens
from personalization.redis import Redis
from segments import audience, train
from segments.training_runs import new_run
from sites.models import Site
from sites.pages.history import Actor
from sites.push import snapshot
from sites.times import moment_of, ms_of, now_ms
from tracking import readers

BY = Actor.command("simulate")
SETTLE_SECONDS = 90  # for the consumer to store what was logged


def bring(site: Site, visitors: int, days: int, say: Callable[[str], None]) -> None:
    """Ends at the moment when the site was made. What is there already stays as it is, so that a run that was cut short
    is gone on with."""
    until = ms_of(site.created_at)
    past = days_of(visitors, until, days, site.time_zone)
    known = progress.read()
    if known.until != until or not known.is_live:
        _live_through(site, past, until, say)
        _train(site, say)
        audience.measure(site)
    progress.tell(State(len(past), len(past), until, is_live=True))


def _live_through(site: Site, days: Sequence[Sequence[Visit]], until: int, say: Callable[[str], None]) -> None:
    began = now_ms()
    progress.tell(State(len(days), 0, until, began=began))
    release = kept_releases.live(site)
    assert release, "the shop opens with a release"
    redis = Redis(settings.REDIS_URL, timeout=10)
    appender = DayAppender(
        redis.call,
        settings.LOG_PARTITIONS,
        state_ttl=settings.PROFILE_TTL_SECONDS,
        seen_ttl=settings.DEDUPE_SECONDS,
        max_entries=settings.LOG_MAX_ENTRIES,
    )
    past = Past(appender, snapshot(site), release, Tokens(settings.SECRET_KEY))
    with asyncio.Runner() as runner:
        runner.run(redis.start())
        for done, visits in enumerate(days):
            progress.tell(State(len(days), done, until, began=began))
            runner.run(past.live_through(visits))
            _redeem(site, past.orders)
            # As of the day's last visit, while profiles are what they were then; the consumer stores meanwhile.
            audience.measure_day(site, moment_of(min(visits[-1].start, until)), sorted(past.visitors))
        runner.get_loop().call_soon(redis.stop)
    progress.tell(State(len(days), len(days), until, began=began))
    _wait_until_stored()
    say(f"{past.events} events and {past.decisions} decisions of simulated visitors, on {len(days)} days before now")


@transaction.atomic
def _redeem(site: Site, orders: list[tuple[dict[str, Any], int]]) -> None:
    """Told again, nothing happens: an order redeems its code once."""
    for message, at in sorted(orders, key=lambda order: order[1]):
        settle(site, message, at)
    orders.clear()


def _wait_until_stored() -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    with SyncRedis.from_url(settings.REDIS_URL) as redis:
        while readers.unread_places(redis, range(settings.LOG_PARTITIONS)) and time.monotonic() < deadline:
            time.sleep(0.05)


def _train(site: Site, say: Callable[[str], None]) -> None:
    run = train.train(site, new_run(site, BY))
    say(f"clusters: {run.status}. {run.message}")
    if put_live(site, "Clusters trained on the simulated visitors", BY):
        say("published with the clusters")
