"""Whom each rule reaches, and what rules above it leave."""

import re

import pytest
from redis import ConnectionError as Unreachable

from campaigns.models import AdVariant, Campaign, Placement, Rule
from personalization.campaign_page.audience import audience_of
from segments import audience
from tests.events import START, folded, page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


@pytest.fixture
def crowd(keep):
    """Ten visitors, with one page to ten."""
    for number in range(10):
        keep(f"{number:032x}", folded(*(page(START + n * 1000) for n in range(number + 1))))


@pytest.fixture
def ladder(spring):
    """Three rules in one placement: more than 5 pages, more than 3, everybody. The first is of another campaign."""
    hero, offer = Placement.objects.get(), AdVariant.objects.get(key="offer")
    Rule.objects.all().delete()
    other = Campaign.objects.create(site=spring.site, key="other", name="Other", status="live")
    many = {"feature.pages_total": {"$gt": 5}}
    top = Rule.objects.create(campaign=other, placement=hero, name="Top", condition=many, variant=offer, priority=900)
    some = {"feature.pages_total": {"$gt": 3}}
    mid = Rule.objects.create(campaign=spring, placement=hero, name="Mid", condition=some, variant=offer, priority=800)
    all_ = Rule.objects.create(campaign=spring, placement=hero, name="All", variant=offer, priority=100)
    return top, mid, all_


def test_counts_who_fits_and_who_is_left_by_the_first_rule_above(spring, ladder, crowd):
    _, mid, everybody = ladder

    told = audience_of(spring.site, [mid, everybody])

    reaches = {reach.rule.name: reach for reach in told["reaches"]}
    assert (told["active"], told["looked_at"], told["is_sample"]) == (10, 10, False)
    assert (reaches["Mid"].fits, reaches["Mid"].left) == (7, 2)
    assert (reaches["All"].fits, reaches["All"].left) == (10, 3)
    assert [(rule.name, number) for rule, number, _ in reaches["All"].losses()] == [("Top", 5), ("Mid", 2)]
    assert [(part.name, part.number) for part in reaches["All"].picture().parts] == [
        ("Left to it", 3),
        ("Taken by Top", 5),
        ("Taken by Mid", 2),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"enabled": False},
        {"ends_at": "2020-01-01T00:00Z"},
        {"priority": 50},
    ],
)
def test_a_rule_that_is_off_over_or_below_takes_nobody(spring, ladder, crowd, change):
    Rule.objects.filter(name="Top").update(**change)

    (reach,) = audience_of(spring.site, [Rule.objects.get(name="Mid")])["reaches"]

    assert (reach.fits, reach.left) == (7, 7)


def test_a_rule_of_a_campaign_that_is_not_launched_takes_nobody_of_another(spring, ladder, crowd):
    Campaign.objects.filter(key="other").update(status="draft")

    (reach,) = audience_of(spring.site, [Rule.objects.get(name="All")])["reaches"]

    assert [rule.name for rule, _, _ in reach.losses()] == ["Mid"]


def test_a_sample_is_scaled_up_and_the_page_says_so(see, spring, ladder, crowd, monkeypatch):
    monkeypatch.setattr(audience, "MOST_ESTIMATED", 5)

    told = audience_of(spring.site, [ladder[2]])
    page_text = see("audience/")

    (reach,) = told["reaches"]
    assert (reach.fits, told["looked_at"], told["is_sample"]) == (10, 5, True)
    assert "among 10 visitors seen in 30 days; estimated from 5 of them" in page_text


def test_the_page_says_it_with_a_bar_its_table_and_links(see, spring, ladder, crowd):
    text = see("audience/")

    assert "is more than 3" in text
    assert f'gets <a href="/campaigns/rules/{ladder[0].pk}/">Top</a> first' in text
    assert '<a href="/campaigns/c/other/">Other</a>' in text
    assert re.search(r'gets <a [^>]*>Mid</a> first</th> <td>this one</td> ?<td class="s-number">2</td>', text)
    assert text.count('class="s-stack-bar s-net"') == 2


def test_a_rule_that_reaches_nobody_is_told(see, spring, ladder, crowd):
    Rule.objects.filter(name="Mid").update(condition={"feature.pages_total": {"$gt": 50}})

    assert "Nobody seen in 30 days fits it." in see("audience/")


def test_a_site_that_nobody_has_visited_has_a_page_all_the_same(see, spring, ladder):
    assert "among 0 visitors seen in 30 days" in see("audience/")


def test_when_profiles_cannot_be_read_the_page_says_so(see, spring, ladder, crowd, monkeypatch):
    def fail(*_, **__):
        raise Unreachable("away")

    monkeypatch.setattr("segments.audience.count", fail)

    assert "Profiles cannot be read at the moment" in see("audience/")
