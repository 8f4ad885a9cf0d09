"""Are the live profiles what their visitors' events say, and how do they come back when Redis has lost them?

The same fold runs over the stored events, visitor by visitor, in the order of `seq`. A visitor whose history went to another one, and
the key of a user that is somebody's other name, are redirects.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from redis import Redis

from segments.profile import Profile, decode, encode, fold
from tracking.event import Event
from tracking.log import base
from tracking.log.append import SWAP, VERSION_BYTES
from tracking.models import Visitor

Stored = Iterable[tuple[int, str, Event]]  # site, visitor, event; ordered by visitor and seq
BATCH = 500


@dataclass(slots=True)
class Outcome:
    """Numbers of profiles. `ahead` have folded events, or a merge, that are not stored yet."""

    same: int = 0
    different: int = 0
    missing: int = 0
    ahead: int = 0
    written: int = 0


def refold(stored: Stored) -> Iterator[tuple[str, Profile]]:
    """Every visitor's profile from the beginning. Redirects come as profiles with `merged_into`."""
    merged = {absorbed.hex: into.hex for absorbed, into in Visitor.objects.filter(merged_into__isnull=False).values_list("pk", "merged_into_id")}
    visitors: set[str] = set()
    users: dict[str, str] = {}
    for visitor, rows in groupby(stored, key=itemgetter(1)):
        visitors.add(visitor)
        if visitor in merged:
            continue
        profile = Profile()
        for event in in_order([event for _, _, event in rows]):
            fold(profile, event)
        if profile.user:
            users.setdefault(profile.user, visitor)
        yield visitor, profile
    for absorbed, into in merged.items():
        yield absorbed, Profile(merged_into=into)
    for user, visitor in users.items():
        if user not in visitors and user not in merged:
            yield user, Profile(merged_into=visitor)


def in_order(events: list[Event]) -> list[Event]:
    """As they were folded. Where Redis lost a profile, its visitor's `seq` began again: then the order of receipt decides."""
    if len({event.seq for event in events}) == len(events):
        return events
    return sorted(events, key=lambda event: (event.received_at, event.seq))


def _is_ahead(live: Profile, stored: Profile) -> bool:
    """Whether the visitor has done more, or has gone to another one, since what is stored."""
    return not stored.merged_into and (live.seq > stored.seq or bool(live.merged_into))


class Rebuild:
    """Compares live profiles with refolded ones, and writes those that differ unless `check` is set."""

    def __init__(self, redis: Redis, partitions: int, ttl_seconds: int, *, check: bool) -> None:
        self.redis, self.partitions, self.ttl_seconds, self.check = redis, partitions, ttl_seconds, check
        self.swap = redis.register_script(SWAP)
        self.outcome = Outcome()

    def run(self, profiles: Iterable[tuple[str, Profile]]) -> Outcome:
        batch: list[tuple[str, Profile]] = []
        for pair in profiles:
            batch.append(pair)
            if len(batch) == BATCH:
                self._compare(batch)
                batch = []
        self._compare(batch)
        return self.outcome

    def _compare(self, batch: list[tuple[str, Profile]]) -> None:
        keys = [base.profile_key(base.partition_of(visitor, self.partitions), visitor) for visitor, _ in batch]
        pipe = self.redis.pipeline(transaction=False)
        for key in keys:
            pipe.get(key)
        for key, (visitor, profile), live in zip(keys, batch, pipe.execute(), strict=True):
            self._judge(key, visitor, profile, live)

    def _judge(self, key: str, visitor: str, profile: Profile, live: bytes | None) -> None:
        outcome, state = self.outcome, encode(profile)
        if live is None:
            outcome.missing += 1
        elif live[VERSION_BYTES:] == state:
            outcome.same += 1
            return
        elif _is_ahead(decode(live[VERSION_BYTES:]), profile):
            outcome.ahead += 1
            return
        else:
            outcome.different += 1
        if not self.check:
            # Refused when the visitor did something meanwhile; the profile was loaded by then, and is judged next time.
            version = time.time_ns().to_bytes(VERSION_BYTES, "big")
            channel = base.visitor_channel(base.partition_of(visitor, self.partitions), visitor)
            answer = self.swap(keys=[key], args=[live[:VERSION_BYTES] if live else b"", version + state, self.ttl_seconds, channel])
            outcome.written += answer[0] == 3
