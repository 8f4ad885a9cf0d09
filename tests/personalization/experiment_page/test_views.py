"""The page of an experiment tells what its sums say; the list tells it in a word."""

import csv
import re

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Metric, Placement, Rule, Treatment
from personalization.models import OutcomeSum, UnitSum
from tests.personalization.experiments.sums import experiment, store, visitors

pytestmark = pytest.mark.django_db


@pytest.fixture(name="test")
def running(site):
    now = timezone.now()
    row = experiment(site, now)
    hero = Placement.objects.create(site=site, key="hero", name="Hero")
    campaign = Campaign.objects.create(site=site, key="autumn", name="Autumn", status="live")
    Rule.objects.create(campaign=campaign, placement=hero, name="Words", treatment=row)
    store(row, visitors(), now)
    return row


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_page_says_what_to_do_why_and_whether_that_can_be_trusted(see, test):
    page = see(f"/experiments/{test.pk}/")
    words = plain(page)

    assert "Ship Bold." in words and "Bold is better than control in Order Completed, share of visitors" in words
    assert "Divided as configured" in words and "Nobody was seen in more than one arm." in words
    assert "8,000 in all" in words and "Drawn by Words" in words
    assert page.count('class="s-whisker s-uplift good"') >= 1  # the interval as a picture
    assert "How the result came about" in words and "By device" in words and "explains" in words


def test_a_wrong_division_comes_before_any_verdict(see, test):
    UnitSum.objects.filter(arm="b", value__in=["", "mobile"]).delete()

    words = plain(see(f"/experiments/{test.pk}/"))

    assert "Repair it first" in words and "Wrongly divided" in words and "device" in words


def test_changes_are_told_in_per_cent_in_numbers_and_of_a_month(see, test):
    absolute, scaled = (plain(see(f"/experiments/{test.pk}/", **{"as": way})) for way in ("absolute", "scaled"))

    assert " points" in absolute and "EUR" in absolute
    assert "What all visitors of 30 days would bring" in scaled and re.search(r"\+[0-9,]+ better", scaled)


def test_another_metric_is_looked_at_more_closely_by_its_address(see, test):
    assert "Clicks, number per visitor: Bold" in plain(see(f"/experiments/{test.pk}/", metric="0-count", arm="b"))
    see(f"/experiments/{test.pk}/", metric="nonsense", arm="x", **{"as": "y"})


def test_too_little_data_says_when_there_will_be_enough(see, test):
    UnitSum.objects.update(units=5)
    OutcomeSum.objects.all().update(**dict.fromkeys(OutcomeSum.MEASURES, 0))
    OutcomeSum.objects.filter(dimension="").update(reached=1, n=1, nn=1, v=100, vv=10_000, nv=100)

    words = plain(see(f"/experiments/{test.pk}/"))

    assert "Wait 6 days." in words
    assert "Not enough data yet: 100 visitors an arm and 20 who did it are needed, in about 6 days." in words


def test_without_visitors_or_metrics_the_page_leads_on(see, site, test):
    UnitSum.objects.all().delete()
    assert "Nobody has taken part yet" in see(f"/experiments/{test.pk}/")
    bare = Treatment.objects.create(site=site, key="bare", name="Bare")
    assert "Set it up" in see(f"/experiments/{bare.pk}/")


def test_an_experiment_without_metrics_says_so(see, test):
    Metric.objects.all().delete()

    words = plain(see(f"/experiments/{test.pk}/"))

    assert "It has no primary metric, so nothing can decide it." in words and "Choose metrics" in words


def test_the_table_and_the_days_are_spreadsheets(client, viewer, test):
    client.force_login(viewer)
    table, days = (
        list(csv.DictReader(client.get(f"/experiments/{test.pk}/results.csv{more}").content.decode().splitlines()))
        for more in ("", "?by=day")
    )

    assert [(row["role"], row["name"], row["enough_data"]) for row in table[:2]] == [
        ("primary", "Plain", ""),
        ("primary", "Bold", "yes"),
    ]
    assert float(table[1]["lift_low"]) > 0 and len(days) == 3 * 2 * 14


def test_the_history_tells_of_phases(see, test):
    assert "100 %" in see(f"/experiments/{test.pk}/history/")


def test_the_list_says_in_a_word_what_each_says(see, site, test):
    Treatment.objects.create(site=site, key="idea", name="An idea", hypothesis="Blue sells")
    Treatment.objects.create(site=site, key="old", name="Old", archived=True)

    words = plain(see("/experiments/"))

    assert "Words of the hero" in words and "Ship" in words and "8,000" in words and "Not running" in words
    assert "An idea" in words and "Old" not in words
    assert "Words of the hero" not in plain(see("/experiments/", text="blue"))
    assert "Old" in plain(see("/experiments/", state="archived"))
    assert "No experiment fits" in see("/experiments/", kind="bandit")


def test_an_empty_list_leads_on(client, editor, site):
    client.force_login(editor)

    assert "Create the first" in client.get("/experiments/").content.decode()


def test_old_addresses_lead_to_the_new_ones(client, viewer, site, test):
    client.force_login(viewer)

    assert client.get("/treatments/").url.endswith("/experiments/")
    assert client.get(f"/treatments/{test.pk}/").url.endswith(f"/experiments/{test.pk}/setup/")
