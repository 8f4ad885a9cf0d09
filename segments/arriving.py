"""Into whose history do the events of an arrival go, and what is to be done next to get them there?

Pure: a step is an intent, made of the profile that has just been read. `segments.profiles` carries it out and asks
again.
Keep in step with `segments.profiles.reading_of`, the same rule for those who only read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from segments.state import Profile
from sites.pseudonyms import visitor_apart
from tracking.event import Arrival, Event


@dataclass(frozen=True, slots=True)
class Append:
    """The events belong here: fold them into this profile and append them to the log."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Every event is in the log already."""


@dataclass(frozen=True, slots=True)
class Follow:
    """This history has become a redirect to that of `visitor`."""

    visitor: str
    is_full: bool  # it still holds what the other one has to take in: whoever moved it has not finished, or has died


@dataclass(frozen=True, slots=True)
class Join:
    """The device is nobody else's: its history and that of `user` are one. What the user has so far says how to join
    them."""

    user: str


@dataclass(frozen=True, slots=True)
class Move:
    """The events belong to the history of `visitor`."""

    visitor: str


Step = Append | Stop | Follow | Join | Move
APPEND, STOP = Append(), Stop()


class Delivery(msgspec.Struct, gc=False):
    """How far the events of an arrival have come."""

    arrival: Arrival
    visitor: str  # whose history is looked at
    events: list[Event]  # of which nobody has said yet that the log has them
    is_settled: bool  # whose the events are need not be asked any more
    lender: str = ""  # the history of the device's owner, where somebody else turned out to use it

    @classmethod
    def of(cls, arrival: Arrival) -> "Delivery":
        names_nobody = not (arrival.user_visitor or arrival.claimed)
        return cls(arrival, arrival.visitor, _once(arrival.events), names_nobody)

    @property
    def duplicates(self) -> int:
        """Events of the arrival that were known already, or came twice in it."""
        return len(self.arrival.events) - len(self.events)

    def settle(self, whose: str, profile: Profile) -> None:
        """The events belong to the history of `whose`; until now they were at this profile."""
        self.is_settled = True
        if whose != self.visitor and profile.owner:
            self.lender = self.visitor

    def leave_out(self, known: Sequence[int]) -> None:
        """Takes out the events that are in the log already: `known` has a 1 for each of them, a 0 for each other."""
        self.events = [event for event, is_known in zip(self.events, known, strict=True) if not is_known]


def next_step(delivery: Delivery, profile: Profile) -> Step:
    """What to do with the events, given the profile of the visitor they are at.

    1. A redirect is followed, whoever it was who sent the events.
    2. Whose the events are is asked once, of the first history that is none. A name that is not proved joins nothing:
       on somebody else's device it has a history apart. A proved one is the user's: here if this history is the user's,
       elsewhere if it is another's, and if it is nobody's the two are joined.
    3. What is left of the events goes to the log.
    """
    if profile.merged_into:
        return Follow(profile.merged_into, is_full=bool(profile.seq))
    if not delivery.is_settled:
        arrival = delivery.arrival
        user = arrival.claimed or arrival.user_visitor
        is_others = profile.owner not in ("", user)
        if arrival.claimed:
            if is_others:
                return Move(visitor_apart(arrival.visitor, user))
        elif user not in (profile.user, delivery.visitor):
            return Move(user) if is_others else Join(user)
    return APPEND if delivery.events else STOP


def _once(events: list[Event]) -> list[Event]:
    """Each messageId once, the first of a kind in its place; the log's script looks at the ids of one request apart."""
    if len({event.message_id for event in events}) == len(events):
        return events
    first: dict[str, Event] = {}
    for event in events:
        first.setdefault(event.message_id, event)
    return list(first.values())
