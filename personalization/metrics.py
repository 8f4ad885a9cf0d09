"""How is this installation doing? Counters of every edge process, shared through Redis and added up for Prometheus.

A scrape reaches one process of several; so each writes its counters to one hash, and whoever is asked adds them up.
"""

import bisect
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from sites import keys
from sites.times import now_ms
from tracking.log.append import Call
from tracking.log.base import in_order, reader_of

STALE_SECONDS = 30
BUCKETS_MS = (0.25, 0.5, 1, 2, 5, 10, 25, 50, 100, 250, 1000)


class Histogram(msgspec.Struct, array_like=True):
    counts: list[int] = msgspec.field(default_factory=lambda: [0] * (len(BUCKETS_MS) + 1))
    total_ms: float = 0.0

    def observe(self, elapsed_ms: float) -> None:
        self.counts[bisect.bisect_left(BUCKETS_MS, elapsed_ms)] += 1
        self.total_ms += elapsed_ms


class Share(msgspec.Struct, array_like=True):
    """What one process tells the others."""

    at: float
    events: int
    decisions: int
    counts: dict[str, int]
    requests: dict[str, Histogram]


class Metrics:
    """Counters of this process. Plain integers: the hot paths cannot pay for locks and labels."""

    def __init__(self) -> None:
        self.events = 0
        self.decisions = 0
        self.counts: Counter[str] = Counter()
        self.requests: dict[str, Histogram] = {}
        self._of: dict[tuple[str, int], Histogram] = {}  # the same histograms, found without making their label
        self.name = f"{os.getpid()}-{time.time_ns()}"

    def count(self, name: str, number: int = 1) -> None:
        self.counts[name] += number

    def problem(self, where: str, error: Exception) -> None:
        self.counts[f"problem_{where}_{type(error).__name__}"] += 1

    def observe(self, route: str, status: int, elapsed_ms: float) -> None:
        histogram = self._of.get((route, status))
        if histogram is None:
            histogram = self._of[route, status] = self.requests[f"{route} {status}"] = Histogram()
        histogram.observe(elapsed_ms)

    async def share(self, call: Call) -> None:
        share = Share(time.time(), self.events, self.decisions, dict(self.counts), self.requests)
        await call("HSET", keys.METRICS, self.name, msgspec.msgpack.encode(share))


async def read_shares(call: Call) -> list[Share]:
    """The processes that spoke lately. What a process that ended had counted stays for `STALE_SECONDS`, then restarts
    at its successor."""
    flat = await call("HGETALL", keys.METRICS)
    shares, stale = [], []
    for name, value in zip(flat[::2], flat[1::2], strict=True):
        share = msgspec.msgpack.decode(value, type=Share)
        if time.time() - share.at > STALE_SECONDS:
            stale.append(name)
        else:
            shares.append(share)
    if stale:
        await call("HDEL", keys.METRICS, *stale)
    return shares


@dataclass
class LogState:
    """What the event log holds, and who has not passed all of it."""

    kept: dict[int, int] = field(default_factory=dict)  # partition -> records
    behind_ms: dict[str, int] = field(default_factory=dict)  # reader -> age of the oldest record it has not passed
    dead: int = 0


async def read_log(call: Call, partitions: int) -> LogState:
    """As Redis tells it: the edge asks no Postgres. Each reader shows its place in a consumer group."""
    state = LogState()
    for partition in range(partitions):
        key = keys.log(partition)
        state.kept[partition] = await call("XLEN", key)
        state.dead += await call("XLEN", keys.dead(partition))
        if state.kept[partition]:
            for flat in await call("XINFO", "GROUPS", key):
                group = dict(zip(flat[::2], flat[1::2], strict=True))
                reader = reader_of(group[b"name"].decode())
                behind = await _behind_ms(call, key, group[b"last-delivered-id"].decode())
                state.behind_ms[reader] = max(behind, state.behind_ms.get(reader, 0))
    return state


async def _behind_ms(call: Call, key: str, last_id: str) -> int:
    following = await call("XRANGE", key, f"({last_id}", "+", "COUNT", 1)
    if not following:
        return 0
    logged_at, _ = in_order(following[0][0].decode())
    return max(now_ms() - logged_at, 0)


class Families:
    """The shares as Prometheus families; `generate_latest` reads it like a registry."""

    def __init__(self, shares: list[Share], log: LogState, redis_up: bool) -> None:
        self.shares, self.log, self.redis_up = shares, log, redis_up

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("segue_redis_up", "1 while the edge reaches Redis.", value=float(self.redis_up))
        yield GaugeMetricFamily(
            "segue_edge_processes", "Edge processes that spoke within 30 s.", value=len(self.shares)
        )
        yield CounterMetricFamily(
            "segue_events", "Events accepted into the log.", value=sum(share.events for share in self.shares)
        )
        yield CounterMetricFamily(
            "segue_decisions", "Decisions answered.", value=sum(share.decisions for share in self.shares)
        )
        counts: Counter[str] = Counter()
        for share in self.shares:
            counts.update(share.counts)
        happenings = CounterMetricFamily(
            "segue_happenings", "What went wrong or was refused, by name.", labels=["name"]
        )
        for name, number in sorted(counts.items()):
            happenings.add_metric([name], number)
        yield happenings
        waiting = GaugeMetricFamily(
            "segue_log_entries",
            "Entries of the event log that are not trimmed yet, by partition.",
            labels=["partition"],
        )
        for partition, entries in sorted(self.log.kept.items()):
            waiting.add_metric([str(partition)], entries)
        yield waiting
        behind = GaugeMetricFamily(
            "segue_log_behind_seconds",
            "Age of the oldest entry that a reader of the event log has not passed; `store` fills Postgres.",
            labels=["reader"],
        )
        for reader, behind_ms in sorted(self.log.behind_ms.items()):
            behind.add_metric([reader], behind_ms / 1000)
        yield behind
        yield GaugeMetricFamily(
            "segue_dead_letters",
            "Records that could not be stored; `manage.py dead_letters` lists them.",
            value=self.log.dead,
        )
        yield self._latencies()

    def _latencies(self) -> HistogramMetricFamily:
        merged: dict[str, Histogram] = {}
        for share in self.shares:
            for label, histogram in share.requests.items():
                into = merged.setdefault(label, Histogram())
                into.counts = [a + b for a, b in zip(into.counts, histogram.counts, strict=True)]
                into.total_ms += histogram.total_ms
        family = HistogramMetricFamily(
            "segue_request_seconds", "Time to answer at the edge.", labels=["route", "status"]
        )
        for label, histogram in sorted(merged.items()):
            route, status = label.rsplit(" ", 1)
            running, buckets = 0, []
            for bound, number in zip([*BUCKETS_MS, None], histogram.counts, strict=True):
                running += number
                buckets.append(("+Inf" if bound is None else str(bound / 1000), running))
            family.add_metric([route, status], buckets, histogram.total_ms / 1000)
        return family
