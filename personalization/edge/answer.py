"""What does the client read of a decision, and what does the log keep?

Most of both is the same for everybody for whom a rule wins, so it is made once a release (`Frame`); an answer is then
a joining of bytes.
"""

import random
from binascii import hexlify
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from campaigns.holes import BASE
from campaigns.release import FrozenRelease, FrozenVariant
from campaigns.treatments import Choice, FrozenTreatment
from campaigns.treatments.weights import CLUSTER
from personalization import explain
from personalization.decide import Decision
from personalization.edge.http import Response
from personalization.edge.learning import Learnt
from personalization.edge.question import Question
from personalization.engagement import Offer, Tokens, pack
from personalization.reasons import UNKNOWN, Detail, Reason
from personalization.situation import Circumstances, Situation
from tracking.decision import LoggedDecision
from tracking.exposure import Exposure

VERSION_7, CHANCE = (7 << 76) | (2 << 62), ~((0xF << 76) | (3 << 62))  # of a UUID's lower 80 bits
ANSWER = b'{"decisions":[%b],"release":"%b","accepted":%b%b}'
LINKS = b',"impressionUrl":"%b/v1/i/%b","clickUrl":"%b/v1/c/%b"'
to_json = msgspec.json.Encoder().encode
NOTHING_DRAWN: dict[str, Any] = {}


@dataclass(slots=True)
class Frame:
    """What all decisions of a release with the same result have in common."""

    head: bytes  # up to the decision's id
    variant: FrozenVariant | None
    tail: bytes  # from behind the variant up to the propensity
    exposure: Exposure
    reason: str
    detail: str
    body: bytes = b""  # variant and tail; b"" where the variant has holes
    propensity: float = 1.0  # of the first decision with this result: most have the same
    chance: bytes = b"1.0"  # that, as JSON
    offer: bytes = b""  # packed for tokens; b"" where the link has holes to fill

    @classmethod
    def of(cls, release: FrozenRelease, decision: Decision, language: str) -> "Frame":
        rule, reason, detail = decision.rule, decision.reason, decision.detail
        variant = release.variants[decision.variant].spoken(language) if decision.variant >= 0 else None
        treatment = release.treatments[rule.treatment] if rule else None
        exposure = exposure_of(decision, treatment, variant)
        head = b'{"placement":%b,"decisionId":"' % to_json(decision.placement)
        shared = {
            "campaign": {"key": rule.campaign, "name": rule.campaign_name} if rule else None,
            "rule": {"id": rule.id, "name": rule.name, "segment": rule.segment} if rule else None,
            "treatment": {"key": treatment.key, "arm": exposure.arm} if treatment and treatment.id else None,
            "reason": reason,
            "detail": detail,
        }
        tail = b"," + to_json(shared)[1:-1] + b',"propensity":'
        frame = cls(head, variant, tail, exposure, reason, detail)
        frame.propensity, frame.chance = decision.propensity, to_json(decision.propensity)
        if not (variant and variant.holes):
            frame.body = frame.body_with(decision, b"")
        if variant and len(variant.link) < 2:
            frame.offer = pack(frame.offer_with(release, variant.target()))
        return frame

    def body_with(self, decision: Decision, base_url: bytes) -> bytes:
        variant = filled(self.variant, decision.values, base_url) if self.variant else b"null"
        return variant + self.tail

    def offer_with(self, release: FrozenRelease, link: str) -> Offer:
        version = bytes.fromhex(release.version)
        return Offer(release.site, self.exposure, version, link, self.detail == Detail.PREVIEW)


def filled(variant: FrozenVariant, values: Mapping[str, str] | None, base_url: bytes) -> bytes:
    """The JSON text of a variant, with the address of this installation where its pictures lie on it."""
    if BASE in variant.holes:
        values = {**(values or {}), BASE: base_url.decode()}
    return variant.answer(values)


def exposure_of(decision: Decision, treatment: FrozenTreatment | None, variant: FrozenVariant | None) -> Exposure:
    placement, rule, choice = decision.placement, decision.rule, decision.choice
    shown = (variant.id, variant.key) if variant else (0, "")
    if rule is None or treatment is None or choice is None:
        return Exposure(placement, variant_id=shown[0], variant=shown[1])
    won = (rule.campaign_id, rule.campaign, rule.id, treatment.id, choice.arm)
    return Exposure(placement, *won, *shown, rule.segment)


def frame_of(release: FrozenRelease, decision: Decision, language: str) -> Frame:
    """Remembered with the release; not so for placements that only the client knows, of which there is no end."""
    rule, arm = decision.rule and decision.rule.id, decision.choice and decision.choice.arm
    others = release.variants[decision.variant].languages if decision.variant >= 0 else {}
    spoken = language if language in others else ""
    key = (decision.placement, rule, arm, decision.variant, decision.reason, decision.detail, spoken)
    frame = release.outcomes.get(key)
    if frame is None:
        frame = Frame.of(release, decision, spoken)
        if decision.placement in release.placements:
            release.outcomes[key] = frame
    return frame


def answer_of(
    situation: Situation, decisions: list[Decision], question: Question, learnt: Learnt, base_url: bytes, tokens: Tokens
) -> tuple[bytes, list[LoggedDecision]]:
    """The answer to a question, and a row for each decision. `base_url` is that of this installation."""
    release = situation.release
    kept = situation.circumstances([key for key in question.placements if key in release.placements])
    texts, rows = [], []
    for decision in decisions:
        identity = new_id(situation.now)
        text, row = write(situation, decision, identity, kept, base_url, tokens, explained=bool(question.explain))
        texts.append(text)
        rows.append(row)
    rest = b""
    if learnt.rejected:
        rest = b',"rejected":%b' % to_json(learnt.rejected)
    if question.explain:
        rest += b',"visitor":%b' % to_json(described(situation))
    accepted = b"true" if learnt.accepted else b"false"
    return ANSWER % (b",".join(texts), release.version.encode(), accepted, rest), rows


def write(
    situation: Situation,
    decision: Decision,
    identity: bytes,
    kept: Circumstances,
    base_url: bytes,
    tokens: Tokens,
    *,
    explained: bool,
) -> tuple[bytes, LoggedDecision]:
    """The JSON text of one decision, and its row for the log; `identity` is its id of 16 bytes."""
    release, propensity = situation.release, decision.propensity
    frame = frame_of(release, decision, situation.context.get("language", ""))
    body, rest = frame.body or frame.body_with(decision, base_url), b""
    chance = frame.chance if propensity == frame.propensity else to_json(propensity)
    if frame.variant:
        token = token_of(situation, decision, identity, frame, tokens)
        rest = LINKS % (base_url, token, base_url, token)
    if explained:
        rest += b',"trace":%b' % to_json(explain.sentences(decision, release))
    text = b'%b%b","variant":%b%b%b}' % (frame.head, hexlify(identity), body, chance, rest)
    return text, row_of(situation, decision, identity, frame, kept)


def token_of(situation: Situation, decision: Decision, identity: bytes, frame: Frame, tokens: Tokens) -> bytes:
    """By which it is told what came of the decision; of one that shows something."""
    offer = frame.offer
    if not offer and frame.variant:
        offer = pack(frame.offer_with(situation.release, frame.variant.target(decision.values)))
    return tokens.sign(identity, bytes.fromhex(situation.visitor), offer)


def row_of(
    situation: Situation, decision: Decision, identity: bytes, frame: Frame, kept: Circumstances
) -> LoggedDecision:
    release, choice = situation.release, decision.choice
    return LoggedDecision(
        identity,
        situation.now,
        release.site,
        situation.visitor,
        situation.profile.seq,
        frame.exposure,
        frame.reason,
        frame.detail,
        decision.propensity,
        choice.weights if choice else 0,
        release.version,
        _kept_of(situation, decision, kept),
    )


def _kept_of(situation: Situation, decision: Decision, kept: Circumstances) -> Circumstances:
    """With what the decision says beside its own rule, and what an arm was drawn by; most say nothing."""
    passed, assigned, choice = decision.passed, decision.assigned, decision.choice
    drawn = _drawn_by(situation, decision, choice) if choice is not None and choice.draw is not None else NOTHING_DRAWN
    if not passed and not assigned and not drawn and not decision.versions:
        return kept
    return msgspec.structs.replace(kept, passed=passed, assigned=assigned, weights=decision.versions, **drawn)


def _drawn_by(situation: Situation, decision: Decision, choice: Choice) -> dict[str, Any]:
    """What statistics and bandits want to know of the visitor as they were then. An experiment asks for the cluster of
    those who come to it first; what its rule has shown to somebody before tells that they do not."""
    rule = decision.rule
    if rule is None or not (situation.weights or situation.release.frozen_models):
        return NOTHING_DRAWN
    told: dict[str, Any] = {}
    weights = situation.weights.get(situation.release.treatments[rule.treatment].id)
    if choice.is_random:
        told["is_random"] = True
    if weights is not None and weights.looks_at_features:
        features = weights.features_of(situation.attributes)
        told["features"] = tuple(None if value != value else value for value in features)
    if weights is not None or str(rule.id) not in situation.profile.shown:
        cluster = situation.attributes[CLUSTER] if situation.release.frozen_models else None
        if cluster is not None:
            told["cluster"] = cluster
    return told


def to_log(rows: list[LoggedDecision]) -> list[LoggedDecision]:
    """Previews are not recorded; anybody may make up names of placements: those are counted together, once a
    question."""
    logged = []
    unknown: LoggedDecision | None = None
    for row in rows:
        if row.detail == Detail.UNKNOWN_PLACEMENT:
            unknown = unknown or row
        elif row.detail != Detail.PREVIEW:
            logged.append(row)
    if unknown:
        logged.append(msgspec.structs.replace(unknown, exposure=Exposure(UNKNOWN)))
    return logged


def described(situation: Situation) -> dict[str, Any]:
    """Who the visitor is taken for: segments and cluster, for those who may ask; nobody without consent."""
    attributes = situation.attributes
    return {"segments": attributes["segment"] or [], "cluster": attributes["cluster.id"]}


def answer_without_release(question: Question) -> Response:
    decisions = [
        {
            "placement": key,
            "decisionId": None,
            "variant": None,
            "campaign": None,
            "rule": None,
            "treatment": None,
            "reason": Reason.ERROR,
            "detail": Detail.NO_RELEASE,
            "propensity": 1.0,
        }
        for key in dict.fromkeys(question.placements)
    ]
    return Response(200, to_json({"decisions": decisions, "release": None, "accepted": False}))


def new_id(now: int) -> bytes:
    return id_at(now, random.getrandbits(80))


def id_at(now: int, bits: int) -> bytes:
    """A UUID of version 7 out of a moment (ms) and 80 bits: ordered by time, so that rows arrive in about the order of
    their index."""
    return ((now << 80 | bits) & CHANCE | VERSION_7).to_bytes(16, "big")
