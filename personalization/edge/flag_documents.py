"""What may a client of flags evaluate by itself? One document for each kind of key, made anew when it would be another
one: with a release, and when rules or creatives begin or end."""

import asyncio
import contextlib
from collections.abc import Collection, Hashable, Iterator, Mapping
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from campaigns.flags import Document, Feature
from campaigns.flags.compiling import VISITOR, compile_flags
from campaigns.release import FrozenRelease
from campaigns.treatments.weights import Weights
from personalization.edge.answer import filled
from personalization.edge.http import Send, event, remark
from personalization.edge.state import State
from personalization.edge.streams import KEEP_ALIVE_SECONDS
from personalization.situation import Situation
from sites.config import Access
from sites.times import now_ms


class FlagDocument(NamedTuple):
    stands_for: Hashable  # all that it was made of, beside the release
    body: bytes
    etag: bytes
    paths: frozenset[str]  # attributes that its conditions ask for


class _Told(Document, frozen=True, gc=False, kw_only=True):
    """As SDKs load it; what they do not know, they pass over."""

    status: int
    features: dict[str, Feature]  # also where there are none
    remote_only: dict[str, str] = {}  # placements that must be asked for, and why


NOTHING = FlagDocument(None, b'{"status":200,"features":{}}', b'"none"', frozenset())


async def document_of(state: State, access: Access, base_url: str) -> FlagDocument:
    """For a page's key, or for that of the site's servers. `base_url` is where uploaded pictures lie."""
    release = state.snapshots.live.get(access.site.id)
    if release is None:
        return NOTHING
    now = now_ms()
    beside = state.snapshots.beside(access.site.id)
    out = _out(release, now, beside.used_up)
    versions = tuple((pk, weights.version) for pk, weights in beside.weights.items())
    stands_for = (release.schedule.live(now), out, base_url, versions)
    kept = ("document", access.is_secret)  # the latest one is kept: however many there were, no more lie about
    document: FlagDocument | None = release.outcomes.get(kept)
    if document is None or document.stands_for != stands_for:
        # In a thread, for a thousand rules take a tenth of a second, and others wait to be answered.
        told = (release, now, out, beside.weights, base_url.encode(), not access.is_secret)
        body, paths = await asyncio.to_thread(_make, *told)
        etag = b'"%b"' % blake2b(body, digest_size=12).hexdigest().encode()
        document = FlagDocument(stands_for, body, etag, paths)
        release.outcomes[kept] = document
    return document


def _make(
    release: FrozenRelease,
    now: int,
    out: frozenset[int],
    weights: Mapping[int, Weights],
    base_url: bytes,
    is_public: bool,
) -> tuple[bytes, frozenset[str]]:
    value_of = partial(filled, values=None, base_url=base_url)
    compiled = compile_flags(release, now, out, value_of, weights, is_public=is_public)
    document = compiled.document
    told = _Told(
        status=200,
        features=document.features,
        saved_groups=document.saved_groups,
        contextual_bandits=document.contextual_bandits,
        remote_only=compiled.remote,
    )
    return msgspec.json.encode(told), compiled.paths


def known_of(situation: Situation, paths: Collection[str]) -> dict[str, Any]:
    """The attributes at these paths as an SDK wants them, objects within objects, and whom lots are drawn for. Without
    what has no value, and of somebody who may not be known, without the visitor."""
    known: dict[str, Any] = {}
    if situation.unit and not situation.barred:
        known[VISITOR] = situation.unit
    for heads, last, value in _parts(situation, paths):
        inner = known
        for head in heads:
            inner = inner.setdefault(head, {})
        inner[last] = value
    return known


def _parts(situation: Situation, paths: Collection[str]) -> Iterator[tuple[list[str], str, Any]]:
    """What lies inside a value that is given whole, an SDK finds there."""
    given: list[str] = []
    for path in sorted(paths):
        value = situation.attributes[path]
        if value is not None and not any(path.startswith(f"{whole}.") for whole in given):
            given.append(path)
            *heads, last = path.split(".")
            yield heads, last, value


async def follow(state: State, access: Access, base_url: str, known: str, send: Send) -> None:
    """Sends each new document as it comes; `known` is the etag of the one that the client has, who may connect again
    after having heard it."""
    while True:
        changed = state.snapshots.changed
        document = await document_of(state, access, base_url)
        etag = document.etag.decode().strip('"')
        await send(
            remark("still here") if etag == known else event("features", msgspec.Raw(document.body), identity=etag)
        )
        known = etag
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), KEEP_ALIVE_SECONDS)


def _out(release: FrozenRelease, now: int, used_up: frozenset[int]) -> frozenset[int]:
    """Positions of the creatives that nobody is shown now: few have a time at all."""
    timed = release.outcomes.get("timed")
    if timed is None:
        timed = [i for i, one in enumerate(release.variants) if one.coupon or one.opens or one.closes or one.until]
        release.outcomes["timed"] = timed
    return frozenset(i for i in timed if release.variants[i].is_out(now, used_up))
