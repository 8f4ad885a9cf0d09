"""Pages of results through the client."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import AdVariant, Campaign, Placement, Rule
from segments.models import Segment
from sites.times import DAY_MS, ms_of
from tests.goals import make_goal
from tests.results import decided, event, order, reaction, store, visitor
from tracking.exposure import Exposure

pytestmark = pytest.mark.django_db


@pytest.fixture
def hero(site):
    """What the live rule of a campaign shows."""
    offer = AdVariant.objects.create(site=site, key="offer", name="Offer", headline="For you")
    place = Placement.objects.create(site=site, key="home-hero", name="Hero")
    coffee = Segment.objects.create(site=site, key="coffee", name="Coffee lovers", condition={"visitor.events": 1})
    campaign = Campaign.objects.create(site=site, key="spring", name="Spring", goal=make_goal(site), status="live")
    rule = Rule.objects.create(campaign=campaign, placement=place, name="For coffee", variant=offer, segment=coffee)
    return Exposure("home-hero", campaign.pk, "spring", rule.pk, 0, "", offer.pk, "offer", "coffee")


@pytest.fixture
def week(site, hero):
    """200 looks of 150 visitors, 30 clicks, 12 orders of 20.00 each, of today and yesterday; half as much the week
    before."""
    now, decisions, told = ms_of(timezone.now()) - 120_000, [], []
    for number in range(300):
        earlier = 7 * DAY_MS if number >= 200 else DAY_MS * (number % 2)
        made = decided(site, visitor(number % 150), now - earlier, hero, number=number)
        decisions.append(made)
        told += [reaction("Impression", made), event(made.visitor, "Product Viewed", made.at + 2000)]
        if number < 30 or number >= 285:
            told.append(reaction("Click", made))
        if number < 12:
            told.append(order(made.visitor, made.at + 60_000, 20, f"o-{number}"))
    store(site, decisions, told)


def test_the_table_shows_what_each_campaign_brought(see, week):
    page = see("/results/")

    assert "Spring" in page
    assert "15.00 %" in page  # 30 of 200
    assert "10.7 % to 20.6 %" in page
    assert "240.00 EUR" in page
    assert "8.00 %" in page  # 12 of 150 visitors


@pytest.mark.parametrize(
    ("by", "name"),
    [
        ("campaign", "Spring"),
        ("rule", "For coffee"),
        ("creative", "Offer"),
        ("placement", "Hero"),
        ("segment", "Coffee lovers"),
    ],
)
def test_each_row_leads_to_a_page_of_its_own(see, week, by, name):
    table = see("/results/", by=by)
    address = table.split(f">{name}</a>")[0].rsplit('href="', 1)[1].rstrip('"').replace("&amp;", "&")

    page = see(address)

    assert f"Results: {name}" in page
    assert "From product to order" in page
    assert "100.0 % (150 of 150)" in page  # each looked at a product after seeing it
    assert "The same as a table" in page


def test_with_little_data_it_says_so(see, site, hero):
    made = decided(site, visitor(1), ms_of(timezone.now()) - 60_000, hero)
    store(site, [made], [reaction("Impression", made), reaction("Click", made)])

    assert "not enough data yet" in see("/results/")


def test_a_site_without_decisions_is_told_what_to_do(see, site):
    assert "Nothing was decided in this period" in see("/results/")
    assert "Nothing was decided for it" in see("/results/placement/nowhere/")


@pytest.mark.parametrize(
    "address",
    ["/results/campaign/x/", "/results/weather/1/", "/results/campaign/0/", "/results/rule/9999999999999999999/"],
)
def test_what_cannot_be_is_not_found(client, viewer, site, address):
    client.force_login(viewer)

    assert client.get(address).status_code == 404


def test_dates_that_cannot_be_read_are_told_and_the_usual_period_is_shown(see, week):
    page = see("/results/", **{"from": "yesterday", "to": "2026-01-01"})

    assert "“yesterday” is no date." in page
    assert "Spring" in page


def test_the_table_is_sorted_by_its_columns(see, week, site, hero):
    store(site, [decided(site, visitor(1), ms_of(timezone.now()) - 60_000, Exposure("home-hero", variant_id=99))])

    down, up = see("/results/", by="creative", order="seen"), see("/results/", by="creative", order="-seen")

    assert down.index(">Offer<") < down.index(">Deleted (99)<")
    assert up.index(">Offer<") > up.index(">Deleted (99)<")


def test_the_table_is_exported_with_intervals(client, viewer, week):
    client.force_login(viewer)

    answer = client.get("/results/export.csv", {"by": "campaign"})

    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert (row["name"], row["seen"], row["clicks"], row["orders"], row["revenue"]) == (
        "Spring",
        "200",
        "30",
        "12",
        "240.00",
    )
    assert (row["click_rate"], row["enough_data"]) == ("0.15", "yes")


def test_days_are_exported(client, viewer, week, hero):
    client.force_login(viewer)
    today = timezone.now().date()

    answer = client.get(f"/results/campaign/{hero.campaign_id}/days.csv", {"period": "7"})

    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [row["day"] for row in rows] == [str(today - timedelta(days=back)) for back in range(6, -1, -1)]
    assert sum(int(row["seen"]) for row in rows) == 200


def test_pages_need_no_more_queries_where_more_is_shown(
    client, viewer, week, site, hero, django_assert_max_num_queries
):
    client.force_login(viewer)
    others = [Exposure("home-hero", 900 + number, f"c{number}", 900 + number, variant_id=1) for number in range(20)]
    store(site, [decided(site, visitor(1), ms_of(timezone.now()) - 60_000, each) for each in others])

    with django_assert_max_num_queries(40):
        client.get("/results/")
    with django_assert_max_num_queries(45):
        client.get(f"/results/campaign/{hero.campaign_id}/")
