"""Half an hour is pretended by telling the visit again, so everything stays as it is for everybody."""

import asyncio

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse
from redis import Redis

from personalization.demo import earlier
from personalization.demo.site import WRITE_KEY
from personalization.management.commands.replay import storing
from segments import live
from segments.features import FEATURES
from sites.pseudonyms import visitor_of
from sites.times import now_ms
from tests.events import event, page
from tests.factories import make_site
from tests.running import wait_until
from tracking import readers
from tracking.event import Arrival
from tracking.models import Event

pytestmark = [
    pytest.mark.usefixtures("transactional_db", "redis_client"),
    pytest.mark.urls("tests.personalization.demo.urls"),
]


def are_stored() -> bool:
    with Redis.from_url(settings.REDIS_URL) as redis:
        return not readers.unread_places(redis, range(settings.LOG_PARTITIONS))


def test_the_visit_is_told_again_as_another_visitors_half_an_hour_earlier(client):
    site, now = make_site(write_key=WRITE_KEY), now_ms()
    cart = {"product_id": "K", "price": 41.9, "quantity": 1}
    asyncio.run(
        earlier._record(
            Arrival(
                site.pk, visitor_of(site.salt, "anna"), "", [page(now), event("Product Added", now, properties=cart)]
            )
        )
    )
    with storing():
        wait_until(are_stored)
        answer = client.post(reverse("demo:earlier"), {"anonymousId": "anna"})
        wait_until(are_stored)

    _, profile = live.load(visitor_of(site.salt, answer.json()["anonymousId"]))
    assert FEATURES["cart_idle_minutes"].compute(profile, now_ms()) >= 30
    _, before = live.load(visitor_of(site.salt, "anna"))
    assert FEATURES["cart_idle_minutes"].compute(before, now_ms()) < 30
    assert Event.objects.count() == 4
    call_command("rebuild", check=True)


def test_an_order_is_not_told_twice(client):
    """It would be sold twice, and stand in all counts of orders."""
    site, now = make_site(write_key=WRITE_KEY), now_ms()
    done = [
        event("Order Completed", now, message_id="o", properties={"order_id": "D-1", "total": 5}),
        event("Product Viewed", now + 1, message_id="v", properties={"product_id": "K"}),
    ]
    asyncio.run(earlier._record(Arrival(site.pk, visitor_of(site.salt, "anna"), "", done)))
    asyncio.run(
        earlier._record(
            Arrival(
                site.pk,
                visitor_of(site.salt, "bert"),
                "",
                [event("Order Completed", now, message_id="p", properties={"order_id": "D-2", "total": 5})],
            )
        )
    )
    with storing():
        wait_until(are_stored)
        assert client.post(reverse("demo:earlier"), {"anonymousId": "anna"}).status_code == 200
        wait_until(are_stored)
        assert client.post(reverse("demo:earlier"), {"anonymousId": "bert"}).status_code == 409

    assert [one.name for one in Event.objects.order_by("at")].count("Product Viewed") == 2
    assert Event.objects.filter(name="Order Completed").count() == 2


def test_there_is_nothing_to_move_of_a_stranger(client):
    make_site(write_key=WRITE_KEY)

    assert client.post(reverse("demo:earlier"), {"anonymousId": "nobody"}).status_code == 409
    assert client.post(reverse("demo:earlier")).status_code == 409


def test_a_customers_history_stays_one(client):
    make_site(write_key=WRITE_KEY)
    client.post(reverse("demo:account"), {"name": "Anna"})

    assert client.post(reverse("demo:earlier"), {"anonymousId": "anna"}).status_code == 409


def test_a_new_visitor_has_an_empty_cart_and_staff_stay_logged_in(client, editor):
    make_site(write_key=WRITE_KEY)
    client.force_login(editor)
    client.post(reverse("demo:add-to-cart", args=["enamel-kettle-harrow"]))

    client.post(reverse("demo:leave"))

    assert "cart" not in client.session
    assert client.session["_auth_user_id"] == str(editor.pk)
