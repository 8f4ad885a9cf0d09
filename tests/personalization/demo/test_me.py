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


def test_a_browser_that_says_it_is_a_robot_is_told_why_nothing_is_known_of_it(client):
    """Its drawer stayed empty without a word."""
    make_site(write_key=WRITE_KEY)
    words = "Your browser says that it is a robot"
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) {}/140.0.0.0 Safari/537.36"

    robot, person = (
        client.get(reverse("demo:me"), {"anonymousId": "anna", "consent": "agreed"}, headers={"user-agent": told})
        for told in (agent.format("HeadlessChrome"), agent.format("Chrome"))
    )

    assert words in robot.content.decode() and "HeadlessChrome" in robot.content.decode()
    assert words not in person.content.decode()


def test_the_drawer_shows_the_history_that_the_edge_would_read(client, redis_client):
    site = make_site(write_key=WRITE_KEY)
    visitor = visitor_of(site.salt, "anna")
    profile = folded(page(), page())
    redis_client.set(keys.profile(partition_of(visitor, settings.LOG_PARTITIONS), visitor), pack(profile))

    response = client.get(reverse("demo:me"), {"anonymousId": "anna"})

    assert response.context["profile"] == profile
    assert f"You are visitor <code>{visitor[:8]}</code>" in response.content.decode()
