"""What every test may ask for: servers, people, a browser, a running Segue, the shared test data."""

from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as limits

from personalization.redis import Redis
from tests import chromium, factories, servers
from tests.kept_rows import KeptTables
from tests.running import Segue

# No test asks how fast the machine is: beside other load an example may take any time to make and to run.
limits.register_profile("any machine", limits.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
limits.load_profile("any machine")

# Hundreds of tests make people, and log them in: a hash that is slow on purpose would be a third of the time of each.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


# Each test has a client of its own, and each client makes the middleware anew: whitenoise would read all folders of
# static files for each. So it looks for a file when it is asked for one.
settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(scope="session")
def postgres_server() -> servers.Server:
    servers.postgres.start()
    return servers.postgres


@pytest.fixture(scope="session")
def valkey_server() -> servers.Server:
    servers.valkey.start()
    return servers.valkey


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgres_server, valkey_server) -> None:
    """pytest-django's hook before the test database is made. Saving some models tells the edge through Redis, so both
    servers run."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """After each test that commits, the database is again as migrations leave it."""
    with django_db_blocker.unblock():
        tables = KeptTables()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: tables.put_back())
        yield tables


@pytest.fixture(autouse=True)
def _empty_redis() -> None:
    """Each test begins with an empty Redis, if one runs."""
    if servers.valkey.running:
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            client.flushall()


@pytest.fixture
def redis_client(valkey_server, _empty_redis):
    with redis.Redis.from_url(valkey_server.url) as client:
        client.flushall()
        yield client


@pytest.fixture(name="redis")
async def redis_of_a_loop(valkey_server, _empty_redis):
    """As the edge talks to it."""
    connection = Redis(valkey_server.url)
    await connection.start()
    yield connection
    connection.stop()


@pytest.fixture
def site(db):
    return factories.make_site()


@pytest.fixture
def viewer(db):
    return factories.make_user("viewer")


@pytest.fixture
def editor(db):
    return factories.make_user("editor")


@pytest.fixture
def publisher(db):
    return factories.make_user("publisher")


@pytest.fixture
def administrator(db):
    return factories.make_user("administrator")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Real clickstreams and conformance suites, read in place."""
    folder = settings.SHARED_DIR
    if not folder.is_dir():
        pytest.skip(f"NO SHARED TEST DATA at {folder}: set SEGUE_SHARED to the folder that holds it")
    return folder


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium, driven by Playwright; each test opens its own context.

    Not for the session: Playwright keeps an event loop in this thread, and Django refuses database calls beside one.
    """
    from playwright.sync_api import sync_playwright

    found = chromium.require()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(found.executable), args=chromium.FLAGS, env=found.environment()
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    with browser.new_context() as context:
        yield context.new_page()


@pytest.fixture(scope="session")
def running_segue():
    """The real thing with servers of its own: web and consumer under the supervisor, for browsers, clients and
    whoever asks how it answers. It takes a dozen seconds to start, so what does not harm it shares it: each test with
    a site of its own. Who holds a thousand streams open comes from one address."""
    with Segue(SEGUE_ALLOWED_HOSTS="127.0.0.1", SEGUE_ADDRESS_STREAMS="0") as segue:
        yield segue
