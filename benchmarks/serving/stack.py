"""What runs while the hot paths are loaded? Our edge and the yardsticks on one core, the stores and the load on
another."""

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import redis

from benchmarks.serving.load import LOAD_CORE, SERVER_CORE
from campaigns import release
from campaigns.rules import FrozenRule
from campaigns.treatments import FrozenTreatment, single, split
from personalization.embedded import postgres, process, valkey
from sites import keys
from sites.config import SiteConfig

ROOT = Path(__file__).resolve().parent.parent.parent
WRITE_KEY = "wk_benchmark"
SITE = 1
COUNTRIES = ("DE", "FR", "US", "GB", "IT", "ES", "NL", "PL", "SE", "AT")
DEVICES = ("mobile", "desktop", "tablet")


@dataclass(frozen=True)
class Server:
    """A server under load: its port and its process group."""

    port: int
    group: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def rule_conditions(n: int, seed: int = 7) -> list[dict]:
    """n conditions of 3 to 4 predicates over country, device, counts and money, as a busy site's rules have them."""
    chance = random.Random(seed)
    conditions = []
    for _ in range(n):
        condition: dict = {
            "context.country": {"$in": chance.sample(COUNTRIES, 4)},
            "feature.product_views_total": {"$gt": chance.randrange(0, 4)},
            "context.device": chance.choice(DEVICES),
        }
        kind = chance.random()
        if kind < 0.5:
            condition["referral.channel"] = {"$in": chance.sample(("search", "social", "email", "paid", "direct"), 2)}
        elif kind < 0.75:
            condition["feature.orders_total"] = {"$lt": chance.randrange(1, 40)}
        else:
            condition["context.language"] = {"$ne": chance.choice(("en", "de", "fr"))}
        conditions.append(condition)
    return conditions


def source(n: int, *, divides: bool = False) -> release.Source:
    """A release of n live rules in one placement, each with a cap, so that caps are looked up. `divides`: each draws
    between two variants."""
    variants = [_variant(i) for i in range(min(n, 500))]
    rules = [
        FrozenRule(
            id=i + 1,
            name=f"Rule {i}",
            campaign="bench",
            campaign_name="Benchmark",
            placement="home-hero",
            priority=500,
            segment="",
            treatment=i % len(variants),
            starts_at=0,
            ends_at=0,
            cap_per_day=1000,
            cap_total=0,
            first_published_at=1,
            condition=condition,
        )
        for i, condition in enumerate(rule_conditions(n))
    ]
    return release.Source(
        site=SITE,
        segments=[],
        models={},
        placements=[release.FrozenPlacement("home-hero", 0, 0)],
        rules=rules,
        variants=variants,
        items=[],
        currency="EUR",
        treatments=[_divided(i, len(variants)) if divides else single.freeze(i) for i in range(len(variants))],
    )


def _divided(i: int, n: int) -> FrozenTreatment:
    parts = [("a", i, 50), ("b", (i + 1) % n, 50)]
    return split.freeze(i + 1, f"test-{i}", f"{i:016x}", parts, phase=1)


def _variant(i: int) -> release.FrozenVariant:
    text = b'{"key":"v%d","template":"hero","fields":{"headline":"Spring offer %d"},"html":"<p>Spring offer</p>"}' % (
        i,
        i,
    )
    return release.FrozenVariant(id=i, key=f"v{i}", slot="", link=[f"/c/{i}"], pieces=[text], holes=[], forms=[])


def publish(client: redis.Redis, n: int, *, divides: bool = False) -> None:
    """Puts the site and a release of n rules where the edge looks."""
    config = SiteConfig(
        id=SITE, name="Benchmark", domain="shop.example", write_key=WRITE_KEY, salt="5a" * 32, currency="EUR"
    )
    client.set(keys.SITES, msgspec.json.encode([config]))
    blob = release.dump(source(n, divides=divides))
    version = release.load(blob).version
    client.set(keys.release(SITE, version), blob)
    client.set(keys.live_release(SITE), version)


@contextlib.contextmanager
def stores(*, database: bool = False, pinned: bool = True) -> Iterator[dict[str, str]]:
    """Valkey and, if asked, Postgres, with throw-away data but synced to disk as in production; pinned to the load's
    core or not."""
    with tempfile.TemporaryDirectory(prefix="segue-bench-") as folder:
        Path(folder).chmod(0o755)
        server, redis_url = valkey.program(Path(folder))
        running = [_start(server, pinned)]
        environment = {"REDIS_URL": redis_url, "SEGUE_VAR": folder}
        try:
            if database:
                server, environment["DATABASE_URL"] = postgres.program(Path(folder))
                running.append(_start(server, pinned))
            yield environment
        finally:
            for one in running:
                _stop(one)


def _start(program: process.Program, pinned: bool) -> subprocess.Popen:
    child = process.start(program)
    deadline = time.monotonic() + program.start_seconds
    while not program.is_ready():
        if child.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{program.name} did not start")
        time.sleep(0.02)
    if not pinned:
        return child
    os.sched_setaffinity(child.pid, {LOAD_CORE})
    for thread in Path(f"/proc/{child.pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {LOAD_CORE})
    return child


def _stop(child: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


@contextlib.contextmanager
def web(target: str, environment: dict[str, str], *, interface: str = "asgi") -> Iterator[Server]:
    """One granian worker that serves `target` (module:name) on the server's core."""
    port = process.free_port()
    command = [
        "taskset",
        "-c",
        str(SERVER_CORE),
        sys.executable,
        "-m",
        "granian",
        "--interface",
        interface,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    command += [
        "--workers",
        "1",
        "--http",
        "1",
        "--no-ws",
        "--loop",
        "uvloop",
        "--log-level",
        "warning",
        "--blocking-threads",
        "1",
        target,
    ]
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment, "SEGUE_ADDRESS_RATE": "0", "SEGUE_TRUSTED_PROXIES": "1"},
        start_new_session=True,
    )
    try:
        _wait_for(port, child)
        yield Server(port, child.pid)
    finally:
        _stop(child)


def _wait_for(port: int, child: subprocess.Popen) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise RuntimeError("the server ended while starting")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            time.sleep(0.5)
            return
        time.sleep(0.05)
    raise RuntimeError("the server did not start in 40 s")
