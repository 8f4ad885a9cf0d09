"""The list of visitors narrowed to a segment or a cluster: the same visitors that the sizes count."""

import pytest
import redis

from segments import membership, population, train
from segments.models import Segment
from segments.training_runs import new_run
from sites.times import DAY_MS
from tests import factories
from tests.answers import text_of
from tests.events import START, event, folded, page
from tests.segments.conftest import buyer, passer_by

pytestmark = pytest.mark.django_db


@pytest.fixture
def with_cart(site):
    return Segment.objects.create(
        site=site, key="with-cart", name="With a cart", condition={"feature.cart_items": {"$gt": 0}}
    )


@pytest.fixture
def page_of(client, viewer):
    client.force_login(viewer)
    return lambda address, **headers: text_of(client.get(address, **headers))


def test_a_segment_holds_whom_its_size_counts(site, crowd, with_cart):
    found = membership.of_segment(site, "with-cart")

    assert (len(found.ids), found.looked_at, found.active) == (60, 180, 180)


def test_a_segment_holds_who_was_in_it_at_the_latest_event(site, keep):
    Segment.objects.create(
        site=site, key="kitchen", name="Kitchen", condition={"session.categories": {"$in": ["Kitchen"]}}
    )
    keep("a" * 32, folded(page(START - DAY_MS, category="Kitchen")))
    keep("b" * 32, folded(page(START)))

    assert [visitor.hex for visitor in membership.of_segment(site, "kitchen").ids] == ["a" * 32]


def test_clusters_share_the_visitors_among_them(site, crowd, settings, tmp_path):
    settings.ARTIFACT_DIR = tmp_path
    model = train.train(site, new_run(site, factories.TESTER)).model
    found = {cluster["id"]: set(membership.of_cluster(site, str(cluster["id"])).ids) for cluster in model.clusters}

    assert {known: len(ids) for known, ids in found.items()} == {
        cluster["id"]: cluster["size"] for cluster in model.clusters
    }
    assert len(set.union(*found.values())) == 180


def test_the_list_is_narrowed_to_a_segment_by_its_address(client, viewer, site, crowd, with_cart):
    client.force_login(viewer)
    answer = client.get("/visitors/?segment=with-cart")
    rows = b"".join(client.get("/visitors/export.csv?segment=with-cart").streaming_content).splitlines()

    assert answer.context["found"].paginator.count == 60
    assert "60 visitors in “With a cart”" in text_of(answer)
    assert "All 180 visitors active in 30 days were looked at just now." in text_of(answer)
    assert len(rows) == 61


def test_a_sample_is_called_one(site, keep, with_cart, page_of, monkeypatch):
    monkeypatch.setattr(membership, "MOST", 1)
    keep("a" * 32, folded(event("Product Added", START - DAY_MS, properties={"product_id": "K-1"})))
    keep("b" * 32, buyer(1))
    text = page_of("/visitors/?segment=with-cart")

    assert "1 visitor in “With a cart”" in text
    assert "Only the 1 visitor seen last was looked at, of 2 active in 30 days, so there may be more." in text


def test_a_segment_and_a_text_are_asked_for_together(site, keep, with_cart, page_of):
    keep("a" * 32, buyer(1))
    keep("b" * 32, buyer(2))

    assert "1 visitor in “With a cart” for “aaaa”" in page_of("/visitors/?segment=with-cart&text=aaaa")


@pytest.mark.parametrize("query", ["segment=gone", "cluster=7", "cluster=x"])
def test_what_is_no_group_shows_nobody_and_says_so(site, keep, page_of, query):
    keep("a" * 32, passer_by(1))
    text = page_of(f"/visitors/?{query}")

    assert "0 visitors" in text
    assert "any more." in text


def test_nobody_is_shown_while_profiles_cannot_be_read(site, keep, with_cart, page_of, monkeypatch):
    keep("a" * 32, buyer(1))

    def down(*_):
        raise redis.ConnectionError

    monkeypatch.setattr(population, "profiles", down)
    text = page_of("/visitors/?segment=with-cart", HTTP_HX_REQUEST="true", HTTP_HX_TARGET="visitors")

    assert "Profiles cannot be read at the moment" in text
    assert "0 visitors" in text


def test_an_archived_segment_is_not_offered(site, with_cart, page_of):
    assert '<option value="with-cart">With a cart</option>' in page_of("/visitors/")
    Segment.objects.update(archived=True)
    assert "With a cart" not in page_of("/visitors/")


def test_every_segment_is_one_click_from_its_visitors(site, with_cart, page_of):
    assert 'href="/visitors/?segment=with-cart"' in page_of("/segments/")
    assert 'href="/visitors/?segment=with-cart"' in page_of("/segments/s/with-cart/")
