"""Which variant does this visitor see now? POST /v1/decide: one read of the profile, one pure decision, one answer of bytes."""

import hashlib
import random
from dataclasses import dataclass
from typing import Annotated

import hiredis
import msgspec
import structlog
from msgspec import Meta

from campaigns.release import Release
from personalization import context as gathering
from personalization import decide as deciding
from personalization.edge.answer import PLACEMENT, Asker, outcome_of, to_json, write
from personalization.edge.collect import NOT_STORED, record_all
from personalization.edge.counting import counts
from personalization.edge.http import Request, Response, refuse
from personalization.edge.state import State, now_ms
from personalization.redis import RedisUnavailable
from privacy import consent as consenting
from segments.attributes import Attributes
from segments.profile import Profile
from tracking import addresses, browsers, pipeline
from tracking.formats import segment
from tracking.formats.segment import MAX_ID
from tracking.personal import hide_in_path
from tracking.pseudonyms import visitor_of, visitor_of_user
from tracking.sites import SiteConfig

log = structlog.get_logger(__name__)

NOBODY = "0" * 32
MAX_PLACEMENTS = 50
Key = Annotated[str, Meta(max_length=64)]  # as placements have it; each stands in the log once for every placement asked
Identity = Annotated[str, Meta(max_length=MAX_ID)] | int | None
ADMITTED = Response(200)
NEW = Profile()  # of somebody unknown; decisions read profiles and never change them
TOKENS_KEY = "segue:tokens"  # digest of a management token with the scope `explain` -> its site, 0 for every site
EXPLAIN_LIMIT_BYTES = 200


class Page(msgspec.Struct):
    url: str = ""
    referrer: str = ""
    title: str = ""


class Preferences(msgspec.Struct, rename="camel"):
    category_preferences: dict[str, bool] | None = None


class Context(msgspec.Struct, rename="camel"):
    page: Page = msgspec.field(default_factory=Page)
    user_agent: str = ""
    locale: str = ""
    consent: Preferences = msgspec.field(default_factory=Preferences)


class Question(msgspec.Struct, rename="camel"):
    """The body of POST /v1/decide."""

    placements: list[Key]
    write_key: str = ""
    anonymous_id: Identity = None
    user_id: Identity = None
    context: Context = msgspec.field(default_factory=Context)
    events: list[msgspec.Raw] = []
    preview: str = ""
    explain: bool = False
    sent_at: str | int | float | None = None  # corrects the clock of `events`


@dataclass(slots=True)
class Asked:
    """A question with all that a decision needs."""

    site: SiteConfig
    release: Release
    visitor: str
    profile: Profile
    consent: consenting.Consent
    context: dict
    now: int
    day: int
    counts: bool  # whether a person asked
    trouble: str = ""  # why the profile could not be read
    accepted: bool = True  # events that came along need not be sent again
    rejected: tuple[dict, ...] = ()  # those at fault

    def attributes(self) -> Attributes:
        return Attributes(self.profile, self.now, self.context, segments=self.release.segment_tests, clusters=self.release.cluster_model)


_read = msgspec.json.Decoder(Question).decode
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def read(body: bytes) -> Question:
    """The question, mended if need be; null stands for what the client does not know. Raises UNREADABLE."""
    if segment.names_nul(body):
        body = _mended(body)
    try:
        return _read(body)
    except msgspec.ValidationError:
        return _read(to_json(_without_nulls(msgspec.json.decode(body))))


def _without_nulls(value):
    return {key: _without_nulls(item) for key, item in value.items() if item is not None} if isinstance(value, dict) else value


async def decide(state: State, request: Request) -> Response:
    """200 with a decision for every placement asked, whatever happens to Redis; 4xx names the field that is wrong."""
    try:
        question = read(request.body)
    except UNREADABLE as error:
        return refuse(400, "invalid_body", str(error), field_of(str(error)))
    if not 0 < len(question.placements) <= MAX_PLACEMENTS:
        return refuse(400, "invalid_placements", f"name 1 to {MAX_PLACEMENTS} placements", "placements")
    site, refusal = site_of(state, request, question.write_key)
    if site is None:
        return refusal
    release = state.snapshots.live.get(site.id)
    if release is None:
        return _answer_without_release(question)
    if question.preview and not any(variant.key == question.preview for variant in release.variants):
        return refuse(400, "invalid_preview", "no variant of the live release has this key", "preview")
    if question.explain and not await _may_explain(state, request, site):
        return refuse(403, "may_not_explain", "a trace needs a management token with the scope `explain`", "explain")
    asked = _ask(state, request, question, site, release)
    if asked.visitor != NOBODY:
        try:
            # From here to the answer nothing waits: the profile that was read is the one that is answered from.
            asked.visitor, asked.profile = await (_record(state, request, question, asked) if question.events else state.store.load(asked.visitor))
        except NOT_STORED as error:
            asked.trouble = type(error).__name__
            state.metrics.count("decided_without_profile")
            log.warning("profile_unreadable", error=type(error).__name__, detail=str(error)[:EXPLAIN_LIMIT_BYTES])
    decisions = deciding.decide(
        release,
        asked.profile,
        asked.attributes(),
        question.placements,
        asked.now,
        asked.context["seed"],
        day=asked.day,
        trace=question.explain,
        preview=question.preview or None,
        consent=asked.consent.may_personalise,
    )
    return _answer(state, request, asked, decisions, question.explain)


def _mended(body: bytes) -> bytes:
    better = segment.mended(body)
    return body if isinstance(better, segment.Fault) else better


def _ask(state: State, request: Request, question: Question, site: SiteConfig, release: Release) -> Asked:
    """All but the profile; the visitor is NOBODY where nobody is named or nothing may be stored about them."""
    now = now_ms()
    day, hour, weekday = gathering.local(site.time_zone, now)
    asks = question.context
    context = gathering.gather(
        request.headers, asks.page.url, asks.locale, asks.user_agent, addresses.country_of(request.headers, state.trusted_proxies), hour, weekday
    )
    context["path"] = hide_in_path(context["path"], site.salt)
    context["placements"] = [key for key in question.placements if key in release.placements]  # there is no end of others
    context["seed"] = random.getrandbits(53)
    consent = consenting.resolve(site.consent_mode, site.honour_dnt, request.headers, asks.consent.category_preferences)
    context["day"], context["consent"] = day, consent.may_personalise
    counted = counts(request, site, state.trusted_proxies, asks.user_agent)
    return Asked(site, release, _visitor(site, question) if consent.may_store else NOBODY, NEW, consent, context, now, day, counted)


def _visitor(site: SiteConfig, question: Question) -> str:
    if question.anonymous_id not in (None, ""):
        return visitor_of(site.salt, str(question.anonymous_id))
    if question.user_id not in (None, ""):
        return visitor_of_user(site.salt, str(question.user_id))
    return NOBODY


async def _record(state: State, request: Request, question: Question, asked: Asked) -> tuple[str, Profile]:
    """The profile as it stands after the events that came with the question."""
    received = _receive(state, request, question, asked.site)
    asked.accepted = not received.retry_after
    asked.rejected = _rejected(received) if asked.accepted else ()
    if not received.arrivals:
        return await state.store.load(asked.visitor)
    recorded = await record_all(state, received.arrivals)
    state.metrics.events += sum(len(one.events) for one in recorded)
    last = recorded[-1]
    return (last.visitor, last.profile) if len(recorded) == 1 else await state.store.load(last.visitor)


def _receive(state: State, request: Request, question: Question, site: SiteConfig) -> pipeline.Received:
    """The question's events through the same pipeline as every other event; ids and context that they lack are the question's."""
    identity = {key: value for key, value in (("anonymousId", question.anonymous_id), ("userId", question.user_id)) if value not in (None, "")}
    messages = [{**identity, "type": "track", **message} if isinstance(message, dict) else message for message in map(_message, question.events)]
    body = to_json({"writeKey": site.write_key, "sentAt": question.sent_at, "context": msgspec.to_builtins(question.context), "batch": messages})
    received = state.pipeline.receive(
        pipeline.Request("batch", request.headers, body, request.address(state.trusted_proxies), b""), state.snapshots.sites, now_ms()
    )
    for reason, number in received.drops.items():
        state.drops.count(received.site, reason, number)
    return received


def _message(raw: msgspec.Raw) -> object:
    """As the collecting calls read it; one that they refuse becomes an empty one, which the pipeline refuses and counts."""
    try:
        return msgspec.json.decode(raw)
    except UNREADABLE:
        better = segment.mended(bytes(raw))
        return {} if isinstance(better, segment.Fault) else msgspec.json.decode(better)


def _rejected(received: pipeline.Received) -> tuple[dict, ...]:
    """The faults that the pipeline found, told of `events` instead of `batch`."""
    if not received.drops:
        return ()
    answer = msgspec.json.decode(received.body)
    faults = answer.get("rejected") or ([answer] if "code" in answer else [])
    return tuple({**fault, "field": fault["field"].replace("batch", "events", 1)} for fault in faults)


async def _may_explain(state: State, request: Request, site: SiteConfig) -> bool:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        return False
    try:
        allowed = await state.redis.call("HGET", TOKENS_KEY, hashlib.sha256(secret.encode()).hexdigest())
    except (RedisUnavailable, hiredis.ReplyError):
        return False
    return allowed is not None and int(allowed) in (0, site.id)


# --- answers ----------------------------------------------------------------------------------------


def _answer(state: State, request: Request, asked: Asked, decisions: list[deciding.Decision], explained: bool) -> Response:
    release = asked.release
    asker = Asker(asked.site.id, asked.visitor, asked.profile.seq, asked.context, asked.now, state.base_url(request).encode())
    texts: list[bytes] = []
    unknown: list | None = None
    for decision in decisions:
        reason, detail = ("ERROR", asked.trouble) if asked.trouble and not decision.rule else (decision.reason, decision.detail)
        text, row = write(release, decision, outcome_of(release, decision, reason, detail), asker, state.tokens, explained=explained)
        texts.append(text)
        if detail == deciding.UNKNOWN_PLACEMENT:
            unknown = unknown or row
        elif asked.counts and detail != deciding.PREVIEW:
            state.exposures.add(row)
    if unknown and asked.counts:  # anybody may make up names: they are counted together, once a question
        unknown[PLACEMENT] = deciding.UNKNOWN
        state.exposures.add(unknown)
    state.metrics.decisions += len(decisions)
    accepted = b"true" if asked.accepted and not asked.trouble else b"false"
    parts = [b'{"decisions":[', b",".join(texts), b'],"release":"', release.version.encode(), b'","accepted":', accepted]
    if asked.rejected:
        parts += (b',"rejected":', to_json(asked.rejected))
    if explained:
        parts += (b',"visitor":', to_json(described(asked)))
    parts.append(b"}")
    return Response(200, b"".join(parts))


def described(asked: Asked) -> dict:
    """Who the visitor is taken for: segments and cluster, for those who may ask."""
    attributes = asked.attributes()
    return {"segments": attributes["segment"], "cluster": attributes["cluster.id"]}


def _answer_without_release(question: Question) -> Response:
    decisions = [
        {"placement": key, "decisionId": None, "variant": None, "campaign": None, "rule": None, "reason": "ERROR", "detail": "NO_RELEASE", "propensity": 1.0}
        for key in question.placements
    ]
    return Response(200, to_json({"decisions": decisions, "release": None}))


def field_of(message: str) -> str:
    """msgspec ends its messages with the path of the fault, as in "... - at `$.context.page`", or names a field that is missing there."""
    said, found, path = message.rpartition("at `$")
    _, missing, name = (said if found else message).partition("missing required field `")
    return ".".join(part for part in (path.strip("`.") if found else "", name.partition("`")[0] if missing else "") if part)


def site_of(state: State, request: Request, write_key: str) -> tuple[SiteConfig | None, Response]:
    """The site whose key the request carries and whose origins admit it; else the refusal."""
    site = state.snapshots.sites.find(request.headers, write_key)
    if site is None and not state.snapshots.knows_sites:
        return None, refuse(503, "starting", "this process has not heard of any sites yet")
    if site is None:
        return None, refuse(401, "invalid_write_key", "no site has this write key", "writeKey")
    if not browsers.origin_allowed(site, request.headers.get("origin", "")):
        return None, refuse(403, "foreign_origin", "this site does not list the page's origin", "origin")
    return site, ADMITTED
