"""decide and collect under load: requests a second of one core, beside a bare hello and a plain handler in Python on
the same server and interface."""

import statistics
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import redis

from benchmarks.measure import Row
from benchmarks.serving.load import Figures, load
from benchmarks.serving.requests import VISITOR, batch, question, script, sizes, warm
from benchmarks.serving.stack import Server, publish, stores, web

ROUNDS = 3
HELLO, EDGE, PLAIN, USUAL = (
    "benchmarks.serving.hello:application",
    "personalization.asgi:application",
    "benchmarks.serving.plain:application",
    "benchmarks.serving.usual:application",
)
DECIDING, COLLECTING = script("/v1/decide", question()), script("/v1/batch", batch("$V", 1, "$M").decode())

Loads = dict[str, Callable[[], Figures]]


def run() -> list[Row]:
    return [*decide_rows(), *collect_rows()]


def decide_rows() -> list[Row]:
    with ExitStack() as stack:
        loads: Loads = {"hello": loaded(stack.enter_context(web(HELLO, {})))}
        for n in (1_000, 100, 10_000):
            edge, environment = edge_of(stack, n)
            if n == 1_000:
                loads["plain"] = loaded(plain_beside(stack, edge, environment), DECIDING)
            loads[f"decide {n}"] = loaded(edge, DECIDING)
        loads["dividing"] = loaded(edge_of(stack, 1_000, divides=True)[0], DECIDING)
        figures = in_turn(loads)
    rate, p99 = medians(figures, "rate"), medians(figures, "p99_ms")
    ours, tail = rate["decide 1000"], p99["decide 1000"]
    return [
        against("decide, 1,000 rules", rate, "decide 1000", "hello", "JSON hello", 0.30, 0.45, note=costs(figures)),
        against("decide, 1,000 rules", rate, "decide 1000", "plain", "plain Python, one read", 0.55, 0.75),
        against("decide, 10,000 rules", rate, "decide 10000", "decide 100", "at 100 rules", 0.7, 0.9),
        against("decide, 1,000 rules that all divide", rate, "dividing", "decide 1000", "none divides", 0.95, 1.0),
        Row(
            "decide, p99", tail, "ms", "JSON hello's p99", p99["hello"], tail / p99["hello"], 3.0, 2.0, lower=True,
            note=f"plain Python's: {p99['plain']:.2f} ms; at {ours:,.0f} requests/s",
        ),
    ]  # fmt: skip


def collect_rows() -> list[Row]:
    with ExitStack() as stack:
        hello = stack.enter_context(web(HELLO, {}))
        edge, environment = edge_of(stack, 100, database=True)
        plain = plain_beside(stack, edge, environment)
        usual_environment = {**environment, "DJANGO_SETTINGS_MODULE": "benchmarks.serving.usual_settings"}
        usual = stack.enter_context(web(USUAL, usual_environment, interface="wsgi"))
        figures = in_turn(
            {
                "hello": loaded(hello),
                "plain": loaded(plain, COLLECTING),
                "collect": loaded(edge, COLLECTING),
                "usual": loaded(usual, COLLECTING),
            }
        )
    rate = medians(figures, "rate")
    return [
        against("collect, 10 events", rate, "collect", "hello", "JSON hello", 0.12, 0.20, note=costs(figures)),
        against("collect, 10 events", rate, "collect", "plain", "plain Python, one append", 0.40, 0.60),
        against("collect, 10 events", rate, "collect", "usual", "serializer + bulk_create", 15, 30),
    ]


def edge_of(
    stack: ExitStack, rules: int, *, database: bool = False, divides: bool = False
) -> tuple[Server, dict[str, str]]:
    """Our edge with a release of so many rules, stores of its own, and visitors who were there before."""
    environment = stack.enter_context(stores(database=database))
    with redis.Redis.from_url(environment["REDIS_URL"]) as client:
        publish(client, rules, divides=divides)
    edge = stack.enter_context(web(EDGE, environment))
    warm(edge)
    return edge, environment


def plain_beside(stack: ExitStack, edge: Server, environment: dict[str, str]) -> Server:
    """The plain handler at the same Redis, which finds there for each visitor a value as large as a profile."""
    with redis.Redis.from_url(environment["REDIS_URL"]) as client:
        for number, name in enumerate(client.scan_iter("*:profile:*", count=1000)):
            client.set(f"plain:{VISITOR % number}", client.get(name))
    return stack.enter_context(web(PLAIN, {**environment, **sizes(edge)}))


def loaded(server: Server, body: str = "") -> Callable[[], Figures]:
    return partial(load, server.url, server.group, script=body)


def in_turn(loads: Loads) -> dict[str, list[Figures]]:
    """Round-robin, so that a ratio comes from runs seconds apart; one uncounted round first."""
    for one in loads.values():
        one()
    rounds = [[one() for one in loads.values()] for _ in range(ROUNDS)]
    figures = {name: list(runs) for name, runs in zip(loads, zip(*rounds, strict=True), strict=True)}
    report(figures)
    return figures


def median(runs: list[Figures], name: str) -> float:
    return statistics.median(getattr(one, name) for one in runs)


def against(
    promise: str, rate: dict[str, float], ours: str, other: str, yardstick: str, must: float, aim: float, note: str = ""
) -> Row:
    ratio = rate[ours] / rate[other]
    return Row(promise, rate[ours], "requests/s", yardstick, rate[other], ratio, must, aim, note=note)


def medians(figures: dict[str, list[Figures]], field: str) -> dict[str, float]:
    return {name: median(runs, field) for name, runs in figures.items()}


def costs(figures: dict[str, list[Figures]]) -> str:
    """CPU of the server a request: steadier than the rate where neighbours are busy."""
    return "; ".join(f"{name}: {cost:.0f} us CPU" for name, cost in medians(figures, "cpu_us").items())


def report(figures: dict[str, list[Figures]]) -> None:
    for name, runs in figures.items():
        shown = {field: median(runs, field) for field in ("rate", "cpu_us", "p50_ms", "p99_ms")}
        print(
            "  {:16} {rate:10.0f}/s  {cpu_us:8.1f} us CPU  p50 {p50_ms:6.2f} ms  p99 {p99_ms:6.2f} ms".format(
                name, **shown
            )
        )
        failed = sum(one.failed for one in runs)
        if failed:
            raise RuntimeError(f"{name}: {failed} answers were no success; the figures mean nothing")
