"""Whatever is killed under load, every acknowledged event is stored exactly once; what can go on, goes on."""

import random
import re

import psycopg
import pytest

from personalization.embedded import postgres, valkey
from tests.faults.load import WRITE_KEY, Client, Load, message, question
from tests.running import Segue
from tests.servers import Server

pytestmark = pytest.mark.faults

# A site with the seed campaigns, published.
PREPARE = f"""
from campaigns import seed
from campaigns.publish import publish
from sites.models import Site
from sites import editing
from sites.pages.history import Actor
site = Site(name="Shop", domain="shop.example", write_key="{WRITE_KEY}", consent_in_europe="opt_out")
editing.save(site, Actor.command("shell"))
seed.install(site, Actor.command("shell"))
publish(site, None)
"""
PUBLISH_AGAIN = """
from campaigns.publish import publish
from campaigns.models import AdVariant
from sites.models import Site
for turn in range(8):
    AdVariant.objects.filter(key="welcome-hero").update(headline=f"Turn {turn}")
    publish(Site.objects.get(), None)
"""


def prepare(segue: Segue) -> None:
    segue.manage("shell", "-v", "0", "-c", PREPARE)
    client = Client(segue.port)
    segue.wait_for(lambda: client.post("/v1/decide", question("nobody"))[1].get("decisions"))


@pytest.fixture(scope="module")
def segue():
    with Segue() as segue:
        prepare(segue)
        yield segue


@pytest.fixture(scope="module")
def with_stores():
    """A Segue with a Postgres and a Valkey that nobody restarts: what is killed stays down."""
    segue = Segue()
    servers = Server(*postgres.program(segue.var)), Server(*valkey.program(segue.var))
    segue.environment = {"DATABASE_URL": servers[0].url, "REDIS_URL": servers[1].url}
    for server in servers:
        server.start()
    with segue:
        prepare(segue)
        yield segue, *servers
    for server in servers:
        server.stop()


@pytest.fixture
def stores(with_stores):
    """Both run when a test begins."""
    segue, *servers = with_stores
    for server in servers:
        server.start()
    return segue, *servers


def stored_ids(segue: Segue) -> list[str]:
    with psycopg.connect(segue.state["database_url"]) as connection:
        return [row[0] for row in connection.execute("SELECT message_id FROM tracking_event WHERE type = 'track'")]


def assert_all_stored_once(segue: Segue, acknowledged: set[str], seconds: float = 30) -> None:
    def drained() -> bool:
        try:
            return acknowledged <= set(stored_ids(segue))
        except psycopg.OperationalError:
            return False

    segue.wait_for(drained, seconds)
    stored = stored_ids(segue)
    assert len(stored) == len(set(stored))


@pytest.mark.parametrize("name", ["web", "consumer", "valkey", "postgres"])
def test_killed_process_loses_and_repeats_nothing(segue, name):
    with Load(segue.port) as load:
        for _ in range(2):
            load.go_on()
            killed = segue.kill(name)
            segue.wait_for(lambda killed=killed: segue.state["processes"].get(name, killed) != killed)
        load.go_on()

    assert len(load.acknowledged) > 100
    assert_all_stored_once(segue, load.acknowledged)
    refolded = segue.manage("rebuild", "--check")
    assert re.search(r"^same +[1-9]", refolded, re.MULTILINE), refolded


def test_collecting_and_deciding_go_on_without_postgres(stores):
    segue, database, _ = stores
    database.kill()

    with Load(segue.port, decide=True) as load:
        load.go_on(60)

    assert set(load.answers) == {200}
    assert set(load.decisions) <= {"TARGETING_MATCH", "DEFAULT"}
    database.start()
    assert_all_stored_once(segue, load.acknowledged)


def test_without_valkey_decisions_are_defaults_and_clients_keep_their_events(stores):
    segue, _, log = stores
    client = Client(segue.port)
    batch = {"batch": [message(random.Random(1))]}
    log.kill()

    status, answer = segue.wait_for(lambda: (reply := client.post("/v1/decide", question("a")))[0] and reply)
    refused, complaint = client.post("/v1/batch", batch)

    assert status == 200
    assert [(decision["reason"], decision["variant"]["key"]) for decision in answer["decisions"]] == [
        ("ERROR", "welcome-hero")
    ]
    assert refused == 503
    assert complaint["code"] == "log_unavailable"
    log.start()
    segue.wait_for(lambda: client.post("/v1/batch", batch)[0] == 200)
    assert_all_stored_once(segue, {batch["batch"][0]["messageId"]})


def test_publishing_under_load_fails_no_request(segue):
    with Load(segue.port, decide=True) as load:
        segue.manage("shell", "-v", "0", "-c", PUBLISH_AGAIN)

    assert set(load.answers) == {200}
    _, answer = Client(segue.port).post("/v1/decide", question("nobody-yet"))
    assert answer["decisions"][0]["variant"]["fields"]["headline"] == "Turn 7"
