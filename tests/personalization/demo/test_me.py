import pytest
from django.conf import settings
from django.urls import reverse

from personalization.demo.site import WRITE_KEY
from segments.stored import pack
from sites import keys
from sites.pseudonyms import visitor_of
from tests.events import folded, page
from tests.factories import make_site
from tracking.log.base import partition_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.personalization.demo.urls")]


def test_the_drawer_shows_the_history_that_the_edge_would_read(client, redis_client):
    site = make_site(write_key=WRITE_KEY)
    visitor = visitor_of(site.salt, "anna")
    profile = folded(page(), page())
    redis_client.set(keys.profile(partition_of(visitor, settings.LOG_PARTITIONS), visitor), pack(profile))

    response = client.get(reverse("demo:me"), {"anonymousId": "anna"})

    assert response.context["profile"] == profile
    assert f"You are visitor <code>{visitor[:8]}</code>" in response.content.decode()
