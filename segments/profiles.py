"""Where is a visitor's profile, and how do events get into it? Load, compare-and-set, and the joining of two histories.

A profile lies in Redis beside its partition's log and changes only together with it (`tracking.log.append`), in the
form that `segments.stored` knows.
"""

import asyncio
import base64
from collections import OrderedDict
from collections.abc import Awaitable, Generator
from dataclasses import dataclass, field

from segments import stored
from segments.profile import Profile, encode, fold
from sites.pseudonyms import visitor_apart
from tracking.event import MERGED, Arrival, Entry, Event
from tracking.identity import Identity
from tracking.log.append import Answer, Appender, LogFull

REMEMBERED_VISITORS = 5_000  # some 25 MB a process
MAX_ATTEMPTS = 50
NOTHING = (b"", Profile())


class Contended(Exception):
    """Other writers changed this profile again and again; a retry can help."""


@dataclass(slots=True)
class Recorded:
    """What became of an arrival: whose it was, the profile afterwards, the events folded, and how many were known
    already."""

    visitor: str
    profile: Profile
    events: list[Event]
    duplicates: int = 0


@dataclass(slots=True)
class ProfileStore:
    """Profiles of all visitors. Values that this process wrote are remembered with what they decode to, so that most
    arrivals cost one round trip (a value that another process has changed since fails the comparison and comes back
    with the answer), and most of them no decoding. Whoever changes a profile takes it out first: who read it has
    finished, as nothing waits between reading and answering."""

    appender: Appender
    remembered: OrderedDict[str, tuple[bytes, Profile]] = field(default_factory=OrderedDict)
    # Arrivals of one visitor take turns in this process, each after the one before, so that only other processes can
    # come between.
    turns: dict[str, asyncio.Future] = field(default_factory=dict)

    def find(self, who: Identity) -> Awaitable[tuple[str, Profile]]:
        """Whose history a reader sees who names these ids, and the profile; ("", empty) for nobody."""
        if who.reads and who.visitor and not who.user:  # most name nobody else: the rule's first step is its last
            return self.load(who.visitor)
        return self._find(who)

    async def _find(self, who: Identity) -> tuple[str, Profile]:
        reading = reading_of(who)
        try:
            wanted = next(reading)
            while True:
                wanted = reading.send(await self.load(wanted))
        except StopIteration as found:
            return found.value

    async def load(self, visitor: str) -> tuple[str, Profile]:
        """The visitor after redirects, and the profile (an empty one for somebody unknown), to read only. Asks Redis
        each time."""
        profile = self._unpacked(visitor, await self.appender.state(visitor))
        if profile is None or not profile.merged_into:  # most histories never moved: the rule's first step is its last
            return visitor, profile or Profile()
        following = stored.follow(visitor)
        try:
            next(following)
            while True:
                wanted = following.send(profile)
                profile = self._unpacked(wanted, await self.appender.state(wanted))
        except StopIteration as end:
            visitor, profile = end.value
            return visitor, profile or Profile()

    def _unpacked(self, visitor: str, value: bytes | None) -> Profile | None:
        known, profile = self.remembered.get(visitor, NOTHING)
        return profile if value == known else stored.unpack(value)

    async def record(self, arrival: Arrival) -> Recorded:
        """Folds an arrival into the profile and appends it to the log, both or neither.

        Raises LogFull, Contended, or what the connection raises; then nothing is recorded, or (a lost answer)
        everything is, and the client's retry is recognised by its messageIds.
        """
        visitor = arrival.visitor
        before, turn = self.turns.get(visitor), asyncio.get_running_loop().create_future()
        self.turns[visitor] = turn
        try:
            if before is not None:
                await asyncio.shield(before)
            return await self._record(arrival)
        finally:
            turn.set_result(None)
            if self.turns[visitor] is turn:
                del self.turns[visitor]

    async def _record(self, arrival: Arrival) -> Recorded:
        visitor, events = arrival.visitor, _once(arrival.events)
        duplicates, joined = len(arrival.events) - len(events), not (arrival.user_visitor or arrival.claimed)
        owner = ""  # whose device somebody else is using
        if (
            arrival.previous_user and await self.appender.state(visitor) is None
        ):  # no browser has this previousId: it may be a user's
            visitor = arrival.user_visitor
            await self._join_users(arrival.site, arrival.previous_user, visitor)
        known = self.remembered.pop(visitor, None)
        value, profile = known or (await self.appender.state(visitor), None)
        for _ in range(MAX_ATTEMPTS):
            if profile is None:
                profile = stored.unpack(value) or Profile()
            if profile.merged_into or not joined:
                elsewhere = profile.merged_into or await self._whose(arrival, visitor, profile)
                joined = joined or not profile.merged_into
                if elsewhere != visitor:
                    if not profile.merged_into and profile.owner:
                        owner = visitor
                    if value and profile.merged_into and profile.seq:
                        await self._hand_over(arrival.site, visitor, value, profile)
                    fresh, value = await asyncio.gather(
                        self._not_moved(visitor, events), self.appender.state(elsewhere)
                    )
                    duplicates, events = duplicates + len(events) - len(fresh), fresh
                    visitor, profile = elsewhere, None
                    continue
            if not events:
                return Recorded(visitor, profile, [], duplicates)
            visits = profile.sessions
            for event in events:
                fold(profile, event)
            state = stored.pack(profile, value)
            answer, detail = await self.appender.append(
                Entry(arrival.site, visitor, events), stored.version_of(value), state
            )
            if answer is Answer.DONE:
                self._remember(visitor, state, profile)
                if owner:
                    # A retry may come in other company, without the user's name: it then goes to the device's owner,
                    # who must know it. After the log has it, not before: what is remembered and not logged would be
                    # lost.
                    await self.appender.remember(owner, events)
                if profile.user not in ("", visitor) and profile.sessions != visits:
                    await self.appender.keep(
                        profile.user
                    )  # the user's other name must not expire before the history to which it leads
                return Recorded(visitor, profile, events, duplicates)
            profile = None  # has taken in events that the log has not
            if answer is Answer.CHANGED:
                value = detail  # type: ignore[assignment]
            elif answer is Answer.KNOWN:
                fresh = [event for event, known in zip(events, detail, strict=True) if not known]  # type: ignore[arg-type]
                duplicates += len(events) - len(fresh)
                events = fresh
            else:
                raise LogFull
        raise Contended(visitor)

    async def _whose(self, arrival: Arrival, visitor: str, profile: Profile) -> str:
        """Whose history these events belong to. Who uses another person's device under a name that is not proved has
        one apart."""
        if not arrival.claimed:
            return await self._join(arrival.site, visitor, profile, arrival.user_visitor)
        return visitor if profile.owner in ("", arrival.claimed) else visitor_apart(arrival.visitor, arrival.claimed)

    async def _join(self, site: int, visitor: str, profile: Profile, user_visitor: str) -> str:
        """Decides whose history events of `visitor` belong to that name a user, joins the two where needed, and says
        whose.

        The first anonymous visitor of an unknown user becomes that user; later ones are absorbed by it. A visitor who
        belongs to another user already (a shared device), or is said to, is left alone: the events belong to the new
        user.
        """
        if profile.user == user_visitor or visitor == user_visitor:
            return visitor
        if profile.owner not in ("", user_visitor):
            return user_visitor
        value = await self.appender.state(user_visitor)
        if value is None:
            redirect = stored.pack(Profile(merged_into=visitor))
            answer, value = await self.appender.swap(user_visitor, b"", redirect)
            if answer is Answer.DONE:
                return visitor
            assert value
        known = stored.unpack(value)
        target = (known and known.merged_into) or user_visitor
        if target != visitor:
            await self._absorb(site, visitor, target)
        return target

    async def _join_users(self, site: int, previous: str, user: str) -> None:
        """Two users are one person: the former's history, if there is one, becomes the latter's or is absorbed by
        it."""
        value = await self.appender.state(previous)
        if value is None or previous == user:
            return
        source, _ = await self.load(previous)
        if await self.appender.state(user) is None:
            redirect = stored.pack(Profile(merged_into=source))
            answer, _ = await self.appender.swap(user, b"", redirect)
            if answer is Answer.DONE:
                return
        target, _ = await self.load(user)
        if target != source:
            await self._absorb(site, source, target)

    async def _absorb(self, site: int, visitor: str, target: str) -> None:
        """Moves a history. First it becomes a redirect that still holds it, so that nothing is added to it any more;
        then it is handed over."""
        value, answer = await self.appender.state(visitor), Answer.CHANGED
        while answer is not Answer.DONE:
            profile = stored.unpack(value) or Profile()
            if profile.merged_into:
                break
            profile.merged_into = target
            moving = stored.pack(profile, value)
            answer, other = await self.appender.swap(visitor, stored.version_of(value), moving)
            value = moving if answer is Answer.DONE else other
        self.remembered.pop(visitor, None)
        if value and profile.seq:
            await self._hand_over(site, visitor, value, profile)

    async def _hand_over(self, site: int, visitor: str, value: bytes, profile: Profile) -> None:
        """What a redirect still holds is taken in by the other history, once, then forgotten here. Whoever finds it
        half-way may do this again."""
        target, profile.merged_into = profile.merged_into, ""
        await self._record(Arrival(site, target, "", [merger(visitor, profile)]))
        await self.appender.swap(visitor, stored.version_of(value), stored.pack(Profile(merged_into=target), value))

    async def _not_moved(self, visitor: str, events: list[Event]) -> list[Event]:
        """Without those that were logged before the visitor's history went elsewhere: their ids are remembered here,
        not there."""
        if not events:
            return events
        return [
            event for event, known in zip(events, await self.appender.moved(visitor, events), strict=True) if not known
        ]

    def _remember(self, visitor: str, value: bytes, profile: Profile) -> None:
        self.remembered[visitor] = value, profile
        if len(self.remembered) > REMEMBERED_VISITORS:
            self.remembered.popitem(last=False)


def reading_of(who: Identity) -> Generator[str, tuple[str, Profile], tuple[str, Profile]]:
    """The rule by which `ProfileStore.record` chooses a history, for those who only read, by whatever means: yields
    visitors to load and is sent what `load` gives. A user reads the user's history on whatever device; a device that
    belongs to another user shows that one's to nobody else; what only a userId says that is not proved is read by
    nobody."""
    if not who.visitor or not who.reads:
        return "", Profile()
    visitor, profile = yield who.visitor
    if not who.user or who.user in (who.visitor, visitor, profile.user):
        return visitor, profile
    is_others = profile.owner not in ("", who.user)
    if not who.proved:
        return (yield visitor_apart(who.visitor, who.user)) if is_others else (visitor, profile)
    owner, known = yield who.user
    return (owner, known) if is_others or known.seq else (visitor, profile)


def merger(visitor: str, profile: Profile) -> Event:
    """The event by which another history takes in this one; the fold of it merges, so a rebuild repeats it.

    Its messageId is that of this history: should the redirect be lost, the visitor begins another one, which is to be
    taken in as well.
    """
    absorbed = base64.b64encode(encode(profile)).decode()
    kind, name = MERGED
    return Event(
        message_id=f"merge:{visitor}:{profile.last_at}",
        type=kind,
        name=name,
        at=profile.last_at,
        received_at=profile.last_at,
        properties={"visitor": visitor, "profile": absorbed},
    )


def _once(events: list[Event]) -> list[Event]:
    """Each messageId once, the first of a kind in its place; the log's script looks at the ids of one request apart."""
    if len({event.message_id for event in events}) == len(events):
        return events
    first: dict[str, Event] = {}
    for event in events:
        first.setdefault(event.message_id, event)
    return list(first.values())
