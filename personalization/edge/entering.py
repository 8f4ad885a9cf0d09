"""Which segments has a visitor entered with what was just done? Told to staff who watch, of visitors who are new or
were seen in the feed before: of others nobody knows what they were in a moment ago."""

import contextlib
from collections import OrderedDict
from collections.abc import Callable

import hiredis

from campaigns.release import FrozenRelease
from personalization.redis import RedisUnavailable
from personalization.situation import attributes_of
from segments.profiles import ProfileStore

REMEMBERED = 5_000  # visitors


class Entering:
    def __init__(self, store: ProfileStore, live: Callable[[int], FrozenRelease | None]) -> None:
        self.store, self.live = store, live
        self.known: OrderedDict[str, frozenset[str]] = OrderedDict()

    async def entered(self, site: int, visitor: str, events: int, now: int) -> list[str]:
        """Names of segments of the live release. `events`: how many of the visitor's have just arrived. One read of a
        profile."""
        release = self.live(site)
        if release is None:
            return []
        with contextlib.suppress(RedisUnavailable, hiredis.ReplyError):
            _, profile = await self.store.load(visitor)
            held = frozenset(attributes_of(release, profile, now, {})["segment"] or ())
            before = self.known.get(visitor, frozenset[str]() if profile.events <= events else held)
            self._remember(visitor, held)
            names = release.segment_names
            return sorted(names.get(key, key) for key in held - before)
        return []

    def _remember(self, visitor: str, held: frozenset[str]) -> None:
        self.known[visitor] = held
        self.known.move_to_end(visitor)
        if len(self.known) > REMEMBERED:
            self.known.popitem(last=False)
