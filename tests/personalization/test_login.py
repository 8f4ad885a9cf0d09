"""Guessing passwords ends soon, is written down, and keeps nobody else out."""

import pytest
from structlog.testing import capture_logs

from personalization import login
from tests import factories
from tests.answers import text_of

ADDRESS = "203.0.113.7"


@pytest.fixture(autouse=True)
def _people(db, valkey_server):
    for role in factories.CAST:
        factories.make_user(role)


def attempt(client, username="vera", password="a guess", address=ADDRESS, **more):
    return client.post("/admin/login/", {"username": username, "password": password}, REMOTE_ADDR=address, **more)


def fail(client, times, **more):
    return [attempt(client, **more) for _ in range(times)][-1]


def enters(client, **more) -> bool:
    return attempt(client, password=factories.PASSWORD, **more).status_code == 302


def test_an_account_is_closed_for_a_while_after_ten_guesses_wherever_they_come_from(client):
    """Security finding B3: 60 wrong passwords in 25 s, then the right one."""
    for number in range(login.ATTEMPTS_FOR_ACCOUNT):
        attempt(client, address=f"203.0.113.{number}")
    refused = attempt(client, password=factories.PASSWORD, address="198.51.100.9")

    assert "Too many attempts. Try again in 15 minutes." in refused.content.decode()
    assert enters(client, username="edgar")


def test_an_address_is_closed_for_a_while_whichever_accounts_it_tries(client):
    for number in range(login.ATTEMPTS_FROM_ADDRESS):
        attempt(client, username=f"nobody-{number}")

    assert not enters(client)
    assert enters(client, address="198.51.100.9")


def test_a_network_of_ipv6_is_one_address(client):
    for number in range(login.ATTEMPTS_FROM_ADDRESS):
        attempt(client, username=f"nobody-{number}", address=f"2001:db8::{number + 1:x}")

    assert not enters(client, address="2001:db8::ffff")
    assert enters(client, address="2001:db8:0:1::1")


def test_the_address_is_the_clients_where_a_proxy_may_be_believed(client, settings):
    settings.TRUSTED_PROXIES = 1
    for number in range(login.ATTEMPTS_FROM_ADDRESS):
        attempt(client, username=f"nobody-{number}", HTTP_X_FORWARDED_FOR="198.51.100.1")

    assert enters(client, HTTP_X_FORWARDED_FOR="198.51.100.2")


def test_the_right_password_forgives_the_wrong_ones(client):
    fail(client, login.ATTEMPTS_FOR_ACCOUNT - 1)
    first = enters(client)
    client.logout()
    fail(client, login.ATTEMPTS_FOR_ACCOUNT - 1)

    assert first and enters(client)


def test_an_account_of_ones_own_does_not_reopen_the_address(client):
    for number in range(login.ATTEMPTS_FROM_ADDRESS - 1):
        attempt(client, username=f"nobody-{number}")
    own = enters(client, username="edgar")
    attempt(client, username="nobody")

    assert own and not enters(client, username="edgar")


def test_the_case_of_a_name_is_no_way_around(client):
    fail(client, login.ATTEMPTS_FOR_ACCOUNT, username="VERA")

    assert not enters(client)


def test_waiting_does_not_grow_with_further_attempts(client, redis_client):
    fail(client, login.ATTEMPTS_FOR_ACCOUNT)
    [key] = redis_client.keys("segue:login:account:*")
    redis_client.expire(key, 60)
    refused = attempt(client)

    assert "Try again in 1 minutes." in refused.content.decode()


def test_typing_the_password_again_counts_too(client, rf):
    request = rf.post("/", REMOTE_ADDR=ADDRESS)
    request.user = factories.make_user("administrator")
    for _ in range(login.ATTEMPTS_FOR_ACCOUNT):
        login.is_again(request, "a guess")

    assert not login.is_again(request, factories.PASSWORD)


def test_failures_and_closed_doors_are_written_down_without_what_was_typed(client):
    with capture_logs() as lines:
        attempt(client, username="my password, typed too early")
        fail(client, login.ATTEMPTS_FOR_ACCOUNT + 1)
        attempt(client, username="edgar", password=factories.PASSWORD)

    told = [(line["event"], line["account"], line["address"]) for line in lines if line["event"].startswith("login")]
    assert told[:2] == [("login_failed", "unknown", ADDRESS), ("login_failed", "vera", ADDRESS)]
    assert told[-2:] == [("login_refused", "vera", ADDRESS), ("login", "edgar", ADDRESS)]
    assert "guess" not in str(lines) and "typed too early" not in str(lines)


def test_where_redis_is_away_staff_log_in(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert enters(client)


def test_one_error_is_said_once_and_says_nothing_of_staff(client):
    page = text_of(attempt(client))

    assert page.count("do not belong together") == 1
    assert "staff account" not in page
    assert page.count('role="alert"') == 1
    assert "Please correct" not in page


def test_the_page_says_what_to_do_about_a_forgotten_password_and_leads_on_after_it(client):
    page = text_of(client.get("/admin/login/?next=/visitors/"))

    assert "Forgotten your password?" in page
    assert "<title> Log in · Segue</title>" in page.replace("<title>Log", "<title> Log")
    entered = client.post("/admin/login/?next=/visitors/", {"username": "vera", "password": factories.PASSWORD})
    assert entered.url == "/visitors/"
    assert "Fill in both" in text_of(attempt(client, username="", password=""))
