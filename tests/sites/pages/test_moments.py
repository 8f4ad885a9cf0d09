"""Times in forms, by the clocks of the site."""

from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.utils import timezone

from sites.pages.moments import LocalMoment
from sites.templatetags.moments import ago, moment


class Plan(forms.Form):
    at = LocalMoment(required=False)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture(autouse=True)
def berlin():
    with timezone.override("Europe/Berlin"):
        yield


def plan(text, meant="", **initial) -> Plan:
    form = Plan({"at": text, "at-meant": meant}, initial=initial)
    form.is_valid()
    return form


def test_what_is_typed_is_meant_by_the_clocks_of_the_site():
    assert plan("2026-11-27T09:00").cleaned_data["at"] == utc("2026-11-27T08:00")
    assert plan("2027-07-02T09:00:30").cleaned_data["at"] == utc("2027-07-02T07:00:30")


def test_what_is_stored_is_shown_by_the_clocks_of_the_site_with_utc_in_the_tooltip():
    shown = str(Plan(initial={"at": utc("2026-11-27T08:00")})["at"])

    assert 'type="datetime-local"' in shown
    assert 'value="2026-11-27T09:00:00"' in shown
    assert 'title="27 Nov 2026, 08:00 UTC"' in shown
    assert "radio" not in shown


def test_the_hour_that_comes_twice_asks_which_and_keeps_what_was_typed():
    form = plan("2027-10-31T02:30")

    (error,) = form.errors["at"]
    assert error == "Clocks in Europe/Berlin show 02:30 twice that day, as they go back. Choose which is meant."
    shown = str(form["at"])
    assert 'value="2027-10-31T02:30"' in shown
    assert "02:30 CEST (00:30 UTC), before clocks go back" in shown
    assert 'value="2027-10-31T01:30:00+00:00"> 02:30 CET' in shown


@pytest.mark.parametrize("meant", ["2027-10-31T00:30:00+00:00", "2027-10-31T01:30:00+00:00"])
def test_whichever_is_chosen_is_taken_and_shown_again(meant):
    form = plan("2027-10-31T02:30", meant)

    assert form.cleaned_data["at"] == datetime.fromisoformat(meant)
    assert f'value="{meant}" checked' in str(Plan(initial={"at": form.cleaned_data["at"]})["at"])
    assert not form.fields["at"].has_changed(datetime.fromisoformat(meant), form["at"].data)


def test_a_time_that_clocks_leave_out_offers_the_next_that_there_is():
    form = plan("2027-03-28T02:30")

    assert "never show 02:30 that day" in form.errors["at"][0]
    assert '"2027-03-28T01:00:00+00:00"> 03:00 CEST (01:00 UTC)' in str(form["at"])
    assert plan("2027-03-28T02:30", "2027-03-28T01:00:00+00:00").cleaned_data["at"] == utc("2027-03-28T01:00")


def test_a_choice_that_belongs_to_another_time_is_not_taken():
    assert plan("2027-10-31T02:45", "2027-10-31T00:30:00+00:00").errors["at"]
    assert plan("2026-11-27T09:00", "2027-10-31T00:30:00+00:00").cleaned_data["at"] == utc("2026-11-27T08:00")


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01T09:00", "0001-01-01T00:00", "9999-12-31T23:59"])
def test_what_is_no_time_is_said_and_kept(text):
    form = plan(text)

    assert form.errors["at"] == ["Write a date and a time, like 2026-11-27 09:00."]
    assert f'value="{text}"' in str(form["at"])


def test_nothing_is_no_moment():
    assert plan("").cleaned_data["at"] is None


def test_a_moment_is_written_by_the_clocks_of_the_site_with_both_in_the_tooltip():
    assert moment(utc("2026-11-27T18:00:05")) == (
        '<time datetime="2026-11-27T18:00:05+00:00"'
        ' title="27 Nov 2026, 19:00:05 Europe/Berlin = 27 Nov 2026, 18:00:05 UTC">27 Nov 2026, 19:00</time>'
    )
    assert ">28 Nov 2026</time>" in moment(utc("2026-11-27T23:30"), "day")
    assert moment(None) == "–"


def test_how_long_ago_has_the_moment_in_the_tooltip():
    assert "Europe/Berlin = " in ago(utc("2026-11-27T18:00:05"))


def test_what_is_still_to_come_is_told_as_in_so_long():
    assert ">in 3\xa0hours</time>" in ago(timezone.now() + timedelta(hours=3, minutes=1))
