"""GrowthBook's SDK protocol: features to evaluate in the client, evaluation for one visitor, and news of releases.

`clientKey` is one of the site's keys. `GET /api/features/` says what can be found out without us (`campaigns.flags`
says what that is); `POST /api/eval/` is a decision, in the words of GrowthBook: with it nothing is known of other
audiences, and all that a decision knows counts. `POST /api/attributes/` is ours: what an SDK that evaluates by itself
must know of a visitor to find what a decision finds.

References
----------
https://docs.growthbook.io/lib/build-your-own: the document, and what asks for it.
"""

from functools import partial

import msgspec

from campaigns.flags import Experiment, ExperimentResult, Feature, FeatureRule, Track, VariationMeta
from campaigns.flags.compiling import VISITOR
from personalization.edge.admission import access_of
from personalization.edge.decision import face
from personalization.edge.flag_documents import document_of, follow, known_of
from personalization.edge.flags import Attributes, Evaluated, Flag, evaluate, read_attributes
from personalization.edge.http import JSON, Request, Response, Stream, refuse
from personalization.edge.question import UNREADABLE, field_of
from personalization.edge.routes import Route
from personalization.edge.state import State
from personalization.situation import Situation
from sites.config import Access

NO_FEATURES = b'{"status":200,"features":{}}'
NO_ATTRIBUTES = msgspec.Raw(b"{}")
to_json = msgspec.json.Encoder().encode


class _Body(msgspec.Struct):
    """What else it holds (forced variations and features, sticky buckets), the SDK applies itself."""

    attributes: msgspec.Raw = NO_ATTRIBUTES
    url: str | None = None


read_body = msgspec.json.Decoder(_Body).decode


async def _features(state: State, request: Request) -> Response:
    """GET /api/features/{clientKey}."""
    access = _access(state, request)
    if isinstance(access, Response):
        return access
    document = await document_of(state, access, state.base_url(request))
    headers = ((b"etag", document.etag), (b"cache-control", b"no-cache"), (b"x-sse-support", b"enabled"))
    if document.etag.decode() in request.headers.get("if-none-match", ""):
        return Response(304, b"", headers)
    return Response(200, document.body, (JSON, *headers))


async def _follow_features(state: State, request: Request) -> Response | Stream:
    """GET /sub/{clientKey}."""
    access = _access(state, request)
    if isinstance(access, Response):
        return access
    known = request.headers.get("last-event-id", "")
    return state.streams.hold(request, partial(follow, state, access, state.base_url(request), known))


async def _evaluate(state: State, request: Request) -> Response:
    """POST /api/eval/{clientKey}: the features of one visitor, reduced to what was decided."""
    asked = _asked(state, request)
    if isinstance(asked, Response):
        return asked
    access, attributes = asked
    release = state.snapshots.live.get(access.site.id)
    if release is None:
        return Response(200, NO_FEATURES)
    question = attributes.question(attributes.known_as)
    evaluated = await evaluate(state, request, access, release, question, attributes.placements)
    return Response(200, to_json({"status": 200, "features": _reduced(evaluated, state.base_url(request))}))


async def _attributes(state: State, request: Request) -> Response:
    """POST /api/attributes/{clientKey}: of one visitor, what the document of this key asks for. Without consent, what
    the request says."""
    asked = _asked(state, request)
    if isinstance(asked, Response):
        return asked
    access, attributes = asked
    release = state.snapshots.live.get(access.site.id)
    if release is None:
        return Response(200, to_json({"attributes": {}}))
    document = await document_of(state, access, state.base_url(request))
    _, _, situation = await face(state, request, attributes.question(attributes.known_as), access, release)
    return Response(200, to_json({"attributes": known_of(situation, document.paths)}))


def _access(state: State, request: Request) -> Access | Response:
    return access_of(state.snapshots.sites, request, request.part)


def _asked(state: State, request: Request) -> tuple[Access, Attributes] | Response:
    access = _access(state, request)
    if isinstance(access, Response):
        return access
    try:
        body = read_body(request.body)
    except UNREADABLE as error:
        return refuse(400, "invalid_body", str(error), field_of(str(error)))
    try:
        attributes = read_attributes(bytes(body.attributes))
    except UNREADABLE as error:
        field = ".".join(filter(None, ("attributes", field_of(str(error)))))
        return refuse(400, "invalid_attributes", str(error), field)
    attributes.url = attributes.url or body.url
    return access, attributes


def _reduced(evaluated: Evaluated, base_url: str) -> dict[str, Feature]:
    return {flag.decision.placement: _feature(evaluated.situation, flag, base_url) for flag in evaluated.flags}


def _feature(situation: Situation, flag: Flag, base_url: str) -> Feature:
    """What was shown as the feature's value, with the decision beside the creative's fields."""
    rule = flag.decision.rule
    value = None if flag.value is None else _with_decision(flag, base_url)
    if rule is None:
        return Feature(default_value=value)
    return Feature(rules=[FeatureRule(id=str(rule.id), force=value, tracks=_tracks(situation, flag))])


def _with_decision(flag: Flag, base_url: str) -> msgspec.Raw:
    """The creative is an object with at least its key."""
    assert flag.value
    decision = to_json({"id": flag.id.hex(), **flag.links(base_url)})
    return msgspec.Raw(b'{"decision":%b,%b' % (decision, flag.value[1:]))


def _tracks(situation: Situation, flag: Flag) -> list[Track] | None:
    """The experiment that was decided here, for the SDK to report; of the other arms no more than their keys."""
    rule, choice = flag.decision.rule, flag.decision.choice
    if rule is None or choice is None or not choice.arm or choice.is_forced:
        return None
    treatment = situation.release.treatments[rule.treatment]
    keys = [arm.key for arm in treatment.arms]
    experiment = Experiment(
        key=treatment.key,
        variations=keys,
        meta=[VariationMeta(key=key) for key in keys],
        name=rule.name,
        hash_attribute=VISITOR,
        hash_version=2,
    )
    result = ExperimentResult(
        key=choice.arm,
        in_experiment=True,
        hash_used=True,
        variation_id=keys.index(choice.arm),
        value=choice.arm,
        hash_attribute=VISITOR,
        hash_value=situation.unit,
        sticky_bucket_used=False,
        feature_id=flag.decision.placement,
        bucket=choice.draw,
    )
    return [Track(experiment=experiment, result=result)]


ROUTES = (
    Route("GET", "/api/features/{clientKey}", _features, "/api/features/", is_counted=True),
    Route("POST", "/api/eval/{clientKey}", _evaluate, "/api/eval/", is_counted=True),
    Route("POST", "/api/attributes/{clientKey}", _attributes, "/api/attributes/", is_counted=True),
    Route("GET", "/sub/{clientKey}", _follow_features, "", is_counted=True),
)
