"""What does a body of the Segment HTTP API say?

Two ways to the same answer. The fast one decodes the whole body into typed structs in one pass, which checks types,
lengths and depth on the way. Whatever it refuses goes the careful way: message by message, mending what can be mended
and saying of the rest which field is wrong.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

import msgspec
from msgspec import Meta

from sites.storable import make_storable
from tracking.formats.fitting import Fitting
from tracking.identity import is_placeholder
from tracking.reasons import Reason

MAX_BODY = 500 << 10  # bytes of a request, unpacked
MAX_MESSAGE = 32 << 10  # bytes of one message
MAX_BATCH = 2500  # messages
MAX_DEPTH = 8  # levels of objects and lists in properties and traits
MAX_PROPERTIES = 256  # in one object
MAX_NAME = 128  # characters of a property's name
MAX_TEXT = 8192  # characters of a value; longer text is cut
MAX_ID = 256  # characters of a visitor's or user's id
INT64 = 1 << 63

# What a message cannot do without: it is refused rather than guessed.
NEEDED = frozenset(("batch", "type", "event", "anonymousId", "userId", "previousId", "groupId", "placements"))
# Ids of people.
_IDS = {
    "anonymous_id": "anonymousId",
    "user_id": "userId",
    "previous_id": "previousId",
    "group_id": "groupId",
}
_UNLIKE_WORDS = ("", "0", "-1")  # absent, and how somebody may number messages; no person is called so
_LONGEST_WORD = 20  # a messageId that is longer is no word but the id of all zeros
_ZEROS = "00000000-0000-0000-0000-000000000000"

TYPES = frozenset(("page", "screen", "track", "identify", "alias", "group"))

Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Name = Annotated[str, Meta(max_length=MAX_NAME)]
Id = Annotated[str, Meta(max_length=MAX_ID)] | int | float | None
Scalar = Text | Annotated[int, Meta(ge=-INT64, le=INT64 - 1)] | float | bool | None


def _nest(levels: int) -> Any:
    value: Any = Scalar
    for _ in range(levels):
        value = Scalar | list[value] | _object_of(value)
    return value


def _object_of(value: Any) -> Any:
    return Annotated[dict[Name, value], Meta(max_length=MAX_PROPERTIES)]


if TYPE_CHECKING:
    Properties = dict[str, Any]
else:
    Properties = _object_of(_nest(MAX_DEPTH - 1))


class Page(msgspec.Struct, gc=False):
    path: Text | None = None
    referrer: Text | None = None
    title: Text | None = None
    url: Text | None = None


class Campaign(msgspec.Struct, gc=False):
    source: Text | int | None = None
    medium: Text | int | None = None
    name: Text | int | None = None
    term: Text | int | None = None
    content: Text | int | None = None


class Library(msgspec.Struct, gc=False):
    name: Name | None = None
    version: Name | None = None


class ConsentPreferences(msgspec.Struct, gc=False, rename="camel"):
    category_preferences: Annotated[dict[Name, Any], Meta(max_length=64)] | None = None  # anything but true refuses


class Device(msgspec.Struct, gc=False):
    type: Name | None = None


class System(msgspec.Struct, gc=False):
    name: Name | None = None


class Location(msgspec.Struct, gc=False):
    country: Name | None = None


class Context(msgspec.Struct, gc=False, rename="camel"):
    """What we look at of a message's context; the rest is not even decoded."""

    page: Page | None = None
    campaign: Campaign | None = None
    library: Library | None = None
    consent: ConsentPreferences | None = None
    device: Device | None = None
    os: System | None = None
    location: Location | None = None
    ip: Name | None = None
    locale: Name | None = None
    timezone: Name | None = None
    user_agent: Text | None = None
    user_hash: Name | None = None
    traits: Properties | None = None


class Message(msgspec.Struct, gc=False, rename="camel"):
    """One message as the specification has it, explicit nulls included."""

    type: Name | None = None
    message_id: Annotated[str, Meta(max_length=100)] | int | None = None
    anonymous_id: Id = None
    user_id: Id = None
    user_hash: Name | None = None  # proves the userId (tracking.identity)
    previous_id: Id = None
    group_id: Id = None
    event: Annotated[str, Meta(max_length=200)] | None = None
    name: Annotated[str, Meta(max_length=200)] | None = None
    category: Name | None = None
    properties: Properties | None = None
    traits: Properties | None = None
    context: Context | None = None
    timestamp: Text | int | float | None = None
    original_timestamp: Text | int | float | None = None
    sent_at: Text | int | float | None = None
    write_key: Name | None = None


class _Shared(msgspec.Struct, gc=False, rename="camel", kw_only=True):
    write_key: Name | None = None
    sent_at: Text | int | float | None = None
    context: Context | None = None


class BatchMessage(Message, gc=False):
    """A message as a batch is decoded at first: its context is left as it is written."""

    context: msgspec.Raw = msgspec.Raw(b"null")  # type: ignore[assignment]  # until `_read_contexts` has passed


class Batch(_Shared, gc=False):
    batch: list[BatchMessage]


class Envelope(_Shared, gc=False):
    """A batch whose messages are not decoded yet."""

    batch: list[msgspec.Raw]


class Fault(msgspec.Struct, frozen=True, gc=False):
    """What is wrong with a body or one of its messages; `index` is the message's place in its batch, -1 for the
    whole, and `field` is within it."""

    reason: Reason
    message: str
    field: str = ""
    index: int = -1

    def place(self, among: str) -> str:
        """The field in the whole body, as in `batch[3].event`, where messages stand in `among`."""
        if self.index < 0:
            return self.field
        message = f"{among}[{self.index}]"
        return f"{message}.{self.field}" if self.field else message


class Decoded(NamedTuple):
    """Messages with their place in the batch, what was wrong with the others, what the envelope says for all, and how
    much was left out."""

    messages: list[tuple[int, Message]]
    faults: list[Fault]
    write_key: str | None
    sent_at: str | int | float | None
    context: Context | None
    left_out: Counter[Reason]
    inherited: int = 0  # ids that messages have of something else, beyond those that are written there


S = TypeVar("S", bound=msgspec.Struct)
_message = msgspec.json.Decoder(Message)
_batch = msgspec.json.Decoder(Batch)
_context = msgspec.json.Decoder(Context | None)
_envelope = msgspec.json.Decoder(Envelope)
_shared = msgspec.json.Decoder(_Shared)
_parts = msgspec.json.Decoder(dict[str, msgspec.Raw])
_refusals = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def decode(kind: str, body: bytes) -> Decoded | Fault:
    """`kind` is "batch" or the type of the one message that the body is. `body` is unpacked already."""
    return decode_batch(body) if kind == "batch" else decode_single(kind, body)


def decode_single(kind: str, body: bytes) -> Decoded | Fault:
    left_out: Counter[Reason] = Counter()
    read = read_message(body, left_out)
    if isinstance(read, Fault):
        return read
    read.type = kind
    fault = fault_of(read, -1, left_out)
    if fault is not None:
        return fault
    return Decoded([(-1, read)], [], read.write_key, read.sent_at, None, left_out)


def decode_batch(body: bytes) -> Decoded | Fault:
    if len(body) <= MAX_MESSAGE and not names_nul(body):  # then no message of it is too big
        try:
            batch = _batch.decode(body)
            _read_contexts(batch.batch)
        except _refusals:
            return _decode_carefully(body)
        return _judge(enumerate(batch.batch), batch, Counter())
    return _decode_carefully(body)


def _read_contexts(messages: list[BatchMessage]) -> None:
    """Most messages say there what the one before said, to the byte: they share what that became. To make it ten times
    and take it apart again is a twelfth of what a batch costs."""
    before, context = None, None
    for message in messages:
        written: Any = message.context
        if written != before:
            before, context = written, _context.decode(written)
        message.context = context  # type: ignore[assignment]


def decode_along(raw_messages: Iterable[msgspec.Raw], bearer: Message) -> Decoded:
    """Messages that come along with something else. What they lack is that of the bearer: ids, context, and when they
    were sent; one without a type is a track."""
    left_out: Counter[Reason] = Counter()
    read = [(index, read_message(bytes(raw), left_out, index)) for index, raw in enumerate(raw_messages)]
    inherited = 0
    for _, message in read:
        if isinstance(message, Message):
            message.type = message.type or "track"
            inherited += _inherit(message, bearer)
    written = (bearer.anonymous_id is not None) + (bearer.user_id is not None)
    return _judge(read, bearer, left_out)._replace(inherited=inherited - written)


def _inherit(message: Message, bearer: Message) -> int:
    """How many ids."""
    number = 0
    if message.anonymous_id is None and bearer.anonymous_id is not None:
        message.anonymous_id = bearer.anonymous_id
        number += 1
    if message.user_id is None and bearer.user_id is not None:
        message.user_id = bearer.user_id
        number += 1
    message.user_hash = message.user_hash or bearer.user_hash
    return number


def names_nul(body: bytes) -> bool:
    """Whether some text may hold NUL, which Postgres does not take: then the body is to be mended."""
    return b"\\" in body and b"\\u0000" in body  # most bodies hold no escape at all, which one byte tells at once


def _judge(
    read: Iterable[tuple[int, Message | Fault]], envelope: Envelope | Batch | Message, left_out: Counter[Reason]
) -> Decoded:
    messages, faults = [], []
    for index, message in read:
        fault = message if isinstance(message, Fault) else fault_of(message, index, left_out)
        if fault is None:
            messages.append((index, message))
        else:
            faults.append(fault)
    return Decoded(messages, faults, envelope.write_key, envelope.sent_at, envelope.context, left_out)  # type: ignore[arg-type]


def _decode_carefully(body: bytes) -> Decoded | Fault:
    left_out: Counter[Reason] = Counter()
    envelope = _read_envelope(body, left_out)
    if isinstance(envelope, Fault):
        return envelope
    if len(envelope.batch) > MAX_BATCH:
        return Fault(Reason.TOO_BIG, f"a batch holds at most {MAX_BATCH} messages", "batch")
    return _judge(
        ((index, read_message(bytes(raw), left_out, index)) for index, raw in enumerate(envelope.batch)),
        envelope,
        left_out,
    )


def _read_envelope(body: bytes, left_out: Counter[Reason]) -> Envelope | Fault:
    try:
        envelope = _envelope.decode(body)
        return _with_mended_shared(envelope, body) if names_nul(body) else envelope
    except _refusals:
        better = mend(body)
    if isinstance(better, Fault):
        return better
    return _fit(better, Envelope, _envelope, left_out, -1)


def _with_mended_shared(envelope: Envelope, body: bytes) -> Envelope:
    """What the envelope says for all its messages is stored with each of them. The messages are mended one by one
    later."""
    parts = _parts.decode(body)
    del parts["batch"]
    shared = _shared.decode(mend(msgspec.json.encode(parts)))  # type: ignore[arg-type]  # no Fault: it was JSON a moment ago
    envelope.write_key, envelope.sent_at, envelope.context = shared.write_key, shared.sent_at, shared.context
    return envelope


def read_message(raw: bytes, left_out: Counter[Reason], index: int = -1) -> Message | Fault:
    """One message, mended if need be."""
    if len(raw) > MAX_MESSAGE:
        return Fault(Reason.TOO_BIG, f"a message holds at most {MAX_MESSAGE} bytes", "", index)
    if not names_nul(raw):
        try:
            return _message.decode(raw)
        except _refusals:
            pass  # the careful way below names the fault, or mends it
    better = mend(raw)
    if isinstance(better, Fault):
        return msgspec.structs.replace(better, index=index)
    return _fit(better, Message, _message, left_out, index)


def _fit(
    body: bytes, kind: type[S], decoder: msgspec.json.Decoder[S], left_out: Counter[Reason], index: int
) -> S | Fault:
    """As much of a body as fits; a Fault where that is not enough."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        value = msgspec.json.decode(body)
    fitting = Fitting(MAX_PROPERTIES, NEEDED)
    try:
        fitted = decoder.decode(msgspec.json.encode(fitting.fit(value, kind) if isinstance(value, dict) else value))
    except msgspec.ValidationError as error:
        return _fault(error, index)
    left_out[Reason.UNREADABLE_PART] += fitting.lost
    return fitted


def fault_of(message: Message, index: int, left_out: Counter[Reason]) -> Fault | None:
    """What the types cannot say: which fields a message must have. An empty id counts as none, and so does a word that
    stands for none."""
    kind, message_id, placeholder = message.type, message.message_id, ""
    # Most ids are None, and a look costs less than a call.
    if (
        ((identity := message.anonymous_id) is not None and is_placeholder(identity))
        or ((identity := message.user_id) is not None and is_placeholder(identity))
        or ((identity := message.previous_id) is not None and is_placeholder(identity))
        or ((identity := message.group_id) is not None and is_placeholder(identity))
    ):
        placeholder = _drop_placeholders(message, left_out)
    if message_id.__class__ is str and (len(message_id) < _LONGEST_WORD or message_id == _ZEROS):
        _drop_word(message, left_out)
    if kind == "track":  # as most
        if not message.event:
            return _invalid_field(index, "event", "a track message needs the name of its event")
    elif kind not in TYPES:
        return _invalid_field(index, "type", "must be one of " + ", ".join(sorted(TYPES)))
    elif kind == "group":
        if message.group_id in (None, ""):
            return _invalid_field(index, "groupId", "a group message needs a groupId")
    elif kind == "alias" and (message.previous_id in (None, "") or message.user_id in (None, "")):
        return _invalid_field(index, "previousId", "an alias message needs a previousId and a userId")
    if not message.anonymous_id and message.anonymous_id in (None, "") and message.user_id in (None, ""):
        if placeholder:
            return _invalid_field(index, placeholder, "a word that programs write where they know no id is nobody's id")
        return _invalid_field(index, "anonymousId", "a message needs an anonymousId or a userId")
    return None


def _drop_placeholders(message: Message, left_out: Counter[Reason]) -> str:
    """The field of the last one; "" where all that there is was empty."""
    found = ""
    for name, field in _IDS.items():
        identity = getattr(message, name)
        if identity is not None and is_placeholder(identity):
            setattr(message, name, None)
            if str(identity).strip():
                found = field
                left_out[Reason.PLACEHOLDER_ID] += 1
    return found


def _drop_word(message: Message, left_out: Counter[Reason]) -> None:
    """Else all that a program sends which knows no messageId would be repeats of its first message."""
    if message.message_id not in _UNLIKE_WORDS and is_placeholder(message.message_id):
        message.message_id = None
        left_out[Reason.PLACEHOLDER_ID] += 1


def _invalid_field(index: int, field: str, message: str) -> Fault:
    return Fault(Reason.INVALID, message, field, index)


_WHERE = re.compile(r" - at `(?:key in )?\$?\.?([^`]*)`$|(?: - at `key` in `\$?\.?([^`]*)`)$")


def _fault(error: msgspec.ValidationError, index: int) -> Fault:
    """msgspec ends its message with the path: "Expected `str`, got `int` - at `$.event`"."""
    text = str(error)
    where = _WHERE.search(text)
    path = (where[1] or where[2] or "") if where else ""
    if missing := re.search(r"missing required field `(\w+)`", text):
        path = ".".join(filter(None, (path, missing[1])))
    return _invalid_field(index, path, text[: where.start()].replace("`", "") if where else text.replace("`", ""))


# --- mending ----------------------------------------------------------------------------------------


def mend(body: bytes) -> bytes | Fault:
    """The body with everything replaced that JSON, Postgres or the profile could not hold; a Fault where it is no JSON
    at all.

    NUL and lone surrogates in text become U+FFFD, as do bytes that are not UTF-8; text is cut at `MAX_TEXT`; NaN and
    infinities become null; whole numbers beyond 64 bit become decimal numbers.
    """
    try:
        value = json.loads(body.decode("utf-8", "replace"))
        return msgspec.json.encode(_mend(value))
    except RecursionError:
        return Fault(Reason.MALFORMED, "the body is nested too deeply")
    except ValueError as error:
        return Fault(Reason.MALFORMED, f"the body is not JSON: {error}"[:200])


def _mend(value: Any) -> Any:
    kind = value.__class__
    if kind is str:
        return _mend_text(value)
    if kind is dict:
        return {_mend_text(name): _mend(item) for name, item in value.items()}
    if kind is list:
        return [_mend(item) for item in value]
    if kind is int and not -INT64 <= value < INT64:
        return _mend(float(value)) if abs(value) < 1 << 1000 else None
    if kind is float and not math.isfinite(value):
        return None
    return value


def _mend_text(text: str) -> str:
    return make_storable(text)[:MAX_TEXT]
