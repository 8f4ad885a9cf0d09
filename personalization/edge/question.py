"""What may be asked of a page's placements, and about whom? The bodies of POST /v1/decide, and what GET /v1/stream has
in common with them."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from tracking.formats import segment
from tracking.formats.fitting import Fitting
from tracking.formats.segment import MAX_ID, Context

MAX_PLACEMENTS = 50
NOTHING_TOLD = Context()
# As long as a placement's key may be; each stands in the log once for every placement asked.
Key = Annotated[str, Meta(max_length=64)]
Id = Annotated[str, Meta(max_length=MAX_ID)] | int | None
S = TypeVar("S", bound=msgspec.Struct)
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Question(msgspec.Struct, rename="camel"):
    """The body of POST /v1/decide."""

    placements: list[Key]
    write_key: str | None = None
    anonymous_id: Id = None
    user_id: Id = None
    user_hash: str | None = None  # proves the userId (tracking.identity)
    context: Context | None = None
    events: list[msgspec.Raw] | None = None
    # What the page shows in this view, variants by placement.
    shown: Annotated[dict[Key, Key | None], Meta(max_length=MAX_PLACEMENTS)] | None = None
    preview: str | None = None
    explain: bool | None = None
    sent_at: str | int | float | None = None  # corrects the clock of `events`

    @property
    def told(self) -> Context:
        return self.context or NOTHING_TOLD

    @property
    def standing(self) -> dict[str, str]:
        return {key: variant for key, variant in self.shown.items() if variant} if self.shown else {}


# What a question cannot do without, or had better not lose unsaid. The rest is context.
NEEDED = frozenset(
    ("placements", "writeKey", "anonymousId", "targetingKey", "userId", "events", "shown", "preview", "explain")
)


def decoder_of(kind: type[S]) -> Callable[[bytes], S]:
    """Reads a body of this kind, mended as events are: text that cannot be stored, parts of the context of the wrong
    kind (a choice about consent that cannot be read is a refusal). Null counts as absent. Raises UNREADABLE."""
    return partial(_read, decoder=msgspec.json.Decoder(kind), kind=kind)


def _read(body: bytes, decoder: msgspec.json.Decoder[S], kind: type[S]) -> S:
    try:
        if not segment.names_nul(body):
            return decoder.decode(body)
    except UNREADABLE:
        pass  # the careful way below mends it, or names the fault
    better = segment.mend(body)
    if isinstance(better, segment.Fault):
        return decoder.decode(body)
    value = msgspec.json.decode(better)
    return decoder.decode(
        msgspec.json.encode(Fitting(MAX_PLACEMENTS, NEEDED).fit(value, kind)) if isinstance(value, dict) else better
    )


read = decoder_of(Question)
# A question's context by itself, read as in the question: what that forgives, a stream must not refuse.
read_context = decoder_of(Context)


def field_of(message: str) -> str:
    """msgspec ends its messages with the path of the fault, as in "... - at `$.context.page`", or names a field that is
    missing there."""
    said, found, path = message.rpartition("at `$")
    _, missing, name = (said if found else message).partition("missing required field `")
    return ".".join(
        part for part in (path.strip("`.") if found else "", name.partition("`")[0] if missing else "") if part
    )
