"""Where is a visitor's profile, and how do events get into it? Load, compare-and-set, and the joining of two histories.

A profile lies in Redis beside its partition's log and changes only together with it (`tracking.log.append`), in the
form that `segments.stored` knows.
"""

import asyncio
import base64
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from segments import stored
from segments.arriving import Append, Delivery, Follow, Join, Move, Stop, next_step
from segments.merging import NO_ROWS
from segments.profile import Profile, encode, fold
from segments.tallies import Rows
from sites.pseudonyms import visitor_apart
from tracking.event import MERGED, Arrival, Entry, Event
from tracking.identity import Identity
from tracking.log.append import Answer, Appender, LogFull, Reply

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
    rows_of: Callable[[int], Rows] = lambda site: NO_ROWS  # what a site counts
    remembered: OrderedDict[str, tuple[bytes, Profile]] = field(default_factory=OrderedDict)
    # Arrivals of one visitor take turns in this process, each after the one before, so that only other processes can
    # come between.
    turns: dict[str, asyncio.Future[Any]] = field(default_factory=dict)

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
        """Takes the events to the history they belong to and appends them there.

        1. An alias may name a user where a browser is expected: then two users become one, before anything else.
        2. The profile is what this process remembers of it, else what lies in Redis.
        3. `next_step` says what to do with it. All steps but the last end at another profile, or at what somebody else
           has made of this one in the meantime, and it is asked again.

        Other processes may write between any two steps. What tells is the version that `Appender` compares: whoever
        comes second is answered CHANGED, with what the first has left.
        """
        delivery = Delivery.of(arrival)
        if arrival.previous_user and await self.appender.state(arrival.visitor) is None:
            # No browser has this previousId: it may be a user's.
            delivery.visitor = arrival.user_visitor
            await self._join_users(arrival.site, arrival.previous_user, arrival.user_visitor)
        remembered = self.remembered.pop(delivery.visitor, None)
        value, profile = remembered or (await self.appender.state(delivery.visitor), None)
        for _ in range(MAX_ATTEMPTS):
            if profile is None:
                profile = stored.unpack(value) or Profile()
            match next_step(delivery, profile):
                case Append():
                    delivery.is_settled = True
                    reply = await self._append(delivery, value, profile)
                    if reply.answer is Answer.DONE:
                        return Recorded(delivery.visitor, profile, delivery.events, delivery.duplicates)
                    # The profile in hand has taken in events that the log has not.
                    profile = None
                    if reply.answer is Answer.CHANGED:
                        value = reply.state
                    else:
                        delivery.leave_out(reply.known)
                case Stop():
                    return Recorded(delivery.visitor, profile, [], delivery.duplicates)
                case Follow(visitor, is_full):
                    if is_full and value:
                        await self._hand_over(arrival.site, delivery.visitor, value, profile)
                    value, profile = await self._move(delivery, visitor), None
                case Join(user):
                    whose = await self._join(arrival.site, delivery.visitor, user)
                    delivery.settle(whose, profile)
                    if whose != delivery.visitor:
                        value, profile = await self._move(delivery, whose), None
                case Move(visitor):
                    delivery.settle(visitor, profile)
                    value, profile = await self._move(delivery, visitor), None
        raise Contended(delivery.visitor)

    async def _append(self, delivery: Delivery, value: bytes | None, profile: Profile) -> Reply:
        """Folds the events and tries to append them; when they are, sees to what else is to be remembered. Raises
        LogFull."""
        visits, rows = profile.sessions, self.rows_of(delivery.arrival.site)
        for event in delivery.events:
            fold(profile, event, rows)
        state = stored.pack(profile, value)
        entry = Entry(delivery.arrival.site, delivery.visitor, delivery.events)
        reply = await self.appender.append(entry, stored.version_of(value), state)
        if reply.answer is Answer.FULL:
            raise LogFull
        if reply.answer is Answer.DONE:
            self._remember(delivery.visitor, state, profile)
            if delivery.lender:
                # A retry may come in other company, without the user's name: it then goes to the device's owner, who
                # must know it. After the log has it, not before: what is remembered and not logged would be lost.
                await self.appender.remember(delivery.lender, delivery.events)
            if profile.user not in ("", delivery.visitor) and profile.sessions != visits:
                # The user's other name must not expire before the history to which it leads.
                await self.appender.keep(profile.user)
        return reply

    async def _move(self, delivery: Delivery, visitor: str) -> bytes | None:
        """Takes the events to another history and answers with what is stored of it, leaving out those that were logged
        before this one went elsewhere: their ids are remembered here, not there."""
        here, delivery.visitor = delivery.visitor, visitor
        if not delivery.events:
            return await self.appender.state(visitor)
        known, value = await asyncio.gather(
            self.appender.find_logged(here, delivery.events), self.appender.state(visitor)
        )
        delivery.leave_out(known)
        return value

    async def _join(self, site: int, visitor: str, user: str) -> str:
        """Joins the history of a device that is nobody else's with the user's, and says whose it is now.

        The first anonymous visitor of an unknown user becomes that user; later ones are absorbed by it.
        """
        value = await self.appender.state(user)
        if value is None:
            redirect = stored.pack(Profile(merged_into=visitor))
            reply = await self.appender.swap(user, b"", redirect)
            if reply.answer is Answer.DONE:
                return visitor
            # Another device, or a server, was the first: its value came back with the answer.
            value = reply.state
        known = stored.unpack(value) or Profile()
        target = known.merged_into or user
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
            if (await self.appender.swap(user, b"", redirect)).answer is Answer.DONE:
                return
        target, _ = await self.load(user)
        if target != source:
            await self._absorb(site, source, target)

    async def _absorb(self, site: int, visitor: str, target: str) -> None:
        """Moves a history. First it becomes a redirect that still holds it, so that nothing is added to it any more;
        then it is handed over."""
        value = await self.appender.state(visitor)
        while True:
            profile = stored.unpack(value) or Profile()
            if profile.merged_into:
                # Somebody else is moving it, or has: that is finished, to where they meant it to go.
                break
            profile.merged_into = target
            moving = stored.pack(profile, value)
            reply = await self.appender.swap(visitor, stored.version_of(value), moving)
            if reply.answer is Answer.DONE:
                value = moving
                break
            # Events came in between: they move with the rest.
            value = reply.state
        self.remembered.pop(visitor, None)
        if value and profile.seq:
            await self._hand_over(site, visitor, value, profile)

    async def _hand_over(self, site: int, visitor: str, value: bytes, profile: Profile) -> None:
        """What a redirect still holds is taken in by the other history, once, then forgotten here. Whoever finds it
        half-way may do this again."""
        target, profile.merged_into = profile.merged_into, ""
        await self._record(Arrival(site, target, "", [merger(visitor, profile)]))
        await self.appender.swap(visitor, stored.version_of(value), stored.pack(Profile(merged_into=target), value))

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
