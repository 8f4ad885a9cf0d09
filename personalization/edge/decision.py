"""Which variant does this visitor see now? POST /v1/decide: one read of the profile, one pure decision, one answer of
bytes."""

import hashlib
from dataclasses import dataclass, field

import hiredis
import msgspec
import structlog

from campaigns.release import FrozenRelease
from personalization.context import gather
from personalization.decide import Decision
from personalization.decide import decide as choose
from personalization.edge.admission import access_of
from personalization.edge.answer import Asker, outcome_of, to_json, write
from personalization.edge.collect import NOT_STORED, record_all
from personalization.edge.counting import counts
from personalization.edge.http import Request, Response, refuse
from personalization.edge.question import MAX_PLACEMENTS, NOBODY, UNREADABLE, Question, field_of, ids_in, named, read
from personalization.edge.state import State
from personalization.reasons import UNKNOWN, Detail, Reason
from personalization.redis import RedisUnavailable
from personalization.situation import NO_VISITOR, Situation
from privacy import consent as consenting
from segments.profile import Profile
from sites import keys
from sites.config import Access, SiteConfig
from sites.times import now_ms
from tracking.answers import rejected
from tracking.decision import LoggedDecision
from tracking.exposure import Exposure
from tracking.formats.segment import Message, decode_along
from tracking.identity import Identity
from tracking.intake import Request as PipelineRequest
from tracking.pipeline import Received

log = structlog.get_logger(__name__)

ADMITTED = Response(200)
NEW = Profile()  # of somebody unknown; decisions read profiles and never change them
EXPLAIN_LIMIT_BYTES = 200


@dataclass(slots=True)
class Asked:
    """A question with all that a decision needs."""

    access: Access
    release: FrozenRelease
    who: Identity  # as the question names them; NOBODY where nothing may be stored about them
    visitor: str  # whose history that is
    profile: Profile
    consent: consenting.Consent
    context: dict
    now: int
    day: int
    counts: bool  # whether a person asked
    shown: dict[str, str]
    is_readable: bool = True  # whether the profile could be read
    accepted: bool = True  # events that came along need not be sent again
    rejected: list[dict] = field(default_factory=list)  # those at fault

    def situation(self) -> Situation:
        may_personalise = self.consent.may_personalise
        return Situation(
            self.release,
            self.profile,
            self.visitor,
            may_personalise,
            self.context,
            self.now,
            self.day,
            self.shown,
            self.is_readable,
        )


async def decide(state: State, request: Request) -> Response:
    """200 with a decision for every placement asked, whatever happens to Redis; 4xx names the field that is wrong."""
    try:
        question = read(request.body)
    except UNREADABLE as error:
        return refuse(400, "invalid_body", str(error), field_of(str(error)))
    if not 0 < len(question.placements) <= MAX_PLACEMENTS:
        return refuse(400, "invalid_placements", f"name 1 to {MAX_PLACEMENTS} placements", "placements")
    access = access_of(state, request, question.write_key or "")
    if isinstance(access, Response):
        return access
    site = access.site
    release = state.snapshots.live.get(site.id)
    if release is None:
        return _answer_without_release(question)
    if question.preview and question.preview not in release.variant_positions:
        return refuse(400, "invalid_preview", "no variant of the live release has this key", "preview")
    if question.explain and not await _may_explain(state, request, site):
        return refuse(403, "may_not_explain", "a trace needs a management token with the scope `explain`", "explain")
    asked = _ask(state, request, question, access, release)
    if asked.who.visitor:
        try:
            # From here to the answer nothing waits: the profile that was read is the one that is answered from.
            visitor, asked.profile = await (
                _record(state, request, question, asked) if question.events else state.store.find(asked.who)
            )
            asked.visitor = visitor or NO_VISITOR
        except NOT_STORED as error:
            asked.is_readable = False
            state.metrics.count("decided_without_profile")
            log.warning("profile_unreadable", error=type(error).__name__, detail=str(error)[:EXPLAIN_LIMIT_BYTES])
    situation = asked.situation()
    decisions = choose(situation, question.placements, trace=bool(question.explain), preview=question.preview)
    return _answer(state, request, asked, situation, decisions, question)


def _ask(state: State, request: Request, question: Question, access: Access, release: FrozenRelease) -> Asked:
    """All but the profile; NOBODY is asked about where nobody is named or nothing may be stored about them."""
    now, site, told = now_ms(), access.site, question.told
    ids = ids_in(question.anonymous_id, question.user_id)
    context, day = gather(site, request.headers, told, state.trusted_proxies, now, ids)
    stated = told.consent.category_preferences if told.consent else None
    consent = consenting.resolve(site.consent_mode, site.honour_dnt, request.headers, stated)
    counted = counts(request, site, state.trusted_proxies, told.user_agent or "")
    who = (
        named(access, question.anonymous_id, question.user_id, question.user_hash or told.user_hash)
        if consent.may_store
        else NOBODY
    )
    return Asked(access, release, who, NO_VISITOR, NEW, consent, context, now, day, counted, question.standing)


async def _record(state: State, request: Request, question: Question, asked: Asked) -> tuple[str, Profile]:
    """The profile as it stands after the events that came with the question."""
    received = _receive(state, request, question, asked)
    asked.accepted = not received.retry_after
    asked.rejected = rejected(received.faults, "events")
    recorded = await record_all(state, received.arrivals) if received.arrivals else []
    state.metrics.events += sum(len(one.events) for one in recorded)
    for arrival, one in zip(received.arrivals, recorded, strict=True):
        if (
            asked.who.reads
            and recorded[-1] is one
            and (arrival.visitor, arrival.user_visitor) == (asked.who.visitor, asked.who.joins)
        ):
            return one.visitor, one.profile
    return await state.store.find(asked.who)


def _receive(state: State, request: Request, question: Question, asked: Asked) -> Received:
    """The question's events through the same pipeline as every other event; what they lack is the question's."""
    bearer = Message(
        anonymous_id=question.anonymous_id,
        user_id=question.user_id,
        user_hash=question.user_hash,
        context=question.context,
        sent_at=question.sent_at,
    )
    received = state.pipeline.receive_along(
        PipelineRequest("batch", request.headers, request.body, request.address(state.trusted_proxies)),
        asked.access,
        decode_along(question.events or (), bearer),
        asked.now,
    )
    for reason, number in received.drops.items():
        state.drops.count(received.site, reason, number)
    return received


async def _may_explain(state: State, request: Request, site: SiteConfig) -> bool:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        return False
    try:
        allowed = await state.redis.call("HGET", keys.TOKENS, hashlib.sha256(secret.encode()).hexdigest())
    except (RedisUnavailable, hiredis.ReplyError):
        return False
    return allowed is not None and int(allowed) in (0, site.id)


# --- answers ----------------------------------------------------------------------------------------


def _answer(
    state: State,
    request: Request,
    asked: Asked,
    situation: Situation,
    decisions: list[Decision],
    question: Question,
) -> Response:
    release = asked.release
    kept = situation.circumstances([key for key in question.placements if key in release.placements])
    asker = Asker(
        asked.access.site.id, asked.visitor, asked.profile.seq, kept, asked.now, state.base_url(request).encode()
    )
    texts: list[bytes] = []
    unknown: LoggedDecision | None = None
    for decision in decisions:
        outcome = outcome_of(release, decision)
        text, row = write(release, decision, outcome, asker, state.tokens, explained=bool(question.explain))
        texts.append(text)
        if decision.detail == Detail.UNKNOWN_PLACEMENT:
            unknown = unknown or row
        elif asked.counts and decision.detail != Detail.PREVIEW:
            state.exposures.add(row)
    if unknown and asked.counts:  # anybody may make up names: they are counted together, once a question
        state.exposures.add(msgspec.structs.replace(unknown, exposure=Exposure(UNKNOWN)))
    state.metrics.decisions += len(decisions)
    accepted = b"true" if asked.accepted and asked.is_readable else b"false"
    parts = [
        b'{"decisions":[',
        b",".join(texts),
        b'],"release":"',
        release.version.encode(),
        b'","accepted":',
        accepted,
    ]
    if asked.rejected:
        parts += (b',"rejected":', to_json(asked.rejected))
    if question.explain:
        parts += (b',"visitor":', to_json(described(situation)))
    parts.append(b"}")
    return Response(200, b"".join(parts))


def described(situation: Situation) -> dict:
    """Who the visitor is taken for: segments and cluster, for those who may ask; nobody without consent."""
    attributes = situation.attributes
    return {"segments": attributes["segment"] or [], "cluster": attributes["cluster.id"]}


def _answer_without_release(question: Question) -> Response:
    decisions = [
        {
            "placement": key,
            "decisionId": None,
            "variant": None,
            "campaign": None,
            "rule": None,
            "reason": Reason.ERROR,
            "detail": Detail.NO_RELEASE,
            "propensity": 1.0,
        }
        for key in question.placements
    ]
    return Response(200, to_json({"decisions": decisions, "release": None}))
