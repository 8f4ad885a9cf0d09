"""What may a client of flags evaluate by itself? One document for each kind of key, made anew when it would be another
one: with a release, and when rules or creatives begin or end."""

import asyncio
import contextlib
from collections.abc import Collection, Hashable
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from campaigns.flags.compiling import VISITOR, compile_flags
from campaigns.release import FrozenRelease
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


NOTHING = FlagDocument(None, b'{"status":200,"features":{}}', b'"none"', frozenset())


async def document_of(state: State, access: Access, base_url: str) -> FlagDocument:
    """For a page's key, or for that of the site's servers. `base_url` is where uploaded pictures lie."""
    release = state.snapshots.live.get(access.site.id)
    if release is None:
        return NOTHING
    now = now_ms()
    out = _out(release, now, state.snapshots.used_up(access.site.id))
    stands_for = (release.schedule.live(now), out, base_url)
    kept = ("document", access.is_secret)  # the latest one is kept: however many there were, no more lie about
    document: FlagDocument | None = release.outcomes.get(kept)
    if document is None or document.stands_for != stands_for:
        # In a thread, for a thousand rules take a tenth of a second, and others wait to be answered.
        body, paths = await asyncio.to_thread(_make, release, now, out, base_url.encode(), not access.is_secret)
        etag = b'"%b"' % blake2b(body, digest_size=12).hexdigest().encode()
        document = FlagDocument(stands_for, body, etag, paths)
        release.outcomes[kept] = document
    return document


def _make(
    release: FrozenRelease, now: int, out: frozenset[int], base_url: bytes, is_public: bool
) -> tuple[bytes, frozenset[str]]:
    compiled = compile_flags(release, now, out, partial(filled, values=None, base_url=base_url), is_public=is_public)
    told: dict[str, Any] = {
        "status": 200,
        "features": compiled.document.features,
        "savedGroups": compiled.document.saved_groups,
        "remoteOnly": compiled.remote,
    }
    return msgspec.json.encode(told), compiled.paths


def known_of(situation: Situation, paths: Collection[str]) -> dict[str, Any]:
    """The attributes at these paths as an SDK wants them, objects within objects, and whom lots are drawn for. Without
    what has no value, and of somebody who may not be known, without the visitor."""
    known: dict[str, Any] = {}
    if situation.unit and not situation.barred:
        known[VISITOR] = situation.unit
    for path in sorted(paths):
        value = situation.attributes[path]
        if value is not None:
            *heads, last = path.split(".")
            inner = known
            for head in heads:
                inner = inner.setdefault(head, {})
            inner[last] = value
    return known


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
