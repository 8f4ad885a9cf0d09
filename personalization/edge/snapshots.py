"""What does an edge process know without asking? The sites and their live releases, kept current by a subscription.

Both come from Redis, never from Postgres. The last ones seen are also kept on disk, so that a process that starts while
Redis is away still answers.
"""

import asyncio
import contextlib
import os
from collections import OrderedDict
from pathlib import Path

import msgspec
import structlog

from campaigns.release import FrozenRelease, load
from personalization.allotting import read_allotted
from personalization.redis import Redis, RedisUnavailable
from personalization.situation import NO_COUPONS, NOTHING_BESIDE, Beside, ready
from segments.merging import NO_ROWS
from segments.tallies import Rows
from sites import keys
from sites.config import Sites

log = structlog.get_logger(__name__)

RECHECK_SECONDS = 5  # a message can be missed; the subscription is the fast way, this the sure one
UNKNOWING_SECONDS = 0.5  # while no sites are known, and nobody is answered
KEPT_OLD_RELEASES = 16


class Snapshots:
    """`sites` and `live` are replaced whole, so no request sees half of a change. A request takes its release once."""

    def __init__(self, redis: Redis, folder: Path) -> None:
        self.redis, self.folder = redis, folder
        self.sites = Sites.empty()
        self.knows_sites = False  # a new installation has none, and that is knowledge too
        self.problem = ""  # what the latest look failed with, where it was not for Redis' absence
        self.live: dict[int, FrozenRelease] = {}
        self._used_up: dict[int, frozenset[int]] = {}  # by site
        self._allotted: dict[int, tuple[bytes, str]] = {}  # by site: what `_beside` was made of, and for which release
        self._beside: dict[int, Beside] = {}
        self.older: OrderedDict[tuple[int, str], FrozenRelease] = OrderedDict()
        self.changed = asyncio.Event()  # set whenever a release went live; streams wait on it
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._sites_blob = b""  # what `sites` was read from

    def rows_of(self, site: int) -> Rows:
        """What the fold counts of a site's events."""
        release = self.live.get(site)
        return NO_ROWS if release is None else release.rows

    async def start(self) -> None:
        """Looks once. Whatever comes of that, later looks go on."""
        await self._look()
        if not self.knows_sites:
            self._read_folder()
        self._task = asyncio.ensure_future(self._follow())

    def stop(self) -> None:
        if self._task:
            self._task.cancel()

    def wake(self) -> None:
        """Something was published: look now instead of at the next check."""
        self._wake.set()

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), RECHECK_SECONDS if self.knows_sites else UNKNOWING_SECONDS)
            self._wake.clear()
            await self._look()

    async def _look(self) -> None:
        try:
            await self.refresh()
            self.problem = ""
        except RedisUnavailable:
            return
        except Exception as error:  # a snapshot that cannot be read must not stop the process from following later ones
            before, self.problem = self.problem, f"{type(error).__name__}: {error}"
            if self.problem != before:
                log.exception("snapshot_unreadable")

    async def refresh(self) -> None:
        """Raises RedisUnavailable; then everything stays as it was."""
        blob = await self.redis.call("GET", keys.SITES)
        if blob is None and not self.knows_sites:  # Redis was emptied while we were away; beat fills it again
            self._read_folder()
        if blob and blob != self._sites_blob:
            self.sites = Sites.from_bytes(blob)
            self.knows_sites, self._sites_blob = True, blob
            self._keep("sites", blob)
        for site in self.sites.by_id:
            await self._refresh_release(site)
            self._note_allotted(site, await self.redis.call("GET", keys.allotted(site)) or b"")
        self._note_used_up(await self.redis.call("GET", keys.USED_UP) or b"{}")

    async def _refresh_release(self, site: int) -> None:
        version = await self.redis.call("GET", keys.live_release(site))
        current = self.live.get(site)
        if version is None or (current and current.version == version.decode()):
            return
        blob = await self.redis.call("GET", keys.release(site, version.decode()))
        if blob:
            try:
                self._go_live(site, load(blob))
            # Another version of Segue wrote it: what this site had stays live, other sites go on.
            except ValueError as error:
                log.error("release_unreadable", site=site, error=str(error))
                return
            self._keep(f"release-{site}", blob)

    def beside(self, site: int) -> Beside:
        """What stands beside its live release."""
        return self._beside.get(site, NOTHING_BESIDE)

    def _note_allotted(self, site: int, blob: bytes) -> None:
        """Weights of bandits, and arms that were set by hand. Open pages hear of the latter alone: who looks at an arm
        is not to see another one because a batch went by."""
        release = self.live.get(site)
        made_of = (blob, release.version if release else "")
        if release is None or self._allotted.get(site, (b"", "")) == made_of:
            return
        self._allotted[site] = made_of
        try:
            allotted, before = read_allotted(blob), self.beside(site)
        # Another version of Segue wrote it: what this site had stays, other sites go on.
        except msgspec.MsgspecError as error:
            log.error("allotted_unreadable", site=site, error=str(error))
            return
        self._beside[site] = before._replace(weights=ready(release, allotted.weights), overrides=allotted.overrides)
        self._keep(f"allotted-{site}", blob)
        if before.overrides != allotted.overrides:
            self._announce()

    def _note_used_up(self, blob: bytes) -> None:
        told = msgspec.json.decode(blob, type=dict[int, frozenset[int]])
        found = {
            site: told[site].intersection(variant.coupon for variant in release.variants)
            for site, release in self.live.items()
            if site in told
        }
        before, self._used_up = self._used_up, {site: coupons for site, coupons in found.items() if coupons}
        if self._used_up != before:
            for site in self.live:
                coupons = self._used_up.get(site, NO_COUPONS)
                self._beside[site] = self.beside(site)._replace(used_up=coupons)
            self._announce()

    def _go_live(self, site: int, release: FrozenRelease) -> None:
        previous = self.live.get(site)
        if previous:
            self._remember(site, previous)
        self.live = {**self.live, site: release}
        self._announce()
        log.info("release_live", site=site, version=release.version, rules=len(release.rules))

    def _announce(self) -> None:
        """What visitors see may be another thing now: open pages are decided anew."""
        self.changed.set()
        self.changed = asyncio.Event()

    async def release(self, site: int, version: str) -> FrozenRelease | None:
        """A release by version: the live one, one seen before, or from Redis, where old ones stay for a month."""
        live = self.live.get(site)
        if live and live.version == version:
            return live
        if older := self.older.get((site, version)):
            return older
        blob = await self.redis.call("GET", keys.release(site, version))
        if not blob:
            return None
        release = load(blob)
        self._remember(site, release)
        return release

    def _remember(self, site: int, release: FrozenRelease) -> None:
        self.older[site, release.version] = release
        if len(self.older) > KEPT_OLD_RELEASES:
            self.older.popitem(last=False)

    # --- disk ---------------------------------------------------------------------------------------

    def _keep(self, name: str, blob: bytes) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            fresh = self.folder / f".{name}.{os.getpid()}"
            fresh.write_bytes(blob)
            fresh.replace(self.folder / name)
        except OSError as error:
            log.warning("snapshot_not_kept", name=name, error=str(error))

    def _read_folder(self) -> None:
        try:
            self.sites = Sites.from_bytes((self.folder / "sites").read_bytes())
        except (OSError, ValueError):
            return
        self.knows_sites = True
        for site in self.sites.by_id:
            try:
                self.live[site] = load((self.folder / f"release-{site}").read_bytes())
                self._note_allotted(site, (self.folder / f"allotted-{site}").read_bytes())
            except (OSError, ValueError):
                continue
        log.warning("using_kept_snapshots", sites=len(self.sites.by_id), releases=len(self.live))
