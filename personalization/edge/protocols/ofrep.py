"""The OpenFeature Remote Evaluation Protocol, version 0.3.0: placements are flags, to OpenFeature's own providers.

The evaluation context's `targetingKey` is the anonymousId. A flag's value is the creative, its variant the creative's
key. What OFREP has no word for stands in the metadata: which decision it was, of which campaign, by which chance, and
where to tell what came of it.

References
----------
https://github.com/open-feature/protocol: `service/openapi.yaml`.
"""

from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec
from msgspec import UNSET, UnsetType

from campaigns.release import FrozenRelease
from personalization.edge.admission import access_of
from personalization.edge.asker import Asker
from personalization.edge.flag_watch import FlagsWatch
from personalization.edge.flags import Attributes, Flag, evaluate, read_attributes
from personalization.edge.http import JSON, Request, Response, Stream
from personalization.edge.question import UNREADABLE, Question, field_of
from personalization.edge.routes import Route
from personalization.edge.state import State
from personalization.reasons import Reason
from sites.config import Access
from tracking.formats.segment import Page

FLAGS, EVENTS = "/ofrep/v1/evaluate/flags", "/ofrep/v1/events"
# OFREP's reasons, where they are not ours: a default is none of them. Our own stands in the metadata.
REASONS = {Reason.DEFAULT: "UNKNOWN", Reason.ERROR: "UNKNOWN"}
NOTHING = msgspec.Raw(b"null")
LONGEST_KEY = 64  # of a placement
to_json = msgspec.json.Encoder().encode


class _Body(msgspec.Struct):
    context: msgspec.Raw = NOTHING


read_body = msgspec.json.Decoder(_Body).decode


class Evaluation(msgspec.Struct, omit_defaults=True, gc=False):
    """What is said of one flag."""

    key: str
    reason: str
    variant: str  # always there, since providers ask for it: "" for none
    metadata: dict[str, Any]  # scalars
    value: msgspec.Raw | UnsetType = UNSET  # unset: the client's own default


class Asked(NamedTuple):
    access: Access
    attributes: Attributes
    question: Question


async def _evaluate_flag(state: State, request: Request) -> Response:
    """POST /ofrep/v1/evaluate/flags/{key}."""
    key = request.part
    asked = _asked(state, request, key)
    if isinstance(asked, Response):
        return asked
    access, _, question = asked
    release = state.snapshots.live.get(access.site.id)
    if release is None or len(key) > LONGEST_KEY:
        return _not_found(key)
    evaluated = await evaluate(state, request, access, release, question, [key])
    if not evaluated.flags:
        return _not_found(key)
    return Response(200, to_json(_evaluation(release, evaluated.flags[0], state.base_url(request))))


async def _evaluate_flags(state: State, request: Request) -> Response:
    """POST /ofrep/v1/evaluate/flags. 304, and nothing is logged, where the client has these flags already. What it was
    told of the release (`flagConfigEtag`) is not asked for: the newest is what everybody is answered from."""
    asked = _asked(state, request)
    if isinstance(asked, Response):
        return asked
    access, attributes, question = asked
    release = state.snapshots.live.get(access.site.id)
    if release is None:
        return Response(200, to_json({"flags": [], "metadata": {}}))
    evaluated = await evaluate(state, request, access, release, question, attributes.placements)
    headers = ((b"etag", evaluated.etag.encode()),)
    if evaluated.is_known:
        return Response(304, b"", headers)
    base_url = state.base_url(request)
    answer: dict[str, Any] = {
        "flags": [_evaluation(release, flag, base_url) for flag in evaluated.flags],
        "metadata": {"release": release.version},
    }
    if not access.is_secret and evaluated.situation.unit:  # a secret must stand in no address
        answer["eventStreams"] = [{"type": "sse", "url": _stream_address(base_url, asked, evaluated.etag)}]
    return Response(200, to_json(answer), (JSON, *headers))


async def _follow_flags(state: State, request: Request) -> Response | Stream:
    """GET /ofrep/v1/events, by the address that `eventStreams` names."""
    query = request.query
    access = access_of(state.snapshots.sites, request, query.get("writeKey", ""))
    if isinstance(access, Response):
        return access
    asked = _understood(access, query.get("context", "").encode(), "")
    if isinstance(asked, Response):
        return asked
    asker = Asker.of(asked.question, access, request, state.trusted_proxies)
    if not asker.who.visitor or not asker.who.reads:
        return _refuse("INVALID_CONTEXT", "nothing may be known of this visitor, so nothing of theirs changes", "")
    return state.streams.follow(request, FlagsWatch(asker, asked.attributes.placements, query.get("etag", "")))


def _asked(state: State, request: Request, key: str = "") -> Asked | Response:
    access = access_of(state.snapshots.sites, request, request.headers.get("x-api-key", ""))
    if isinstance(access, Response):
        return access
    try:
        context = read_body(request.body).context
    except UNREADABLE as error:
        return _refuse("PARSE_ERROR", str(error), key)
    return _understood(access, b"{}" if context == NOTHING else bytes(context), key)


def _understood(access: Access, context: bytes, key: str) -> Asked | Response:
    try:
        attributes = read_attributes(context)
    except UNREADABLE as error:
        place = ".".join(filter(None, ("context", field_of(str(error)))))
        return _refuse("INVALID_CONTEXT", f"{place}: {error}", key)
    if attributes.targeting_key in (None, ""):
        return _refuse("TARGETING_KEY_MISSING", "context.targetingKey must be the visitor's anonymousId", key)
    return Asked(access, attributes, attributes.question(attributes.targeting_key))


def _evaluation(release: FrozenRelease, flag: Flag, base_url: str) -> Evaluation:
    decision, frame = flag.decision, flag.frame
    return Evaluation(
        decision.placement,
        REASONS.get(decision.reason, decision.reason),
        frame.variant.key if frame.variant else "",
        _metadata(release, flag) | flag.links(base_url),
        UNSET if flag.value is None else msgspec.Raw(flag.value),
    )


def _metadata(release: FrozenRelease, flag: Flag) -> dict[str, Any]:
    """Scalars, as OFREP wants them; what a decision does not have is left out."""
    decision, exposure, rule = flag.decision, flag.frame.exposure, flag.decision.rule
    told = {
        "decisionId": flag.id.hex(),
        "release": release.version,
        "reason": decision.reason,
        "detail": decision.detail,
        "campaign": exposure.campaign,
        "rule": rule.id if rule else 0,
        "segment": exposure.segment,
        "treatment": release.treatments[rule.treatment].key if rule else "",
        "arm": exposure.arm,
    }
    return {name: value for name, value in told.items() if value} | {"propensity": decision.propensity}


def _stream_address(base_url: str, asked: Asked, etag: str) -> str:
    """With what the decisions were asked with, so that the stream asks with it; without what they do not look at."""
    said = asked.attributes
    context = Attributes(
        page=Page(url=said.page.url) if said.page else None,
        consent=said.consent,
        locale=said.locale,
        user_agent=said.user_agent,
        user_hash=said.user_hash,
        targeting_key=said.targeting_key,
        user_id=said.user_id,
        placements=said.placements,
    )
    query = {"writeKey": asked.access.site.write_key, "etag": etag, "context": to_json(context).decode()}
    return f"{base_url}{EVENTS}?{urlencode(query)}"


def _refuse(code: str, details: str, key: str) -> Response:
    return Response(400, to_json(({"key": key} if key else {}) | {"errorCode": code, "errorDetails": details}))


def _not_found(key: str) -> Response:
    details = "no placement of what is published has this key"
    return Response(404, to_json({"key": key, "errorCode": "FLAG_NOT_FOUND", "errorDetails": details}))


ROUTES = (
    Route("POST", FLAGS, _evaluate_flags, FLAGS, is_counted=True),
    Route("POST", FLAGS + "/{key}", _evaluate_flag, FLAGS + "/", is_counted=True),
    Route("GET", EVENTS, _follow_flags, "", is_counted=True),
)
