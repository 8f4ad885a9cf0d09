"""How fast is the log stored? One consumer, from Redis to committed rows, against a bare binary COPY of the same rows.

The yardstick gets the rows ready made, as Python values, into an identical empty table with the same key and indexes, in one COPY.
The consumer reads records, decodes them, stores each message once, and keeps visitors, sessions, referrals, counts, the archive's
marks and its place.
"""

import gc
import random
import statistics
import sys
import threading
import time
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec
from redis import Redis

from benchmarks.measure import Row
from tracking.event import Entry, Event, Referral

EVENTS = 50_000
ROUNDS = 3
PARTITIONS, THREADS = 8, 1  # the defaults of LOG_PARTITIONS and of `manage.py consume`
AT = 1_790_000_000_000
NATIVE_TYPES = ["int8", "text", "timestamptz", "timestamptz", "uuid", "int4", "int4", *["text"] * 6, "jsonb", *["text"] * 5, *["jsonb"] * 3]
CATEGORIES = ("electronics.smartphone", "appliances.kitchen.kettle", "apparel.shoes", "computers.notebook", "furniture.bedroom.bed")


def entries(count: int, seed: int = 7) -> list[Entry]:
    """Sessions of 4 to 14 events, two events a request, the requests of many visitors interleaved as they arrive."""
    chance = random.Random(seed)
    made: list[tuple[int, Entry]] = []
    total = 0
    while total < count:
        visitor, begins = f"{chance.getrandbits(128):032x}", AT + chance.randrange(3_600_000)
        length = min(chance.randrange(4, 15), count - total)
        events = [_event(chance, begins + number * 9_000, number) for number in range(length)]
        made += [(pair[0].at, Entry(1, visitor, pair)) for pair in (events[i : i + 2] for i in range(0, length, 2))]
        total += length
    made.sort(key=lambda pair: pair[0])
    return [entry for _, entry in made]


def _event(chance: random.Random, at: int, number: int) -> Event:
    product = chance.randrange(5_000)
    return Event(
        message_id=str(uuid.UUID(int=(at << 80) | (7 << 76) | chance.getrandbits(74))),
        type="track" if number % 3 else "page",
        name="Product Viewed" if number % 3 else "",
        at=at,
        received_at=at + 40,
        seq=number + 1,
        session=1,
        path=f"/product/{product}",
        host="shop.example",
        title=f"Product {product}",
        referral=None if number else Referral("search", "Google", "organic", landing_path=f"/product/{product}"),
        device="mobile",
        browser="Chrome Mobile",
        os="Android",
        language="de",
        country="DE",
        properties={"product_id": f"K-{product}", "category": chance.choice(CATEGORIES), "brand": "samsung", "price": chance.randrange(100, 99_999) / 100},
        context={"library": {"name": "t.js", "version": "1"}, "locale": "de-DE", "timezone": "Europe/Berlin"},
    )


def native_rows(logged: list[Entry]) -> list[tuple]:
    """The rows as a program has them that keeps events in Python's own types."""
    encode = msgspec.json.Encoder().encode
    return [
        (
            *(entry.site, e.message_id, datetime.fromtimestamp(e.at / 1000, UTC), datetime.fromtimestamp(e.received_at / 1000, UTC)),
            *(uuid.UUID(entry.visitor), e.seq, e.session, e.type, e.name, e.user, e.path, e.host, e.title),
            e.referral and encode(msgspec.structs.asdict(e.referral)).decode(),
            *(e.device, e.browser, e.os, e.language, e.country),
            *(encode(part).decode() for part in (e.properties, e.traits, e.context)),
        )
        for entry in logged
        for e in entry.events
    ]


def bare_copy(rows: list[tuple]) -> float:
    """Rows a second of one COPY into a fresh table like the event table's month."""
    from django.db import connection

    from tracking.event_table import COLUMNS

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare_event")
        cursor.execute("CREATE TABLE bare_event (LIKE tracking_event INCLUDING ALL)")
        cursor.execute("CHECKPOINT")
        start = time.perf_counter()
        with cursor.copy(f"COPY bare_event ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as stream:
            stream.set_types(NATIVE_TYPES)
            for row in rows:
                stream.write_row(row)
        elapsed = time.perf_counter() - start
        cursor.execute("SELECT count(*) FROM bare_event")
        assert cursor.fetchone()[0] == len(rows)
        cursor.execute("DROP TABLE bare_event")
    return len(rows) / elapsed


def drain(redis: Redis, logged: list[Entry], count: int) -> float:
    """Rows a second of one consumer process that finds all entries waiting."""
    from django.db import connection

    from tracking.consumer import Consumer
    from tracking.log.base import encode_entry, log_key, partition_of
    from tracking.log.streams import StreamReader
    from tracking.models import Event as Stored

    redis.flushdb()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE tracking_event, tracking_visitor, tracking_session, tracking_referral, tracking_eventrollup CASCADE")
        cursor.execute("CHECKPOINT")
    pipe = redis.pipeline(transaction=False)
    for entry in logged:
        pipe.xadd(log_key(partition_of(entry.visitor, PARTITIONS)), {"e": encode_entry(entry)})
    pipe.execute()
    ready = threading.Barrier(THREADS + 1, timeout=60)

    def store(number: int) -> None:
        consumer = Consumer(StreamReader(redis), range(number, PARTITIONS, THREADS))
        while len(consumer.places) < PARTITIONS // THREADS:  # a moment, while the connections of the last round die
            consumer.claim()
        ready.wait()
        while consumer.drain():
            pass
        consumer.release()

    threads = [threading.Thread(target=store, args=[number]) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    ready.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - start
    assert Stored.objects.count() == count, "the consumer lost or doubled events"
    return count / elapsed


def run() -> list[Row]:
    """Needs Django set up on a database and a Redis that may be emptied."""
    from django.conf import settings

    from tests.factories import make_site
    from tracking import partitions
    from tracking.management.commands.consume import SWITCH_SECONDS
    from tracking.models import Site

    if not Site.objects.filter(id=1).exists():
        make_site(id=1)
    partitions.ensure([datetime.fromtimestamp(AT / 1000, UTC).date()])
    logged = entries(EVENTS)
    rows = native_rows(logged)
    gc.collect()
    gc.freeze()  # this and the next as `manage.py consume` does
    sys.setswitchinterval(SWITCH_SECONDS)
    with Redis.from_url(settings.REDIS_URL) as redis:
        pairs = [(drain(redis, logged, EVENTS), bare_copy(rows)) for _ in range(ROUNDS)]
    ours, bare = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(mine / theirs for mine, theirs in pairs)
    return [Row("log to Postgres, one consumer", ours, "events/s", "bare binary COPY of the same rows", bare, ratio, 0.35, 0.60)]


@contextmanager
def throw_away_servers():
    from tests import servers

    servers.postgres.start()
    servers.valkey.start()
    try:
        yield
    finally:
        servers.pytest_unconfigure()


if __name__ == "__main__":
    import os

    with throw_away_servers():
        os.environ["DJANGO_SETTINGS_MODULE"] = "personalization.settings"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        for row in run():
            print(f"{row.promise}: {row.value:,.0f} {row.unit}; {row.yardstick}: {row.yardstick_value:,.0f}; ratio {row.ratio:.2f} ({row.verdict})")
