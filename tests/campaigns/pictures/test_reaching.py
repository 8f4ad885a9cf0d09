"""An address that leads to no picture is told; one that leads into a private network is not even asked."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from campaigns import tasks
from campaigns.models import AdVariant
from campaigns.pictures import reaching
from campaigns.pictures.reaching import names_host, picture_fault
from campaigns.variants import problems_of


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/x.png",
        "http://localhost/x.png",
        "http://[::1]/x.png",
        "http://[::ffff:127.0.0.1]/x.png",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/x.png",
        "http://2130706433/x.png",
        "http://0x7f000001/x.png",
        "http://0/x.png",
        "http://224.0.0.1/x.png",
        "http://shop.example:22/x.png",
        "http://user@shop.example/x.png",
        "ftp://shop.example/x.png",
        "file:///etc/passwd",
        "//shop.example/x.png",
        "http:///x.png",
        "http://[/x.png",
        "http://shop.example:99999/x.png",
    ],
)
def test_nothing_private_or_odd_is_asked(address, monkeypatch):
    def connect(*_args, **_named):
        raise AssertionError("it was asked")

    monkeypatch.setattr(socket, "create_connection", connect)

    assert picture_fault(address).startswith("The picture ")


@pytest.mark.parametrize(
    ("address", "can"),
    [("https://x.example/a.png", True), ("/a.png", False), ("", False), ("https://x.example/{item.name}", False)],
)
def test_only_what_names_a_host_and_is_the_same_for_all_is_looked_at(address, can):
    assert names_host(address) == can


class Host(BaseHTTPRequestHandler):
    def do_GET(self):
        status, kind, more = {
            "/picture": (200, "image/png", {}),
            "/part": (206, "image/webp", {}),
            "/page": (200, "text/html; charset=utf-8", {}),
            "/moved": (302, "text/plain", {"Location": "/picture"}),
            "/loop": (302, "text/plain", {"Location": "/loop"}),
            "/inside": (302, "text/plain", {"Location": "http://10.0.0.1/x.png"}),
        }.get(self.path, (404, "text/plain", {}))
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": "0", **more}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_args):
        pass


@pytest.fixture
def host(monkeypatch):
    """A host that this machine takes for a public one."""
    server = HTTPServer(("127.0.0.1", 0), Host)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    known, asked = reaching._public_address, server.server_address[1]
    monkeypatch.setitem(reaching.PORTS, "http", asked)
    monkeypatch.setattr(
        reaching, "_public_address", lambda host, port: "127.0.0.1" if host == "shop.example" else known(host, port)
    )
    yield "http://shop.example"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/picture", ""),
        ("/part", ""),
        ("/moved", ""),
        ("/gone", "the answer was 404"),
        ("/page", "answers with text/html"),
        ("/loop", "from one address to the next"),
        ("/inside", "private network"),
    ],
)
def test_what_answers_is_a_picture_or_is_told(host, path, words):
    fault = picture_fault(host + path)

    assert words in fault and bool(words) == bool(fault)


def test_what_a_worker_found_is_kept_with_the_address_and_warned_of(site, monkeypatch):
    row = AdVariant.objects.create(
        site=site, key="a", name="A", headline="Hi", image_url="https://x.example/a.png", image_alt="A"
    )
    monkeypatch.setattr(tasks, "picture_fault", lambda address: f"The picture at {address} is gone.")
    before = row.updated_at

    tasks.check_picture(row.pk)

    row.refresh_from_db()
    (problem,) = problems_of(row)
    assert (problem.field, problem.is_error, row.updated_at) == ("image_url", False, before)
    assert problem.message == "The picture at https://x.example/a.png is gone."
    tasks.check_picture(row.pk + 1)
