"""Clients that send events without pause, and repeat what was not acknowledged, as the official SDKs do."""

import base64
import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from datetime import UTC, datetime

WRITE_KEY = "wk_load"
VISITORS = 12
BATCH = 5


class Load:
    """Sends from several threads while the block runs; afterwards every batch that was begun has been acknowledged.

    `acknowledged` has the message ids answered with 200, `answers` counts status codes (0: no answer).
    """

    def __init__(self, port: int, threads: int = 3, decide: bool = False) -> None:
        self.port = port
        self.acknowledged: set[str] = set()
        self.answers: Counter[int] = Counter()
        self.decisions: Counter[str] = Counter()
        self._decide = decide
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(seed,), daemon=True) for seed in range(threads)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive(), f"a client got no acknowledgement for 30 s; answers: {self.answers}"

    def go_on(self, batches: int = 30, seconds: float = 60) -> None:
        """Returns when so many further batches were acknowledged."""
        enough, deadline = len(self.acknowledged) + batches * BATCH, time.monotonic() + seconds
        while len(self.acknowledged) < enough:
            assert time.monotonic() < deadline, f"{len(self.acknowledged)} of {enough} acknowledged: {self.answers}"
            self._stopped.wait(0.02)

    def _send(self, seed: int) -> None:
        rng = random.Random(seed)
        client = Client(self.port)
        while not self._stopped.is_set():
            messages = [message(rng) for _ in range(BATCH)]
            while self._post(client, "/v1/batch", {"batch": messages})[0] != 200:
                time.sleep(0.05)
            self.acknowledged.update(sent["messageId"] for sent in messages)
            if self._decide:
                self._count_decisions(self._post(client, "/v1/decide", question(messages[0]["anonymousId"]))[1])

    def _post(self, client: "Client", path: str, body: dict) -> tuple[int, dict]:
        status, answer = client.post(path, body)
        self.answers[status] += 1
        return status, answer

    def _count_decisions(self, answer: dict) -> None:
        self.decisions.update(decision["reason"] for decision in answer.get("decisions", []))


class Client:
    """One connection, opened again when it breaks."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def post(self, path: str, body: dict) -> tuple[int, dict]:
        """Status 0 where there was no answer."""
        credentials = base64.b64encode(f"{WRITE_KEY}:".encode()).decode()
        try:
            self.connection.request(
                "POST",
                path,
                json.dumps(body),
                {"Authorization": f"Basic {credentials}", "User-Agent": "Mozilla/5.0 Firefox/140.0"},
            )
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException):
            self.connection.close()
            return 0, {}


def message(rng: random.Random) -> dict:
    return {
        "type": "track",
        "event": rng.choice(["Product Viewed", "Product Added", "Products Searched"]),
        "messageId": str(uuid.uuid4()),
        "anonymousId": f"visitor-{rng.randrange(VISITORS)}",
        "timestamp": datetime.now(UTC).isoformat(),
        "properties": {
            "product_id": f"K-{rng.randrange(40)}",
            "category": rng.choice(["Kitchen", "Garden"]),
            "price": 39.9,
            "query": "kettle",
        },
    }


def question(anonymous_id: str) -> dict:
    return {
        "anonymousId": anonymous_id,
        "placements": ["home-hero"],
        "context": {"page": {"url": "https://shop.example/"}},
    }
