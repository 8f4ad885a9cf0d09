"""The five official clients, unmodified: every message type arrives, and each message is in Postgres once."""

import pytest

pytestmark = [pytest.mark.clients, pytest.mark.timeout(180)]

TYPES = ["alias", "group", "identify", "page", "screen", "track"]
SECRETS = ("anna@mail.example", "user-1", "user-2", "visitor-1", "visitor-2", "acme")


def check(shop, sent: list[str], types: list[str] = TYPES) -> dict[str, dict]:
    rows = shop.stored(len(sent))

    assert sorted(row["message_id"] for row in rows) == sorted(sent)
    assert sorted(row["type"] for row in rows) == sorted(types)
    stored = repr(rows)
    assert [secret for secret in SECRETS if f"'{secret}'" in stored] == []
    assert all(abs(row["age"].total_seconds()) < 60 for row in rows)
    by_type = {row["type"]: row for row in rows}
    assert by_type["track"]["name"] == "Product Viewed"
    assert by_type["track"]["properties"]["price"] == 39.9
    assert by_type["identify"]["traits"]["plan"] == "gold"
    assert by_type["page"]["name"] == "Home"
    assert by_type["identify"]["user"]  # proved: by the secret key of a server, by the userHash of a page
    assert "unverified_user" not in by_type["identify"]["context"]
    return by_type


def send_all(client, prefix: str) -> list[str]:
    """What the two Python clients have in common; returns the message ids."""
    calls = {
        "identify": lambda m: client.identify("user-1", {"email": "anna@mail.example", "plan": "gold"}, message_id=m),
        "track": lambda m: client.track("user-1", "Product Viewed", {"product_id": "K-1", "price": 39.9}, message_id=m),
        "page": lambda m: client.page(
            None, "Shop", "Home", {"url": "https://shop.example/"}, anonymous_id="visitor-1", message_id=m
        ),
        "screen": lambda m: client.screen("user-1", "App", "Start", message_id=m),
        "group": lambda m: client.group("user-1", "acme", {"employees": 7}, message_id=m),
        "alias": lambda m: client.alias("visitor-2", "user-2", message_id=m),
    }
    for name, call in calls.items():
        accepted, _ = call(f"{prefix}-{name}")
        assert accepted
    client.flush()
    client.join()
    return [f"{prefix}-{name}" for name in calls]


@pytest.mark.parametrize("gzip", [False, True])
def test_segment_analytics_python(shop, gzip):
    from segment.analytics.client import Client

    failures: list = []
    client = Client(
        shop.secret_key, host=shop.host, gzip=gzip, max_retries=1, on_error=lambda error, _: failures.append(error)
    )

    sent = send_all(client, f"segment-python-{gzip}")

    assert failures == []
    check(shop, sent)


@pytest.mark.parametrize("gzip", [False, True])
def test_rudder_sdk_python(shop, gzip):
    from rudderstack.analytics.client import Client

    failures: list = []
    client = Client(
        shop.secret_key, host=shop.host, gzip=gzip, max_retries=1, on_error=lambda error, _: failures.append(error)
    )

    sent = send_all(client, f"rudder-python-{gzip}")

    assert failures == []
    check(shop, sent)


def test_segment_analytics_node(shop, run_node):
    told = run_node("analytics_node.mjs")

    assert told["failed"] == []
    check(shop, told["sent"])


def test_rudder_sdk_node(shop, run_node):
    told = run_node("rudder_node.mjs")

    assert told["failed"] == []
    check(shop, told["sent"])


@pytest.mark.parametrize("batching", ["", "1"])
def test_segment_analytics_next_in_a_page(shop, run_node, monkeypatch, batching):
    monkeypatch.setenv("SEGUE_BATCHING", batching)

    told = run_node("analytics_next.mjs")

    called = {path.rpartition("/")[2] for path in told["asked"]}
    assert {"settings", "b"} <= called if batching else {"settings", "i", "p", "t", "s", "g", "a"} <= called
    assert set(told["asked"].values()) == {200}
    page = check(shop, told["sent"])["page"]
    assert (page["browser"], page["path"]) == ("Firefox", "/p/K-1")
    rows = {row["type"]: row for row in shop.stored(6)}
    assert (
        rows["track"]["visitor_id"] == rows["identify"]["visitor_id"]
    )  # its later calls repeat no proof, and need none: the browser is the user's
    assert rows["alias"]["user"] == ""  # user-2 is not proved


def test_a_client_with_a_wrong_key_hears_of_it(shop):
    from segment.analytics.client import Client

    failures: list = []
    client = Client("wk_wrong", host=shop.host, max_retries=1, on_error=lambda error, _: failures.append(error))

    client.track("user-1", "Product Viewed")
    client.flush()
    client.join()

    assert [failure.status for failure in failures] == [401]
    assert shop.stored(0) == []
