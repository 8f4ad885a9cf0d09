"""What nobody can mean is refused, not a failure of ours (security finding C7)."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from tests import factories

BEYOND = "9" * 24


@pytest.fixture
def staff(client, site, transactional_db, valkey_server):
    client.force_login(factories.make_user("administrator"))
    return client


def cursor(text: str) -> str:
    return quote(base64.b64encode(text.encode()).decode())


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/events/%00/", 404),
        (f"/api/v1/segments/{BEYOND}/", 404),
        (f"/api/v1/segments/?site={BEYOND}", 400),
        ("/api/v1/segments/?search=%00", 400),
        (f"/api/v1/segments/?page={BEYOND}", 404),
        ("/api/v1/events/?at__gte=99999-01-01", 400),
        (f"/api/v1/releases/review/?site={BEYOND}", 400),
        ("/admin/autocomplete/?term=%00&app_label=campaigns&model_name=rule&field_name=campaign", 400),
        ("/admin/tracking/visitor/?last_seen_at__year=99999999999", 400),
        (f"/admin/sites/site/{BEYOND}/change/", 302),
        ("/visitors/?text=%00", 200),
        (f"/visitors/?page={BEYOND}", 200),
        (f"/?site={BEYOND}", 200),
        (f"/campaigns/releases/{BEYOND}/", 404),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(staff, address, status):
    assert staff.get(address).status_code == status


@pytest.mark.parametrize(
    "place", ["\0", "2026-99", "nonsense", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "99999999999"]
)
@pytest.mark.parametrize("parameter", ["p", "o"])
def test_a_cursor_that_no_list_gave_is_refused_with_its_name(staff, place, parameter):
    answer = staff.get(f"/api/v1/events/?cursor={cursor(f'{parameter}={place}')}")

    assert answer.status_code == 200 or (answer.status_code, list(answer.json())) == (400, ["cursor"])


@limits(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30), st.sampled_from(["p", "o", "r", ""]))
def test_no_cursor_whatever_is_a_failure(staff, text, parameter):
    answer = staff.get(f"/api/v1/events/?cursor={cursor(f'{parameter}={text}'.encode(errors='replace').decode())}")

    assert answer.status_code in (200, 400)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("segments/", '{"site": 1, "key": "a", "name": "a", "condition": {"visitor.events": "\\u0000"}}', "condition"),
        ("segments/", '{"site": 1, "key": "a", "name": "\\ud800", "condition": {}}', "name"),
        (
            "segments/",
            '{"site": 1, "key": "a", "name": "a", "condition": ' + '{"$not":' * 3000 + "{}" + "}" * 3001,
            "detail",
        ),
        ("segments/", "[" * 100_000, "detail"),
        (
            "items/",
            '{"site": 1, "key": "a", "name": "a", "category": "c", "url": "/a", "price_minor": 1e999}',
            "price_minor",
        ),
        (
            "items/",
            '{"site": 1, "key": "a", "name": "a", "category": "c", "url": "/a", "price_minor": ' + BEYOND + "}",
            "price_minor",
        ),
        (
            "items/",
            '{"site": ' + BEYOND + ', "key": "a", "name": "a", "category": "c", "url": "/a", "price_minor": 1}',
            "site",
        ),
        ("releases/", '{"site": 1, "note": "\\u0000"}', "note"),
    ],
)
def test_a_body_that_cannot_be_stored_is_refused_with_the_field(staff, site, path, body, field):
    answer = staff.post(
        f"/api/v1/{path}", body.replace('"site": 1,', f'"site": {site.pk},'), content_type="application/json"
    )

    assert answer.status_code == 400
    assert field in answer.json()


def test_a_price_beyond_all_numbers_is_a_fault_of_its_row(staff, site):
    item = {"key": "a", "name": "a", "category": "c", "url": "/a", "price": "1e999999"}
    answer = staff.post("/api/v1/items/import/", {"site": site.pk, "items": [item]}, content_type="application/json")

    assert (answer.status_code, answer.json()["faults"]) == (
        200,
        ["Row 1, price: “1e999999” is not an amount. Write it like 1234.50."],
    )
