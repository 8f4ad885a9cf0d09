"""decide and collect under load: requests a second of one core, beside a bare hello on the same server and
interface."""

import json
import random
import statistics
import urllib.request
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import redis

from benchmarks.measure import Row
from benchmarks.serving.load import Figures, load
from benchmarks.serving.stack import WRITE_KEY, Server, publish, stores, web

ROUNDS = 3
VISITORS = 1000
EDGE = "personalization.asgi:application"
AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)

HEADERS = {
    "user-agent": AGENT,
    "accept-language": "de-DE,de;q=0.9",
    "cf-ipcountry": "DE",
    "content-type": "application/json",
}


def batch(visitor: str, seed: int, message: str = "") -> bytes:
    """What the tracker sends of one look at a product page: ten events, about 4 KB. `message` begins each messageId."""
    chance = random.Random(seed)
    message = message or str(uuid.UUID(int=chance.getrandbits(128)))
    product = chance.randrange(200)
    page_id, thing = (
        f"{message}-p",
        {"product_id": f"K-{product}", "category": f"c{product % 8}", "price": product + 0.95, "currency": "EUR"},
    )
    looks: list[tuple[str, dict]] = [
        ("Product Viewed", {"page_id": page_id, **thing}),
        *(
            ("Page Dwell", {"page_id": page_id, "seconds": seconds, "product_id": thing["product_id"]})
            for seconds in (5, 10, 20, 31)
        ),
        *(("Scroll Depth", {"page_id": page_id, "percent": percent}) for percent in (40, 75)),
        ("Pointer Activity", {"page_id": page_id, "moves": 42, "clicks": 3}),
        ("Product Added", {**thing, "quantity": 1}),
    ]
    page = {
        "url": f"https://shop.example/p/K-{product}",
        "path": f"/p/K-{product}",
        "title": "Kettle",
        "referrer": "https://shop.example/c/kettles",
    }
    common = {
        "anonymousId": visitor,
        "timestamp": "2026-05-04T10:11:12.123Z",
        "context": {"page": page, "locale": "de-DE"},
    }
    messages = [{"type": "page", "messageId": f"{message}-0", **common, "properties": {"page_id": page_id}}]
    for number, (name, properties) in enumerate(looks, 1):
        messages.append(
            {"type": "track", "event": name, "messageId": f"{message}-{number}", **common, "properties": properties}
        )
    return json.dumps({"writeKey": WRITE_KEY, "sentAt": "2026-05-04T10:11:13.000Z", "batch": messages}).encode()


def script(path: str, body: str) -> str:
    """A request of wrk per visitor and messageId: $V and $M in the body stand for them."""
    return f"""
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["User-Agent"] = "{AGENT}"
wrk.headers["Accept-Language"] = "de-DE,de;q=0.9"
wrk.headers["CF-IPCountry"] = "DE"
local body = [[{body}]]
local run, i = tostring(os.time()) .. tostring(math.random(1e9)), 0
request = function()
  i = i + 1
  local filled = body:gsub("%$(%u)", {{V = string.format("5f1d0c7e-3f2e-4a0e-a9f7-%012d", i * 7919 % {VISITORS}), M = run .. i}})
  return wrk.format(nil, "{path}", nil, filled)
end
"""


def question() -> str:
    page = {"url": "https://shop.example/"}
    return json.dumps(
        {
            "writeKey": WRITE_KEY,
            "anonymousId": "$V",
            "placements": ["home-hero"],
            "context": {"page": page, "locale": "de-DE"},
        }
    )


def warm(server: Server) -> None:
    """Every visitor gets a history, so that decide reads real profiles."""
    for number in range(VISITORS):
        for seed in (number, number + VISITORS):
            request = urllib.request.Request(
                f"{server.url}/v1/batch", batch(f"5f1d0c7e-3f2e-4a0e-a9f7-{number:012}", seed), HEADERS
            )
            with urllib.request.urlopen(request) as answer:
                answer.read()


def check(server: Server) -> None:
    """A decision that no rule wins would cost less than it should."""
    request = urllib.request.Request(
        f"{server.url}/v1/decide", question().replace("$V", "5f1d0c7e-3f2e-4a0e-a9f7-000000000001").encode(), HEADERS
    )
    with urllib.request.urlopen(request) as answer:
        decision = json.load(answer)["decisions"][0]
    if decision["reason"] != "TARGETING_MATCH":
        raise RuntimeError(f"no rule won: {decision['reason']} {decision['detail']}")


def in_turn(loads: dict[str, Callable[[], Figures]]) -> dict[str, list[Figures]]:
    """Round-robin, so that a ratio comes from runs seconds apart; one uncounted round first."""
    for one in loads.values():
        one()
    rounds = [[one() for one in loads.values()] for _ in range(ROUNDS)]
    return {name: list(runs) for name, runs in zip(loads, zip(*rounds, strict=True), strict=True)}


def median(runs: list[Figures], name: str) -> float:
    return statistics.median(getattr(one, name) for one in runs)


def run() -> list[Row]:
    rows = decide_rows()
    return rows + collect_rows()


def decide_rows() -> list[Row]:
    with ExitStack() as stack:
        hello = stack.enter_context(web("benchmarks.serving.hello:application", {}))
        loads = {"hello": partial(load, hello.url, hello.group)}
        for n in (100, 1_000, 10_000):
            environment = stack.enter_context(stores())
            with redis.Redis.from_url(environment["REDIS_URL"]) as client:
                publish(client, n)
            edge = stack.enter_context(web(EDGE, environment))
            warm(edge)
            check(edge)
            loads[f"decide {n}"] = partial(load, edge.url, edge.group, script=script("/v1/decide", question()))
        figures = in_turn(loads)
    report(figures)
    rate, p99 = medians(figures, "rate"), medians(figures, "p99_ms")
    of_hello, flatness, of_p99 = (
        rate["decide 1000"] / rate["hello"],
        rate["decide 10000"] / rate["decide 100"],
        p99["decide 1000"] / p99["hello"],
    )
    return [
        Row(
            "decide, 1,000 rules",
            rate["decide 1000"],
            "requests/s",
            "JSON hello",
            rate["hello"],
            of_hello,
            0.30,
            0.45,
            note=costs(figures),
        ),
        Row(
            "decide, 10,000 rules",
            rate["decide 10000"],
            "requests/s",
            "at 100 rules",
            rate["decide 100"],
            flatness,
            0.7,
            0.9,
        ),
        Row("decide, p99", p99["decide 1000"], "ms", "JSON hello's p99", p99["hello"], of_p99, 3.0, 2.0, lower=True),
    ]


def collect_rows() -> list[Row]:
    with ExitStack() as stack:
        hello = stack.enter_context(web("benchmarks.serving.hello:application", {}))
        environment = stack.enter_context(stores(database=True))
        with redis.Redis.from_url(environment["REDIS_URL"]) as client:
            publish(client, 100)
        edge = stack.enter_context(web(EDGE, environment))
        usual_environment = {**environment, "DJANGO_SETTINGS_MODULE": "benchmarks.serving.usual_settings"}
        usual = stack.enter_context(web("benchmarks.serving.usual:application", usual_environment, interface="wsgi"))
        body = script("/v1/batch", batch("$V", 1, "$M").decode())
        figures = in_turn(
            {
                "hello": partial(load, hello.url, hello.group),
                "collect": partial(load, edge.url, edge.group, script=body),
                "usual": partial(load, usual.url, usual.group, script=body),
            }
        )
    report(figures)
    rate = medians(figures, "rate")
    of_hello, of_usual = rate["collect"] / rate["hello"], rate["collect"] / rate["usual"]
    return [
        Row(
            "collect, 10 events",
            rate["collect"],
            "requests/s",
            "JSON hello",
            rate["hello"],
            of_hello,
            0.12,
            0.20,
            note=costs(figures),
        ),
        Row(
            "collect, 10 events",
            rate["collect"],
            "requests/s",
            "serializer + bulk_create",
            rate["usual"],
            of_usual,
            15,
            30,
        ),
    ]


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


if __name__ == "__main__":
    for row in run():
        print(row.verdict, row)
