"""manage.py replay: sends a recorded clickstream through the real pipeline."""

import asyncio
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from redis import Redis as SyncRedis

from personalization.redis import Redis, RedisUnavailable
from personalization.replaying import Replay, Summary
from segments import counting
from segments.profiles import Contended, ProfileStore
from segments.tallies import Rows
from sites import editing
from sites.config import SiteConfig
from sites.management.arguments import SITE, find_site, whole
from sites.models import Site
from sites.pages.history import Actor
from sites.push import snapshot
from tracking import drops, readers
from tracking.consumer import Consumer
from tracking.log.append import Appender, LogFull
from tracking.log.streams import StreamReader
from tracking.replay import READERS, Recorded
from tracking.replay.base import UnreadableFile

DOMAIN = "recording.example"
PARTS_TOLD = 15
TOLD_EVERY_SECONDS = 0.2
STALLED_SECONDS = 60


class Command(BaseCommand):
    help = "Sends a recorded clickstream through the real pipeline. It keeps its own time; a second run adds nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=sorted(READERS), required=True)
        parser.add_argument(
            "--speed",
            type=float,
            default=0,
            metavar="N",
            help="Seconds of the recording that pass in a second; default: all it can.",
        )
        parser.add_argument("--site", help=f"{SITE}; default: a site of its own for recordings of this format.")
        parser.add_argument(
            "--domain",
            help=f"Host name of the recorded site, when a site of its own is made for it; default: {DOMAIN}.",
        )
        parser.add_argument("--limit", type=whole(1), metavar="N", help="Read only the first N rows.")

    def handle(
        self,
        *,
        file: Path,
        format: str,
        speed: float,
        site: str | None,
        domain: str | None,
        limit: int | None,
        **options: Any,
    ) -> None:
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        known = find_site(site) if site else Site.objects.filter(write_key=f"wk_{format}").first()
        if known and domain and domain != known.domain:
            raise CommandError(
                f"Recordings go to the site “{known}”, whose domain is {known.domain}: leave --domain out, or name"
                " another site with --site."
            )
        domain = known.domain if known else domain or DOMAIN
        bar = Progress(self.stderr)
        try:
            recording = READERS[format](file, domain)
            recording = chain(list(islice(recording, 1)), recording)  # a file that cannot be read leaves no site behind
            target = snapshot(known or _make_site(format, domain))
            with storing() as consumer, SyncRedis.from_url(settings.REDIS_URL) as redis:
                summary = asyncio.run(
                    _replay(islice(recording, limit), target, counting.rows_of(target.id), speed, bar)
                )
                bar.finish(summary)
                self._wait_until_stored(redis)
                drops.store()
                here = bool(consumer.claims.places)
        except (UnreadableFile, LogFull, Contended, RedisUnavailable) as error:
            raise CommandError(str(error) or type(error).__name__) from error
        self._report(summary, here)

    def _wait_until_stored(self, redis: SyncRedis) -> None:
        before, since = None, time.monotonic()
        while places := readers.unread_places(redis, range(settings.LOG_PARTITIONS)):
            if places != before:
                before, since = places, time.monotonic()
            elif time.monotonic() - since > STALLED_SECONDS:
                raise CommandError(
                    "The log has taken everything, but records wait to be stored and nothing moves. Is Postgres up?"
                )
            time.sleep(0.05)

    def _report(self, summary: Summary, here: bool) -> None:
        self.stdout.write(f"read      {summary.read:>9,}")
        self.stdout.write(f"accepted  {summary.accepted:>9,}")
        self.stdout.write(f"known     {summary.known:>9,}  (recorded before)")
        for title, counts in (("dropped", summary.dropped), ("skipped", summary.skipped)):
            self.stdout.write(f"{title}   {counts.total():>9,}")
            for reason, number in counts.most_common():
                self.stdout.write(f"    {number:>9,}  {reason}")
        self._report_parts("taken for pages", summary.pages)
        self._report_parts(
            "taken for what pages load",
            Counter({f"{part}  ({reason})": number for (part, reason), number in summary.content.items()}),
        )
        self.stdout.write(
            "Stored by this command, since no consumer runs." if here else "Stored by the running consumer."
        )

    def _report_parts(self, title: str, parts: Counter[str]) -> None:
        """So that whoever knows the site sees what was taken for what."""
        if not parts:
            return
        self.stdout.write(title)
        for part, number in parts.most_common(PARTS_TOLD):
            self.stdout.write(f"    {number:>9,}  {part}")
        if len(parts) > PARTS_TOLD:
            rest = parts.total() - sum(number for _, number in parts.most_common(PARTS_TOLD))
            self.stdout.write(f"    {rest:>9,}  in {len(parts) - PARTS_TOLD} other parts")


def _make_site(format: str, domain: str) -> Site:
    """For recordings of this format, so that they do not mix with what visitors do now."""
    made = Site(
        name=f"Recording: {format}",
        domain=domain,
        write_key=f"wk_{format}",
        consent_in_europe=Site.Consent.OPT_OUT,
    )
    editing.save(made, Actor.command("replay"))
    return made


async def _replay(
    recording: Iterable[Recorded], site: SiteConfig, rows: Rows, speed: float, bar: "Progress"
) -> Summary:
    redis = Redis(settings.REDIS_URL, timeout=10)
    await redis.start()
    try:
        appender = Appender(
            redis.call,
            settings.LOG_PARTITIONS,
            state_ttl=settings.PROFILE_TTL_SECONDS,
            seen_ttl=settings.DEDUPE_SECONDS,
            max_entries=settings.LOG_MAX_ENTRIES,
        )
        replaying = Replay(ProfileStore(appender, lambda _: rows), site, speed=speed, told=bar.show)
        try:
            return await replaying.run(recording)
        finally:
            await replaying.count_drops(redis.call)
    finally:
        redis.stop()


@contextmanager
def storing() -> Iterator[Consumer]:
    """A consumer in a thread: it stores while no other consumer runs."""
    with SyncRedis.from_url(settings.REDIS_URL) as redis:
        consumer, stop = Consumer(StreamReader(redis), range(settings.LOG_PARTITIONS), guest=True), threading.Event()
        thread = threading.Thread(target=consumer.run, args=[stop], daemon=True)
        thread.start()
        try:
            yield consumer
        finally:
            stop.set()
            thread.join()


class Progress:
    """A line on stderr that is written over; without a terminal, a line now and then."""

    def __init__(self, stream: OutputWrapper) -> None:
        self.stream = stream
        self.live = sys.stderr.isatty()
        self.began = time.monotonic()
        self._next = 0.0

    def show(self, summary: Summary) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + (TOLD_EVERY_SECONDS if self.live else 5.0)
            self._write(summary, "\r" if self.live else "\n")

    def finish(self, summary: Summary) -> None:
        self._write(summary, "\n")

    def _write(self, summary: Summary, ending: str) -> None:
        elapsed = max(time.monotonic() - self.began, 1e-9)
        done = summary.accepted + summary.known
        line = f"{summary.read:>10,} read  {done:>10,} recorded  {summary.read / elapsed:>8,.0f}/s  {elapsed:6.1f} s"
        self.stream.write(line, ending=ending)
        self.stream.flush()
