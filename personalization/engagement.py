"""What came of a decision? Signed tokens that name it, and the events that impressions, clicks and dismissals become."""

import base64
import binascii
import hashlib
import hmac

import msgspec

from tracking.event import Arrival, Event

NAMES = {"impression": "Impression", "click": "Click", "dismiss": "Dismiss", "conversion": "Conversion"}
MAC_BYTES = 12
URL_SAFE = bytes.maketrans(b"+/", b"-_")
_pack = msgspec.msgpack.Encoder().encode


class Shown(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a token says: which decision it belongs to, and what it showed. Enough to credit it without a look-up."""

    decision: bytes  # 16 bytes
    visitor: bytes  # 16 bytes, zeros without consent
    site: int
    placement: str
    campaign: str
    rule: int  # 0: no rule won
    variant: str
    release: str
    at: int
    link: str = ""  # where a click leads, holes filled; signed, so the redirect leads nowhere else


class BadToken(ValueError):
    """The token was not made here, or was changed. A retry cannot help."""


class Tokens:
    """Signs and reads tokens. The key derives from the secret, so every process agrees."""

    def __init__(self, secret: str) -> None:
        self.key = hashlib.blake2b(secret.encode(), digest_size=32, person=b"segue-token").digest()
        self._unpack = msgspec.msgpack.Decoder(Shown).decode

    def _mac(self, payload: bytes) -> bytes:
        return hashlib.blake2b(payload, key=self.key, digest_size=MAC_BYTES).digest()

    def sign(self, shown: Shown) -> bytes:
        """URL-safe text, as bytes."""
        payload = _pack(shown)
        return binascii.b2a_base64(self._mac(payload) + payload, newline=False).rstrip(b"=").translate(URL_SAFE)

    def read(self, token: str) -> Shown:
        """Raises BadToken."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            if not hmac.compare_digest(raw[:MAC_BYTES], self._mac(raw[MAC_BYTES:])):
                raise BadToken("the signature does not fit")
            return self._unpack(raw[MAC_BYTES:])
        except (ValueError, UnicodeError, msgspec.MsgspecError) as error:
            raise BadToken(str(error)) from None


def arrival_of(shown: Shown, kind: str, now: int, day: int, value_minor: int = 0) -> Arrival:
    """The event that an engagement becomes. Its messageId derives from the decision, so a repeat changes nothing.

    `day` is the local day number of the site, by which caps count.
    """
    decision = shown.decision.hex()
    event = Event(
        message_id=f"{decision}:{kind}",
        type="engagement",
        name=NAMES[kind],
        at=now,
        received_at=now,
        properties={
            "decision": decision,
            "placement": shown.placement,
            "campaign": shown.campaign,
            "rule": shown.rule,
            "variant": shown.variant,
            "release": shown.release,
            "day": day,
        },
    )
    if value_minor:
        event.properties["value_minor"] = value_minor
    return Arrival(shown.site, shown.visitor.hex(), "", [event])
