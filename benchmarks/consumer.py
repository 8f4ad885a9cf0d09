"""How fast is the log stored? One consumer, from Redis to committed rows, against a bare binary COPY of the same rows.

The yardstick gets the rows ready made, as Python values, into the same partitioned table, empty, in one COPY. The
consumer reads records, decodes them, stores each message once, and keeps visitors, sessions, referrals, counts, the
archive's marks and its place. Both sides take turns; the ratio is the median of the turns' ratios.
"""

import gc
import multiprocessing
import os
import random
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from redis import Redis

from benchmarks.measure import Row
from benchmarks.serving.stack import stores
from sites import keys
from tracking.event import Entry, Event, Referral

EVENTS = 100_000
ROUNDS = 5
PARTITIONS, THREADS = 8, 4  # the defaults of LOG_PARTITIONS and of `manage.py consume`
TABLES = "tracking_event, tracking_visitor, tracking_session, tracking_referral, tracking_eventrollup"
AT = 1_790_000_000_000
NATIVE_TYPES = [
    "int8",
    "text",
    "timestamptz",
    "timestamptz",
    "uuid",
    "int4",
    "int4",
    *["text"] * 6,
    "jsonb",
    *["text"] * 5,
    *["jsonb"] * 3,
]
CATEGORIES = (
    "electronics.smartphone",
    "appliances.kitchen.kettle",
    "apparel.shoes",
    "computers.notebook",
    "furniture.bedroom.bed",
)


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
        properties={
            "product_id": f"K-{product}",
            "category": chance.choice(CATEGORIES),
            "brand": "samsung",
            "price": chance.randrange(100, 99_999) / 100,
        },
        context={"library": {"name": "t.js", "version": "1"}, "locale": "de-DE", "timezone": "Europe/Berlin"},
    )


def native_rows(logged: list[Entry]) -> list[tuple]:
    """The rows as a program has them that keeps events in Python's own types."""
    encode = msgspec.json.Encoder().encode
    return [
        (
            *(
                entry.site,
                e.message_id,
                datetime.fromtimestamp(e.at / 1000, UTC),
                datetime.fromtimestamp(e.received_at / 1000, UTC),
            ),
            *(uuid.UUID(entry.visitor), e.seq, e.session, e.type, e.name, e.user, e.path, e.host, e.title),
            e.referral and encode(msgspec.structs.asdict(e.referral)).decode(),
            *(e.device, e.browser, e.os, e.language, e.country),
            *(encode(part).decode() for part in (e.properties, e.traits, e.context)),
        )
        for entry in logged
        for e in entry.events
    ]


class Turn(NamedTuple):
    """One side's figures: rows a second, and CPU microseconds a row of this process and of Postgres."""

    rate: float
    own_us: float
    postgres_us: float


def time_turn(work: Callable[[], object]) -> Turn:
    own, postgres, start = time.process_time(), postgres_seconds(), time.perf_counter()
    work()
    elapsed = time.perf_counter() - start
    per_row = 1e6 / EVENTS
    return Turn(EVENTS / elapsed, (time.process_time() - own) * per_row, (postgres_seconds() - postgres) * per_row)


def postgres_seconds() -> float:
    """CPU seconds of the server that runs on this machine, the connections that ended included."""
    from django.db import connection

    connection.ensure_connection()
    _, server, *_ = _process(connection.connection.info.backend_pid)
    processes = [found for path in Path("/proc").glob("[0-9]*") if (found := _process(int(path.name)))]
    ticks = sum(used for _, parent, used, _ in processes if parent == server)
    ticks += sum(used + reaped for pid, _, used, reaped in processes if pid == server)
    return ticks / os.sysconf("SC_CLK_TCK")


def _process(pid: int) -> tuple[int, int, int, int] | None:
    """Id, parent, ticks used, ticks used by children that ended (proc_pid_stat(5)); None where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return pid, int(fields[1]), int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])


def empty_tables() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLES} CASCADE")
        cursor.execute("CHECKPOINT")


def bare_copy(rows: list[tuple]) -> Turn:
    """One COPY into the empty event table."""
    from django.db import connection

    from tracking.event_table import COLUMNS

    def copy() -> None:
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY tracking_event ({COLUMNS}) FROM STDIN (FORMAT BINARY)") as stream,
        ):
            stream.set_types(NATIVE_TYPES)
            for row in rows:
                stream.write_row(row)

    empty_tables()
    turn = time_turn(copy)
    assert stored() == len(rows)
    return turn


def drain(redis: Redis, logged: list[Entry]) -> Turn:
    """One consumer process that finds all entries waiting."""
    from tracking.consumer import Consumer
    from tracking.log.base import encode_entry, partition_of
    from tracking.log.streams import StreamReader

    redis.flushdb()
    empty_tables()
    pipe = redis.pipeline(transaction=False)
    for entry in logged:
        pipe.xadd(keys.log(partition_of(entry.visitor, PARTITIONS)), {"e": encode_entry(entry)})
    pipe.execute()
    ready = threading.Barrier(THREADS + 1, timeout=60)

    def store() -> None:
        consumer = Consumer(StreamReader(redis), range(PARTITIONS))
        while (
            len(consumer.claims.places) != PARTITIONS // THREADS
        ):  # a moment, while the connections of the last round die
            consumer.claims.renew()
        ready.wait()
        while consumer.drain():
            pass
        consumer.claims.release()

    threads = [threading.Thread(target=store) for _ in range(THREADS)]
    for thread in threads:
        thread.start()

    def finish() -> None:
        ready.wait()
        for thread in threads:
            thread.join()

    turn = time_turn(finish)
    assert stored() == EVENTS, "the consumer lost or doubled events"
    return turn


def stored() -> int:
    from tracking.models import Event as Stored

    return Stored.objects.count()


def run() -> list[Row]:
    """In a process of its own: the settings must be read after the servers have their addresses."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure)


def measure() -> list[Row]:
    with prepared():
        from django.conf import settings

        from tests.factories import make_site
        from tracking import partitions
        from tracking.management.commands.consume import SWITCH_SECONDS

        make_site(id=1)
        partitions.ensure([datetime.fromtimestamp(AT / 1000, UTC).date()])
        logged = entries(EVENTS)
        rows = native_rows(logged)
        gc.collect()
        gc.freeze()  # this and the next as `manage.py consume` does
        sys.setswitchinterval(SWITCH_SECONDS)
        with Redis.from_url(settings.REDIS_URL) as redis:
            ours, bare = zip(*[(drain(redis, logged), bare_copy(rows)) for _ in range(ROUNDS)], strict=True)
        return [row_of(ours, bare)]


def row_of(ours: tuple[Turn, ...], bare: tuple[Turn, ...]) -> Row:
    ratios = [mine.rate / theirs.rate for mine, theirs in zip(ours, bare, strict=True)]
    mine, theirs = (Turn(*map(statistics.median, zip(*side, strict=True))) for side in (ours, bare))
    note = (
        f"CPU us an event: consumer {mine.own_us:.1f} + Postgres {mine.postgres_us:.1f}, COPY {theirs.own_us:.1f} +"
        f" {theirs.postgres_us:.1f}; ratios of {ROUNDS} turns: {min(ratios):.2f} to {max(ratios):.2f}; load average"
        f" {os.getloadavg()[0]:.1f}"
    )
    ratio = statistics.median(ratios)
    return Row(
        "log to Postgres, one consumer",
        mine.rate,
        "events/s",
        "bare binary COPY of the same rows",
        theirs.rate,
        ratio,
        0.35,
        0.60,
        note=note,
    )


@contextmanager
def prepared() -> Iterator[None]:
    """Servers that sync to disk as in production, and an empty schema."""
    with stores(database=True, pinned=False) as environment:
        os.environ.update(environment, DJANGO_SETTINGS_MODULE="personalization.settings")
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield
