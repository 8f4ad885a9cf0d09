"""What does the client read of a decision, and what does the log keep?

Most of both is the same for everybody for whom a rule wins, so it is made once a release (`Outcome`); an answer is then
a joining of bytes.
"""

import random
from dataclasses import dataclass

import msgspec

from campaigns.release import FrozenRelease, FrozenVariant
from campaigns.treatments import FrozenTreatment
from personalization import explain
from personalization.decide import Decision
from personalization.engagement import Offer, Tokens, pack
from personalization.reasons import Detail
from personalization.situation import Circumstances
from tracking.decision import LoggedDecision
from tracking.exposure import Exposure

VERSION_7, LOW_62 = (7 << 76) | (2 << 62), (1 << 62) - 1
to_json = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Asker:
    """For whom and when decisions were made."""

    site: int
    visitor: str  # 32 hex digits
    seq: int  # of the profile that was read
    context: Circumstances
    now: int
    base_url: bytes  # of this installation


@dataclass(slots=True)
class Outcome:
    """What all decisions of a release with the same result have in common."""

    head: bytes  # up to the decision's id
    variant: FrozenVariant | None
    tail: bytes  # from behind the variant up to the propensity
    exposure: Exposure
    reason: str
    detail: str
    offer: bytes  # packed for tokens; b"" where the link has holes to fill

    @classmethod
    def of(cls, release: FrozenRelease, decision: Decision) -> "Outcome":
        rule, reason, detail = decision.rule, decision.reason, decision.detail
        variant = release.variants[decision.variant] if decision.variant >= 0 else None
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
        outcome = cls(head, variant, tail, exposure, reason, detail, b"")
        if variant and len(variant.link) < 2:
            outcome.offer = pack(outcome.offer_with(release, variant.target()))
        return outcome

    def offer_with(self, release: FrozenRelease, link: str) -> Offer:
        version = bytes.fromhex(release.version)
        return Offer(release.site, self.exposure, version, link, self.detail == Detail.PREVIEW)


def exposure_of(decision: Decision, treatment: FrozenTreatment | None, variant: FrozenVariant | None) -> Exposure:
    placement, rule, choice = decision.placement, decision.rule, decision.choice
    shown = (variant.id, variant.key) if variant else (0, "")
    if rule is None or treatment is None or choice is None:
        return Exposure(placement, variant_id=shown[0], variant=shown[1])
    return Exposure(placement, rule.campaign_id, rule.campaign, rule.id, treatment.id, choice.arm, *shown)


def outcome_of(release: FrozenRelease, decision: Decision) -> Outcome:
    """The outcome, remembered with its release; not so for placements that only the client knows, of which there is no
    end."""
    rule, arm = decision.rule and decision.rule.id, decision.choice and decision.choice.arm
    key = (decision.placement, rule, arm, decision.variant, decision.reason, decision.detail)
    outcome = release.outcomes.get(key)
    if outcome is None:
        outcome = Outcome.of(release, decision)
        if decision.placement in release.placements:
            release.outcomes[key] = outcome
    return outcome


def write(
    release: FrozenRelease, decision: Decision, outcome: Outcome, asker: Asker, tokens: Tokens, *, explained: bool
) -> tuple[bytes, LoggedDecision]:
    """The JSON text of one decision, and its row for the log."""
    identity, variant, propensity = new_id(asker.now), outcome.variant, to_json(decision.propensity)
    parts = [
        outcome.head,
        identity.hex().encode(),
        b'","variant":',
        variant.answer(decision.values) if variant else b"null",
        outcome.tail,
        propensity,
    ]
    if variant:
        offer = outcome.offer or pack(outcome.offer_with(release, variant.target(decision.values)))
        token = tokens.sign(identity, bytes.fromhex(asker.visitor), offer)
        parts += (
            b',"impressionUrl":"',
            asker.base_url,
            b"/v1/i/",
            token,
            b'","clickUrl":"',
            asker.base_url,
            b"/v1/c/",
            token,
            b'"',
        )
    if explained:
        parts += (b',"trace":', to_json(explain.sentences(decision, release)))
    parts.append(b"}")
    row = LoggedDecision(
        identity,
        asker.now,
        asker.site,
        asker.visitor,
        asker.seq,
        outcome.exposure,
        outcome.reason,
        outcome.detail,
        decision.propensity,
        decision.choice.weights if decision.choice else 0,
        release.version,
        asker.context,
    )
    return b"".join(parts), row


def new_id(now: int) -> bytes:
    """A UUID of version 7: ordered by time, so that rows arrive in about the order of their index."""
    chance = random.getrandbits(74)
    return ((now << 80) | VERSION_7 | (chance >> 62 << 64) | (chance & LOW_62)).to_bytes(16, "big")
