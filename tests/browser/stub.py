"""A server for tests of the tracker alone: serves pages and t.js, keeps what it is sent, answers what it is told to."""

import json
import queue
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from personalization.edge.tracker import Tracker

KEY = "wk_test"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)

HERO = '<div data-segue-placement="hero" data-segue-min-height="120"><p>Our own words</p></div><p id="below">Below</p>'


def style(budget_ms: int) -> str:
    """What docs/tracker.md asks of a page with placements."""
    return (
        "<style>@keyframes segue{from,to{opacity:0}}[data-segue-placement]{display:grid;animation:segue"
        f" {budget_ms}ms}}</style>"
    )


def html(
    body: str = "<p>Hello</p>", attributes: str = "", head: str = "", about: str = "", budget_ms: int = 600_000
) -> str:
    """The time budget is without end by default, because machines that test are busy, and no clock of ours stops an
    animation."""
    return (
        f"<!doctype html><html lang=en><head><title>A page</title>{style(budget_ms)}{head}<link rel=icon"
        f" href='data:,'><script src='/t.js' data-write-key='{KEY}' {attributes} defer></script></head><body"
        f" {about}>{body}</body></html>"
    )


class Stub(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.pages: dict[str, str] = {"/": html()}
        self.tracker = Tracker().served.plain
        self.requests: list[tuple[str, dict, dict]] = []  # path, headers, body
        self.status = 200
        self.refusal: dict = {}  # the body, where status is none of success
        self.rejected: list[dict] = []  # of what was accepted otherwise
        self.retry_after = ""
        self.decisions: dict[str, dict] = {}  # placement -> variant
        self.portals: set[str] = set()  # addresses that answer 200 with a page
        self.may_decide = threading.Event()  # cleared: questions wait for their answer
        self.may_decide.set()
        self.streams: list[queue.Queue] = []
        self.is_restless = False  # whoever opens a stream hears at once that something changed
        self.closing = threading.Event()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def bodies(self, path: str) -> list[dict]:
        return [body for asked, _, body in list(self.requests) if asked == path]

    @property
    def events(self) -> list[dict]:
        """Every event once, in the order of arrival, whether it came in a batch or with a question."""
        messages = [
            message
            for _, _, body in list(self.requests)
            for message in (*body.get("batch", ()), *body.get("events", ()))
        ]
        return list({message["messageId"]: message for message in messages}.values())

    def named(self, name: str) -> list[dict]:
        return [event.get("properties", {}) for event in self.events if event.get("event", event["type"]) == name]

    def push(self, *placements: str) -> None:
        for stream in self.streams:
            stream.put({"placements": placements})

    def cut(self) -> None:
        """Ends every open stream, as a server does that goes."""
        for stream in self.streams:
            stream.put(None)

    def handle_error(self, request, client_address) -> None:
        """Who leaves a page waits for no answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        self.closing.set()
        self.may_decide.set()
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    server: Stub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_) -> None:
        pass

    def answer(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        always = {"Content-Type": kind, "Content-Length": str(len(body)), "Access-Control-Allow-Origin": "*"}
        for name, value in {**always, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_OPTIONS(self) -> None:
        """Allows whatever the page asks for, as the edge does."""
        self.answer(204, b"", Access_Control_Allow_Headers=self.headers["Access-Control-Request-Headers"])

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/t.js":
            self.answer(200, self.server.tracker, "text/javascript")
        elif path == "/v1/stream":
            self.stream()
        elif path in self.server.pages:
            self.answer(200, self.server.pages[path].encode(), "text/html; charset=utf-8")
        else:
            self.answer(404, b"none", "text/plain")

    def stream(self) -> None:
        self.server.requests.append((self.path, dict(self.headers), {}))
        messages: queue.Queue = queue.Queue()
        self.server.streams.append(messages)
        self.send_response(self.server.status)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        if self.server.is_restless:
            messages.put({"placements": []})
        while not self.server.closing.is_set():
            try:
                message = messages.get(timeout=0.2)
                if message is None:
                    return
                self.wfile.write(b"event: decisions\ndata: %b\n\n" % json.dumps(message).encode())
                self.wfile.flush()
            except queue.Empty:
                continue
            except OSError:
                return

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, dict(self.headers), body))
        if self.server.status != 200:
            extra = {"Retry-After": self.server.retry_after} if self.server.retry_after else {}
            return self.answer(self.server.status, json.dumps(self.server.refusal).encode(), **extra)
        if self.path in self.server.portals:
            return self.answer(200, b"<!doctype html>Log in", "text/html")
        if not self.path.startswith("/v1/"):
            return self.answer(404, b"<!doctype html>Not found", "text/html")
        if self.path == "/v1/decide":
            self.server.may_decide.wait()
            decisions = [self.decision(key) for key in body["placements"]]
            told = {"decisions": decisions, "release": "r1", "accepted": True, "rejected": self.server.rejected}
        else:
            told = {"success": True, "rejected": self.server.rejected}
        return self.answer(200, json.dumps(told).encode())

    def decision(self, key: str) -> dict:
        variant = self.server.decisions.get(key)
        address = f"{self.server.url}/v1/i/token-{key}-{variant['key']}" if variant else None
        return {
            "placement": key,
            "decisionId": f"d-{key}",
            "variant": variant,
            "reason": "TARGETING_MATCH",
            "impressionUrl": address,
            "clickUrl": address,
        }


# --- what tests ask of a page ------------------------------------------------------------------------


def stop_clock(context) -> None:
    """From here on the timers of its pages run in `until` and `clock.run_for` alone: none fires between two steps of a
    test."""
    context.clock.install(time=NOON)
    context.clock.pause_at(NOON + timedelta(seconds=1))


def until(page, condition, step_ms: int = 50):
    """Lets the page's clock and the network go on until it is so. The patience is that of a busy machine; nothing takes
    longer than it must."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if result := condition():
            return result
        page.clock.run_for(step_ms)
        page.wait_for_timeout(20)  # for the network, which has no clock
    raise AssertionError("did not happen")


def appears(page, text: str) -> None:
    until(page, page.get_by_text(text).is_visible)


def opacity(page) -> str:
    return page.locator("[data-segue-placement]").first.evaluate("element => getComputedStyle(element).opacity")


def end_budget(page) -> None:
    """As when the time budget is over: what was hidden shows."""
    page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")


def stored(page, key: str):
    return page.evaluate("key => JSON.parse(localStorage.getItem(key))", f"segue.{KEY}.{key}")


def user_stored(page):
    """What is kept of who the visitor is."""
    return stored(page, "user" + stored(page, "id"))


def waiting(page) -> list[dict]:
    """Events not yet acknowledged."""
    entries = (
        "Object.keys(localStorage).filter((key) => key.startsWith(prefix)).sort().map((key) =>"
        " JSON.parse(localStorage[key]))"
    )
    return page.evaluate(f"prefix => {entries}", f"segue.{KEY}.q")


def hide(page) -> None:
    """As when another tab comes to the front."""
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true}); document.dispatchEvent(new"
        " Event('visibilitychange'))"
    )


def unhide(page) -> None:
    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: false, configurable: true}); document.dispatchEvent(new"
        " Event('visibilitychange'))"
    )


def variant(key: str, text: str, height: int = 100) -> dict:
    return {
        "key": key,
        "template": "hero",
        "fields": {},
        "html": (
            f'<a href="/next" style="display:block;height:{height}px">{text}</a><button data-segue-dismiss>x</button>'
        ),
    }
