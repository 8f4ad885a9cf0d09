import re

import pytest
from django.urls import reverse

from personalization.demo import progress
from personalization.demo.progress import State
from personalization.demo.site import WRITE_KEY
from sites.times import now_ms
from tests.factories import make_site
from tests.personalization.demo import all_urls  # before the demo is on: what it imports is made once for all tests

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _demo(settings, redis_client):
    """The real addresses, as where the demo is on."""
    settings.DEMO, settings.ROOT_URLCONF = True, all_urls.__name__
    make_site(write_key=WRITE_KEY)


def test_home_says_how_far_the_past_is(client, viewer):
    client.force_login(viewer)
    progress.tell(State(15, 4, 1))

    assert "4 of 15 days of the simulated past are there" in client.get(reverse("home")).content.decode()
    progress.tell(State(15, 15, 1, is_live=True))
    assert "About ten visits begin each minute" in client.get(reverse("home")).content.decode()


PAGES = ("home", "results", "campaigns", "segments", "visitors", "funnels", "live")


@pytest.mark.parametrize("name", PAGES)
def test_each_page_says_once_that_its_figures_are_of_a_part(client, viewer, name, monkeypatch):
    client.force_login(viewer)
    now = now_ms()
    monkeypatch.setattr(progress, "now_ms", lambda: now)  # a slow machine would see another estimate
    progress.tell(State(15, 4, 1, began=now - 8_000))

    text = client.get(reverse(name)).content.decode()

    assert text.count("4 of 15 days of the simulated past are there") == 1
    assert re.search(r"the rest takes about 20\s+seconds", text)
    progress.tell(State(15, 15, 1, is_live=True))
    assert "of the simulated past" not in client.get(reverse(name)).content.decode()
    assert "is all there" in client.get(reverse("demo:past")).content.decode()


def test_pages_of_another_site_say_nothing(client, viewer):
    client.force_login(viewer)
    progress.tell(State(15, 4, 1))
    other = make_site(name="Another", write_key="wk_another", domain="another.example")

    assert "simulated past" not in client.get(f"/site/{other.pk}" + reverse("segments")).content.decode()


def test_an_editor_pauses_and_resumes(client, editor):
    client.force_login(editor)
    progress.tell(State(15, 15, 1, is_live=True))

    assert client.post(reverse("demo:visitors"), {"paused": "1"}).status_code == 302
    assert progress.is_paused()
    assert "paused" in client.get(reverse("home")).content.decode()
    assert b"Let simulated visitors arrive" in client.get(reverse("demo:me")).content
    client.post(reverse("demo:visitors"), {"paused": "0"})
    assert not progress.is_paused()


def test_others_do_not(client, viewer):
    assert client.post(reverse("demo:visitors"), {"paused": "1"}).status_code == 302  # to the log-in
    client.force_login(viewer)
    progress.tell(State(15, 15, 1, is_live=True))

    assert client.post(reverse("demo:visitors"), {"paused": "1"}).status_code == 403
    assert not progress.is_paused()
    assert b"Pause simulated" not in client.get(reverse("demo:me")).content
