"""What is each placement to a client that knows flags? What OFREP and GrowthBook ask has this in common.

A flag's value does not depend on which others are asked for: each placement is decided as if it stood alone, unless the
client says which ones stand on its page together. Those are decided one after the other, as `POST /v1/decide` does, and
no creative stands there twice.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from campaigns.release import TIME_LEFT, FrozenRelease
from personalization.decide import Decision, decide
from personalization.edge.answer import Frame, filled, frame_of, new_id, row_of, token_of
from personalization.edge.decision import face, record
from personalization.edge.http import Request
from personalization.edge.question import MAX_PLACEMENTS, Id, Key, Question, decoder_of
from personalization.edge.state import State
from personalization.engagement import Tokens
from personalization.reasons import Detail
from personalization.situation import Situation
from sites.config import Access
from tracking.formats.segment import Context, Page, Text


class Attributes(Context, gc=False, rename="camel", omit_defaults=True):
    """What we look at of an evaluation context (OFREP) or of attributes (GrowthBook): the context of Segment's events,
    and who it is of. The rest is the application's own, and not even decoded: what rules ask of a visitor, they ask of
    the visitor's events."""

    targeting_key: Id = None  # OFREP's name of the anonymousId
    anonymous_id: Id = None
    id: Id = None  # GrowthBook's usual name of it
    user_id: Id = None
    url: Text | None = None  # in place of `page.url`
    placements: Annotated[list[Key], Meta(max_length=MAX_PLACEMENTS)] | None = None  # that stand on one page, in order

    @property
    def known_as(self) -> Id:
        """Whom GrowthBook's attributes name."""
        return self.id if self.anonymous_id is None else self.anonymous_id

    def question(self, anonymous_id: Id) -> Question:
        """As `POST /v1/decide` would be asked; which placements, is up to the protocol."""
        if self.url and not self.page:
            self.page = Page(url=self.url)
        return Question([], anonymous_id=anonymous_id, user_id=self.user_id, user_hash=self.user_hash, context=self)


read_attributes = decoder_of(Attributes)


class Flag(NamedTuple):
    """A placement as it was decided for one visitor."""

    decision: Decision
    id: bytes  # of the decision
    frame: Frame
    value: bytes | None  # JSON text of the creative; None: nothing is shown
    token: bytes  # by which is told what came of it; b"" where nothing is shown

    def links(self, base_url: str) -> dict[str, str]:
        """Where to tell that it was seen, and where a click leads on from."""
        if self.value is None:
            return {}
        token = self.token.decode()
        return {"impressionUrl": f"{base_url}/v1/i/{token}", "clickUrl": f"{base_url}/v1/c/{token}"}


class Evaluated(NamedTuple):
    situation: Situation
    flags: list[Flag]  # of placements that there are
    etag: str
    is_known: bool  # the client has just these: then nothing was logged, and `flags` is empty


async def evaluate(
    state: State,
    request: Request,
    access: Access,
    release: FrozenRelease,
    question: Question,
    placements: Sequence[str] | None,
) -> Evaluated:
    """Decides, and logs as `POST /v1/decide` does; `placements` as `decide_flags` takes them."""
    asker, _, situation = await face(state, request, question, access, release)
    decisions = decide_flags(situation, placements)
    etag = etag_of(situation, decisions)
    if etag in request.headers.get("if-none-match", ""):
        return Evaluated(situation, [], etag, is_known=True)
    base_url, flags, rows = state.base_url(request).encode(), [], []
    for decision in decisions:
        flag = _flag(situation, decision, base_url, state.tokens)
        beside = [decision.placement] if placements is None else placements
        kept = situation.circumstances([key for key in beside if key in release.placements])
        rows.append(row_of(situation, decision, flag.id, flag.frame, kept))
        if decision.detail != Detail.UNKNOWN_PLACEMENT:
            flags.append(flag)
    await record(state, request, asker, situation, decisions, rows)
    return Evaluated(situation, flags, etag, is_known=False)


def _flag(situation: Situation, decision: Decision, base_url: bytes, tokens: Tokens) -> Flag:
    frame, identity = _frame(situation, decision), new_id(situation.now)
    if frame.variant is None:
        return Flag(decision, identity, frame, None, b"")
    value = filled(frame.variant, decision.values, base_url)
    return Flag(decision, identity, frame, value, token_of(situation, decision, identity, frame, tokens))


def decide_flags(situation: Situation, placements: Sequence[str] | None) -> list[Decision]:
    """Of placements that stand on one page; None: of all, each by itself."""
    if placements is not None:
        return decide(situation, placements)
    return [decision for key in situation.release.placements for decision in decide(situation, [key])]


def etag_of(situation: Situation, decisions: Sequence[Decision]) -> str:
    """Changes when one of the flags would be another to this visitor. Not with each second of a countdown, and not with
    a release that leaves them as they are."""
    hashed = blake2b(situation.visitor.encode(), digest_size=12)
    for decision in decisions:
        frame = _frame(situation, decision)
        pieces = frame.variant.pieces if frame.variant else []
        values = {hole: value for hole, value in (decision.values or {}).items() if hole != TIME_LEFT}
        hashed.update(b"\0".join((frame.head, *pieces, frame.tail, msgspec.json.encode(values, order="sorted"))))
    return f'"{hashed.hexdigest()}"'


def _frame(situation: Situation, decision: Decision) -> Frame:
    return frame_of(situation.release, decision, situation.context.get("language", ""))
