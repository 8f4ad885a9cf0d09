"""What came of a decision? Signed tokens that name it, and the events that impressions, clicks and dismissals
become."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from tracking.event import Arrival, Event
from tracking.exposure import Exposure, of_properties

NAMES = {"impression": "Impression", "click": "Click", "dismiss": "Dismiss", "conversion": "Conversion"}
OUR_DECISION = re.compile(r"[0-9a-f]{12}7[0-9a-f]{19}")
MAC_BYTES = 12
ID_BYTES = 16
URL_SAFE = bytes.maketrans(b"+/", b"-_")
pack = msgspec.msgpack.Encoder().encode


class Offer(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a decision showed: the same for everybody to whom it showed that, so it is packed once and signed often."""

    site: int
    exposure: Exposure
    version: bytes  # of the release; its 32 digits as 16 bytes, for tokens are short
    link: str = ""  # where a click leads, holes filled; signed, so the redirect leads nowhere else
    is_preview: bool = False  # for a look: nothing that becomes of it counts

    @property
    def release(self) -> str:
        return self.version.hex()


class Shown(msgspec.Struct, frozen=True):
    """What a token says: which decision it belongs to, and what it showed. Enough to credit it without a look-up."""

    decision: bytes  # 16 bytes, a UUID of version 7
    visitor: bytes  # 16 bytes, zeros without consent
    offer: Offer

    @property
    def at(self) -> int:
        """When it was decided, in milliseconds: what the decision's id begins with."""
        return int.from_bytes(self.decision[:6], "big")


class BadToken(ValueError):
    """The token was not made here, or was changed. A retry cannot help."""


class Tokens:
    """Signs and reads tokens. The key derives from the secret, so every process agrees.

    A token is the URL-safe base64 of a signature (12 bytes), the decision (16), the visitor (16) and the packed offer.
    """

    def __init__(self, secret: str) -> None:
        key = hashlib.blake2b(secret.encode(), digest_size=32, person=b"segue-token").digest()
        self._keyed = hashlib.blake2b(key=key, digest_size=MAC_BYTES)
        self._unpack = msgspec.msgpack.Decoder(Offer).decode

    def _mac(self, payload: bytes) -> bytes:
        mac = self._keyed.copy()  # has read the key already
        mac.update(payload)
        return mac.digest()

    def sign(self, decision: bytes, visitor: bytes, offer: bytes) -> bytes:
        """URL-safe text, as bytes. `offer` is packed (`pack`)."""
        payload = decision + visitor + offer
        return binascii.b2a_base64(self._mac(payload) + payload, newline=False).rstrip(b"=").translate(URL_SAFE)

    def read(self, token: str) -> Shown:
        """Raises BadToken."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            signature, payload = raw[:MAC_BYTES], raw[MAC_BYTES:]
            if not hmac.compare_digest(signature, self._mac(payload)):
                raise BadToken("the signature does not fit")
            return Shown(payload[:ID_BYTES], payload[ID_BYTES : 2 * ID_BYTES], self._unpack(payload[2 * ID_BYTES :]))
        except (ValueError, UnicodeError, msgspec.MsgspecError) as error:
            raise BadToken(str(error)) from None


def message_id(decision: str, kind: str) -> str:
    """Of what becomes of a decision (hex), so that each kind of it is told once."""
    return f"{decision}:{kind}"


def arrival_of(shown: Shown, kind: str, now: int, day: int, value_minor: int = 0) -> Arrival:
    """The event that an engagement becomes. Its messageId derives from the decision, so a repeat changes nothing.

    `day` is the local day number of the site, by which caps count.
    """
    decision, offer = shown.decision.hex(), shown.offer
    event = Event(
        message_id=message_id(decision, kind),
        type="engagement",
        name=NAMES[kind],
        at=now,
        received_at=now,
        properties={
            "decision": decision,
            **offer.exposure.as_properties(),
            "release": offer.release,
            "day": day,
        },
    )
    if value_minor:
        event.properties["value_minor"] = value_minor
    return Arrival(offer.site, shown.visitor.hex(), "", [event])


class Reaction(NamedTuple):
    """What such an event tells."""

    site: int
    visitor: str
    at: int
    message_id: str
    name: str  # of NAMES' values
    decision: str  # hex
    release: str
    exposure: Exposure

    @property
    def is_click(self) -> bool:
        return self.name == NAMES["click"]

    @property
    def decided_at(self) -> int:
        """When it was decided: what the decision's id begins with, where it is one of ours (UUID of version 7), else
        when it happened."""
        at = int(self.decision[:12], 16) if OUR_DECISION.fullmatch(self.decision) else self.at
        return min(at, self.at)


def reaction_of(
    site: int, visitor: str, at: int, message_id: str, name: str, properties: Mapping[str, Any]
) -> Reaction:
    """Reads what `arrival_of` wrote."""
    decision, release = str(properties.get("decision", "")), str(properties.get("release", ""))
    return Reaction(site, visitor, at, message_id, name, decision, release, of_properties(properties))
