"""A log-in that nobody uses ends, and none lasts for ever."""

import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from personalization import sessions
from personalization.tasks import clear_sessions
from tests import factories

POLL = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "live"}


@pytest.fixture
def clock(monkeypatch):
    moment = [time.time()]
    monkeypatch.setattr(time, "time", lambda: moment[0])
    return moment


@pytest.fixture
def staff(client, site, clock):
    client.force_login(factories.make_user("viewer"))
    client.get("/")
    return client


def is_in(client) -> bool:
    return client.get("/visitors/").status_code == 200


def test_a_log_in_that_is_not_used_ends(staff, clock, settings):
    """Security finding B3: sessions lasted 14 days, used or not."""
    clock[0] += settings.IDLE_MINUTES * 60 + 1

    assert not is_in(staff)


def test_a_log_in_that_is_used_goes_on(staff, clock, settings):
    for _ in range(4):
        clock[0] += settings.IDLE_MINUTES * 60 - 1
        assert is_in(staff)


def test_what_a_page_fetches_by_itself_is_no_use(staff, clock, settings):
    for _ in range(4):
        clock[0] += settings.IDLE_MINUTES * 60 / 4 + 1
        last = staff.get("/", **POLL)

    assert "HX-Redirect" in last.headers


def test_no_log_in_lasts_for_ever(staff, clock, settings):
    settings.IDLE_MINUTES = 24 * 60
    step, end = settings.IDLE_MINUTES * 60 - 1, clock[0] + sessions.LONGEST_SECONDS
    while clock[0] + step < end:
        clock[0] += step
        assert is_in(staff)
    clock[0] = end + 1

    assert not is_in(staff)


def test_a_form_sent_after_a_log_in_ended_unused_waits_for_the_next(staff, clock, settings):
    clock[0] += settings.IDLE_MINUTES * 60 + 1
    answer = staff.post("/segments/new/", {"name": "Kept"})

    assert answer.url == "/admin/login/?next=/unsent/"
    assert "Kept" in staff.session["unsent"]["fields"]


def test_what_has_expired_is_deleted(staff):
    Session.objects.update(expire_date=timezone.now() - timedelta(days=1))
    clear_sessions()

    assert not Session.objects.exists()
