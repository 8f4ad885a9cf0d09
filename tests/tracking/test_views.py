"""Finding visitors by what a site knows of them, and seeing whether the tracker is installed."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync

from sites.pseudonyms import visitor_of, visitor_of_user
from tests import factories
from tracking.installation import SENTENCES
from tracking.models import DropCount, Visitor
from tracking.reasons import Reason

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def people(client, site, viewer):
    client.force_login(viewer)
    for n in range(60):
        Visitor.objects.create(
            id=UUID(visitor_of(site.salt, f"anonymous-{n}")),
            site=site,
            user=visitor_of_user(site.salt, "customer-7") if n == 7 else "",
            first_seen_at=NOW,
            last_seen_at=NOW.replace(minute=n % 60),
            events=n,
            sessions=1,
            channel="email" if n % 2 else "search",
            device="mobile",
        )
    return site


def found(client, query: str) -> list[str]:
    return [visitor.id.hex for visitor in client.get(f"/visitors/?{query}").context["found"]]


def test_a_visitor_is_found_by_anonymous_id_user_id_and_the_start_of_the_number(client, people):
    anonymous, known = visitor_of(people.salt, "anonymous-3"), visitor_of(people.salt, "anonymous-7")

    assert found(client, "text=anonymous-3") == [anonymous]
    assert found(client, "text=customer-7") == [known]
    assert anonymous in found(client, f"text={anonymous[:6]}")


def test_nobody_found_says_how_to_search(client, people):
    page = client.get("/visitors/?text=anonymous").content.decode()

    assert "type the whole anonymousId or userId" in page


def test_visitors_are_filtered_sorted_and_paged(client, people, django_assert_max_num_queries):
    with django_assert_max_num_queries(16):
        page = client.get("/visitors/?channel=email&order=-events")

    assert [visitor.events for visitor in page.context["found"]][:3] == [59, 57, 55]
    assert page.context["found"].paginator.count == 30
    assert len(found(client, "page=2")) == 10


def test_nonsense_in_the_address_is_ignored(client, people):
    assert len(found(client, "order=password&page=x&site=abc")) == 50


def test_visitors_who_joined_another_are_left_out(client, people):
    first, second = Visitor.objects.order_by("id")[:2]
    Visitor.objects.filter(pk=first.pk).update(merged_into=second)

    assert first.id.hex not in found(client, "") + found(client, "page=2")
    assert second.id.hex in found(client, f"text={second.id.hex}")


def test_the_list_is_its_fragment_for_htmx(client, people):
    fragment = client.get("/visitors/", HTTP_HX_REQUEST="true", HTTP_HX_TARGET="visitors").content.decode()

    assert fragment.strip().startswith("<section")


def test_the_export_is_filtered_as_the_list_is(client, people):
    rows = b"".join(client.get("/visitors/export.csv?channel=email").streaming_content).decode().splitlines()

    assert rows[0] == "id,first_seen_at (UTC),last_seen_at (UTC),events,sessions,channel,device,country"
    assert len(rows) == 31
    assert all(",email," in row for row in rows[1:])


@pytest.mark.filterwarnings("error")
def test_the_export_streams_from_an_asgi_server_too(client, async_client, people, viewer, monkeypatch):
    monkeypatch.setattr("tracking.views.LINES_AT_ONCE", 7)

    async def export() -> list[bytes]:
        await async_client.aforce_login(viewer)
        answer = await async_client.get("/visitors/export.csv")
        return [piece async for piece in answer.streaming_content]

    pieces = async_to_sync(export)()

    assert len(pieces) == 9
    assert b"".join(pieces) == b"".join(client.get("/visitors/export.csv").streaming_content)


def test_an_empty_site_leads_to_installing(client, site, viewer):
    client.force_login(viewer)

    assert "No visitors yet" in client.get("/visitors/").content.decode()


def test_install_has_the_snippet_of_the_site_and_says_what_was_dropped(client, site, viewer, settings):
    settings.PUBLIC_URL = "https://segue.shop.example"
    DropCount.objects.create(site=site, hour=datetime.now(UTC), reason="foreign_origin", count=1234)
    client.force_login(viewer)

    page = client.get("/install/").content.decode()

    assert "https://segue.shop.example/t.js" in page
    assert 'data-write-key="wk_test"' in page.replace("&quot;", '"')
    assert "Waiting for the first event" in page
    assert "The page&#x27;s origin is not among the allowed origins of the site." in page
    assert "1,234" in page


def test_every_reason_of_a_drop_has_its_sentence():
    assert set(SENTENCES) == set(Reason)


def test_another_role_is_not_needed_for_looking(client, people):
    client.force_login(factories.make_user("editor"))

    assert client.get("/visitors/").status_code == 200
