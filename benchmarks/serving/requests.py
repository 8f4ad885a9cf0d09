"""What is the hot paths asked under load? The tracker's batch of ten events and a page's question, of a thousand
visitors in turn."""

import json
import random
import urllib.request
import uuid

from benchmarks.serving.stack import WRITE_KEY, Server

VISITORS = 1000
VISITOR = "5f1d0c7e-3f2e-4a0e-a9f7-%012d"  # the anonymousId of each, also in the language of wrk's scripts
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
  local filled = body:gsub("%$(%u)", {{V = string.format("{VISITOR}", i * 7919 % {VISITORS}), M = run .. i}})
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
            ask(server, "/v1/batch", batch(VISITOR % number, seed))


def ask(server: Server, path: str, body: bytes) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(server.url + path, body, HEADERS)) as answer:
        return answer.read()


def sizes(server: Server) -> dict[str, str]:
    """How many bytes each path answers, by the names that the plain handler's settings have. Raises where no rule wins:
    such a decision would cost less than it should."""
    decided = ask(server, "/v1/decide", question().replace("$V", VISITOR % 1).encode())
    decision = json.loads(decided)["decisions"][0]
    if decision["reason"] != "TARGETING_MATCH":
        raise RuntimeError(f"no rule won: {decision['reason']} {decision['detail']}")
    kept = ask(server, "/v1/batch", batch(VISITOR % 1, 1, "sizes"))
    return {"DECIDE_BYTES": str(len(decided)), "BATCH_BYTES": str(len(kept))}
