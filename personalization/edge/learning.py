"""What is known of who asks, with the events that the question brings?"""

from typing import NamedTuple

import structlog

from personalization.edge.asker import NEW, Asker, Found
from personalization.edge.collect import NOT_STORED, record_all
from personalization.edge.http import Request
from personalization.edge.question import Question
from personalization.edge.state import State
from sites.config import Access
from tracking.answers import Rejected, list_rejected
from tracking.formats.segment import Message, decode_along
from tracking.intake import CollectRequest
from tracking.pipeline import Received

log = structlog.get_logger(__name__)

LONGEST_REMARK = 200  # characters of an error in the log


class Learnt(NamedTuple):
    found: Found | None  # None: it could not be read
    accepted: bool = True  # events that came along need not be sent again
    rejected: list[Rejected] = []  # those at fault


async def learn(state: State, access: Access, question: Question, asker: Asker, now: int) -> Learnt:
    """Never raises for a store that is away: then nothing is known, and the events are to be sent again.

    Nothing waits after this: the profile that was read is the one that is answered from.
    """
    if not asker.who.visitor:
        return Learnt(NEW)
    try:
        if question.events:
            return await _record(state, access, question, asker, now)
        return Learnt(await state.store.find(asker.who))
    except NOT_STORED as error:
        state.metrics.count("decided_without_profile")
        log.warning("profile_unreadable", error=type(error).__name__, detail=str(error)[:LONGEST_REMARK])
        return Learnt(None, accepted=False)


async def _record(state: State, access: Access, question: Question, asker: Asker, now: int) -> Learnt:
    received = _receive(state, access, question, asker.request, now)
    recorded = await record_all(state, received.arrivals) if received.arrivals else []
    state.metrics.events += sum([len(one.events) for one in recorded])
    found: Found | None = None
    if recorded and asker.who.reads:
        # The last arrival's profile is as it stands now, unless the events were somebody else's.
        last, one = received.arrivals[-1], recorded[-1]
        if (last.visitor, last.user_visitor) == (asker.who.visitor, asker.who.joins):
            found = one.visitor, one.profile
    if found is None:
        found = await state.store.find(asker.who)
    return Learnt(found, not received.retry_after, list_rejected(received.faults, "events"))


def _receive(state: State, access: Access, question: Question, request: Request, now: int) -> Received:
    """The question's events through the same pipeline as every other event; what they lack is the question's."""
    bearer = Message(
        anonymous_id=question.anonymous_id,
        user_id=question.user_id,
        user_hash=question.user_hash,
        context=question.context,
        sent_at=question.sent_at,
    )
    carrier = CollectRequest("batch", request.headers, request.body, request.address(state.trusted_proxies))
    received = state.pipeline.receive_along(carrier, access, decode_along(question.events or (), bearer), now)
    for reason, number in received.drops.items():
        state.drops.count(received.site, reason, number)
    return received
