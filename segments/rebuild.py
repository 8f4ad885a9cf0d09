"""Are the live profiles what their visitors' events say, and how do they come back when Redis has lost them?

The same fold runs over the stored events, visitor by visitor, in the order of `seq`. A visitor whose history went to
another one, and the key of a user that is somebody's other name, are redirects. A profile that has more than what is
stored is asked about again once everything that it can have is stored: what it has more than that was folded twice, or
never logged.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from redis import Redis

from segments.histories import absorbed_in, whole
from segments.merging import NO_ROWS
from segments.profile import Profile, fold
from segments.stored import holds, pack, unpack, version_of
from segments.tallies import Rows, join, recount
from sites import keys
from tracking.event import Event
from tracking.log import base
from tracking.log.append import SWAP
from tracking.models import Visitor

Stored = Iterable[tuple[int, str, Event]]  # site, visitor, event; ordered by visitor and seq
BATCH = 500


@dataclass(slots=True)
class Outcome:
    """Numbers of profiles. `ahead` have folded events, or a merge, that may still be on their way into the store."""

    same: int = 0
    different: int = 0
    missing: int = 0
    ahead: int = 0
    written: int = 0


def count_nothing(site: int) -> Rows:
    return NO_ROWS


def refold(stored: Stored, rows_of: Callable[[int], Rows] = count_nothing) -> Iterator[tuple[str, Profile]]:
    """Every visitor's profile from the beginning. Redirects come as profiles with `merged_into`. `rows_of`: what a site
    counts; who took others in comes last then, for their events count too."""
    merged = {
        absorbed.hex: into.hex
        for absorbed, into in Visitor.objects.filter(merged_into__isnull=False).values_list("pk", "merged_into_id")
    }
    visitors: set[str] = set()
    users: dict[str, str] = {}
    counts = Counts()
    for visitor, found in groupby(stored, key=itemgetter(1)):
        visitors.add(visitor)
        sites, events = zip(*((site, event) for site, _, event in found), strict=True)
        rows = rows_of(sites[0])
        for event in events:  # all of them: an alias gives one history two users
            if event.user:
                users.setdefault(event.user, visitor)
        profile = None if visitor in merged else _fold_all(events, rows)
        if rows.by_key and (profile is None or any(map(absorbed_in, events))):
            counts.keep(visitor, profile, rows, events)
        elif profile is not None:
            yield visitor, profile
    yield from counts.joined()
    for absorbed, into in merged.items():
        yield absorbed, Profile(merged_into=into)
    for user, visitor in users.items():
        if user not in visitors and user not in merged:
            yield user, Profile(merged_into=visitor)


class Counts:
    """What event rows found in histories that became part of others, until all of those are read."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[Rows, Profile, list[str]]] = {}  # visitor -> the counts alone, whom it took in
        self.profiles: dict[str, Profile] = {}

    def keep(self, visitor: str, profile: Profile | None, rows: Rows, events: Sequence[Event]) -> None:
        alone = Profile()
        recount(alone, rows, events)
        self.found[visitor] = rows, alone, list(filter(None, map(absorbed_in, events)))
        if profile is not None:
            self.profiles[visitor] = profile

    def joined(self) -> Iterator[tuple[str, Profile]]:
        for visitor, profile in self.profiles.items():
            rows, total, waiting = self.found[visitor]
            visited = {visitor}
            while waiting:
                absorbed = waiting.pop()
                if absorbed in self.found and absorbed not in visited:
                    visited.add(absorbed)
                    _, part, further = self.found[absorbed]
                    join(total, part, rows)
                    waiting += further
            profile.counted, profile.tallies = total.counted, total.tallies
            yield visitor, profile


def _fold_all(events: Sequence[Event], rows: Rows = NO_ROWS) -> Profile:
    profile = Profile()
    for event in in_order(events):
        fold(profile, event, rows)
    return profile


def in_order(events: Sequence[Event]) -> Sequence[Event]:
    """As they were folded. Where Redis lost a profile, its visitor's `seq` began again: then the order of receipt
    decides."""
    if len({event.seq for event in events}) == len(events):
        return events
    return sorted(events, key=lambda event: (event.received_at, event.seq))


def _is_ahead(live: Profile | None, stored: Profile) -> bool:
    """Whether the visitor has done more, or has gone to another one, since what is stored."""
    if live is None or stored.merged_into:
        return False
    return live.seq > stored.seq or bool(live.merged_into)


class Rebuild:
    """Compares live profiles with refolded ones, and writes those that differ unless `check` is set.

    `rows_of`: what a site counts. `ask_again(visitor)`: the visitor's events as they are stored at the moment of the
    call. Without it (an archive lacks the hours in progress) a profile that is ahead is taken at its word.
    """

    def __init__(
        self,
        redis: Redis,
        partitions: int,
        ttl_seconds: int,
        *,
        check: bool,
        ask_again: Callable[[str], Iterable[Event]] | None = None,
        rows_of: Callable[[int], Rows] = count_nothing,
    ) -> None:
        self.rows_of = rows_of
        self.redis, self.partitions, self.ttl_seconds, self.check, self.ask_again = (
            redis,
            partitions,
            ttl_seconds,
            check,
            ask_again,
        )
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
        names = [keys.profile(base.partition_of(visitor, self.partitions), visitor) for visitor, _ in batch]
        pipe = self.redis.pipeline(transaction=False)
        for key in names:
            pipe.get(key)
        for key, (visitor, profile), live in zip(names, batch, pipe.execute(), strict=True):
            self._judge(key, visitor, profile, live)

    def _judge(self, key: str, visitor: str, profile: Profile, live: bytes | None) -> None:
        if not holds(live, profile) and _is_ahead(unpack(live), profile):
            live, settled = self._settle(key, visitor)
            if settled is None:
                self.outcome.ahead += 1
                return
            profile = settled
        self._count_and_write(key, visitor, profile, live)

    def _settle(self, key: str, visitor: str) -> tuple[bytes | None, Profile | None]:
        """The live value as it is now and what all its events fold to; None where some of them may not be stored yet.

        The value is read first, then the log is seen to be empty, then the store is read: an event is logged in the
        transaction that folds it and leaves the log after it is stored, so that each event of the value is found, and
        one that comes later changes the version, which refuses the writing. A redirect is left alone: whoever meets one
        that still holds a history hands it over.
        """
        live: bytes | None = self.redis.get(key)  # type: ignore[assignment]  # stubs allow for clients that decode
        known = unpack(live)
        if self.ask_again is None or known is None or known.merged_into:
            return live, None
        if self.redis.xlen(keys.log(base.partition_of(visitor, self.partitions))):
            return live, None
        return live, self._fold_again(visitor, self.ask_again)

    def _fold_again(self, visitor: str, ask: Callable[[str], Iterable[Event]]) -> Profile:
        site = Visitor.objects.values_list("site", flat=True).get(pk=visitor)
        events, rows = list(ask(visitor)), self.rows_of(site)
        profile = _fold_all(events, rows)
        if profile.counted != rows.counted:
            recount(profile, rows, whole(events, ask))
        return profile

    def _count_and_write(self, key: str, visitor: str, profile: Profile, live: bytes | None) -> None:
        outcome = self.outcome
        if holds(live, profile):
            outcome.same += 1
            return
        if live is None:
            outcome.missing += 1
        else:
            outcome.different += 1
        if not self.check:
            # Refused when the visitor did something meanwhile; the profile was loaded by then, and is judged next time.
            channel = keys.visitor(base.partition_of(visitor, self.partitions), visitor)
            answer = self.swap(keys=[key], args=[version_of(live), pack(profile), self.ttl_seconds, channel])
            outcome.written += answer[0] == 3
