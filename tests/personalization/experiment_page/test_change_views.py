"""What an experiment measures and how it ends are set on its pages, with a record; nothing typed is lost."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from campaigns.models import Campaign, Conclusion, Metric, Placement, Rule
from sites.pages.history import read
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


@pytest.fixture
def browser(client, editor):
    client.force_login(editor)
    return client


def typed(*rows):
    """(goal, kind, role) of each, with what else is to be typed."""
    columns = ("goal", "kind", "role", "better", "worse", "cap")
    usual = ("", "rate", "secondary", "more", "2", "")
    filled = [(*row, *usual[len(row) :]) for row in rows]
    return {f"metric-{name}": [row[place] for row in filled] for place, name in enumerate(columns)}


def words_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_metrics_are_set_with_roles_directions_and_caps_and_an_entry_says_so(browser, test):
    goal = test.metrics.exclude(goal=None).first().goal_id
    rows = typed(("clicks", "rate", "primary"), (goal, "value", "guardrail", "less", "7", "99.50"), ("", "rate"))

    assert browser.post(f"/experiments/{test.pk}/metrics/", rows).status_code == 302

    told = list(test.metrics.order_by("id").values_list("kind", "role", "less_is_better", "worst_percent", "cap_minor"))
    assert told == [("rate", "primary", False, 2, None), ("value", "guardrail", True, 7, 9950)]
    assert "at most 7 % worse" in read(LogEntry.objects.latest("pk")).words


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([("clicks", "rate", "primary"), ("clicks", "count", "primary")], "One metric decides"),
        ([("clicks", "rate"), ("clicks", "rate")], "Two rows measure the same."),
        ([("clicks", "value", "primary")], "A click brings nothing by itself"),
        ([("999999", "rate", "primary")], "Choose a goal of this site"),
        ([("clicks", "nonsense", "primary")], "is not a valid choice"),
        ([("clicks", "rate", "guardrail", "more", "77")], "less than or equal to 50"),
        ([("clicks", "rate", "guardrail", "more", "2", "lots")], "“lots” is not an amount"),
    ],
)
def test_metrics_that_cannot_be_are_told_and_stay_typed(browser, test, rows, fault):
    answer = browser.post(f"/experiments/{test.pk}/metrics/", typed(*rows))

    assert answer.status_code == 200 and fault in words_of(answer).replace("&#x27;", "'")
    assert test.metrics.count() == 3
    if rows[0][-1] == "lots":
        assert 'value="lots"' in answer.content.decode()


def test_a_row_more_saves_nothing(browser, test):
    answer = browser.post(f"/experiments/{test.pk}/metrics/", typed(("clicks", "rate", "primary")) | {"do": "add"})

    assert answer.content.decode().count('name="metric-goal"') == 2 and test.metrics.count() == 3


def test_the_checks_name_what_must_be_mended_before_it_starts(browser, test):
    Metric.objects.all().delete()
    Rule.objects.all().delete()

    words = words_of(browser.get(f"/experiments/{test.pk}/metrics/"))

    assert "No metric decides." in words and "None draws from it yet." in words
    assert "Nobody has said what is expected" in words


def test_shipping_gives_all_visitors_the_winner_and_keeps_who_when_and_why(browser, editor, test):
    page = words_of(browser.get(f"/experiments/{test.pk}/decide/"))
    assert "Ship Bold." in page
    browser.post(f"/experiments/{test.pk}/decide/", {"arm": "b", "why": "It sells.", "lessons": "Bold words win."})

    rule, made = Rule.objects.get(), Conclusion.objects.get()
    assert (rule.treatment, rule.variant.key) == (None, "bold")
    assert (made.outcome, made.arm_name, made.decided_by, made.said) == ("ship", "Bold", editor, "Ship Bold.")
    words = words_of(browser.get(f"/experiments/{test.pk}/")), words_of(browser.get(f"/experiments/{test.pk}/history/"))
    assert "Shipped" in words[0] and "It sells." in words[0] and "Learned: Bold words win." in words[1]
    assert {read(entry).words for entry in LogEntry.objects.all()} >= {"Shipped “Bold” after phase 1. Why: It sells."}


def test_stopping_keeps_the_control_and_one_without_creative_switches_the_rule_off(browser, test):
    test.arms.filter(key="a").update(variant=None)
    test.phases.update(arms=[["a", None, 50], ["b", test.arms.get(key="b").variant_id, 50]])

    browser.post(f"/experiments/{test.pk}/decide/", {"arm": "a"})

    assert Conclusion.objects.get().outcome == "stop" and not Rule.objects.get().enabled


def test_an_arm_that_is_none_decides_nothing(browser, test):
    assert "Select a valid choice" in words_of(browser.post(f"/experiments/{test.pk}/decide/", {"arm": "zz"}))
    assert not Conclusion.objects.exists()


def test_what_rules_draw_from_is_not_archived_and_what_they_do_not_is_brought_back(browser, test):
    browser.post(f"/experiments/{test.pk}/archive")
    test.refresh_from_db()
    assert not test.archived
    Rule.objects.all().delete()

    for archived in (True, False):
        browser.post(f"/experiments/{test.pk}/archive")
        test.refresh_from_db()
        assert test.archived is archived


def test_whoever_only_looks_changes_nothing(client, viewer, test):
    client.force_login(viewer)

    client.post(f"/experiments/{test.pk}/metrics/", typed(("clicks", "rate", "primary")))
    assert client.post(f"/experiments/{test.pk}/decide/", {"arm": "b"}).status_code == 403
    assert client.post(f"/experiments/{test.pk}/archive").status_code == 403
    assert test.metrics.count() == 3 and not Conclusion.objects.exists()


def test_who_saved_it_meanwhile_is_not_overwritten(browser, test):
    answer = browser.post(f"/experiments/{test.pk}/metrics/", typed(("clicks", "rate", "primary")) | {"seen": "2001"})

    assert "Nothing was done with it" in words_of(answer) and test.metrics.count() == 3


def test_a_new_experiment_measures_clicks_and_a_rules_test_the_goal_of_its_campaign(site, test):
    from campaigns.splitting import new_split

    campaign = Campaign.objects.get()
    campaign.goal = test.metrics.exclude(goal=None).first().goal
    rule = Rule(campaign=campaign, name="Other")

    row = new_split(rule, [(arm.variant, 1) for arm in test.arms.all()])

    assert list(row.metrics.order_by("id").values_list("goal__name", "role")) == [
        (campaign.goal.name, "primary"),
        (None, "secondary"),
    ]
