"""Results of the seeded fortnight equal a straight recomputation from the stored decisions, engagement and orders: every
figure of every campaign, rule, creative, placement and segment, by day and in sum."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from rest_framework.test import APIClient

from campaigns.models import Campaign, Rule
from personalization.demo import history
from personalization.demo.personas import CONSENT
from personalization.demo.site import WRITE_KEY, put_live
from personalization.management.commands.replay import storing
from personalization.models import ApiToken, Decision
from personalization.results import funnel, reading, report
from personalization.results.period import Period
from personalization.results.reading import DIMENSIONS, Scope
from sites.models import Site
from sites.times import HOUR_MS, ms_of
from tests.factories import TESTER
from tests.replaying import replay
from tracking.models import Event

pytestmark = [
    pytest.mark.usefixtures("transactional_db", "redis_client"),
    pytest.mark.urls("tests.personalization.demo.all_urls"),
]
VISITORS, DAYS = 30, 14
OF_OUTCOME = {"OUTRANKED": "outranked", "CAPPED": "capped", "CAPPED_TODAY": "capped"}


class Fact(NamedTuple):
    """Something that counts, and what it is counted to: None where it belongs to nothing of the kind."""

    spot: dict[str, Any]  # dimension -> value
    day: date
    measure: str
    number: int = 1
    visitor: str = ""
    decided: date = date.max  # of a conversion: the day of the decision that earned it


class Touch(NamedTuple):
    at: int
    is_click: bool
    decision: str
    spot: dict[str, Any]


@pytest.fixture
def shop(settings, tmp_path) -> Site:
    settings.VAR_DIR, settings.DEMO = tmp_path, True
    call_command("demo", verbosity=0)
    site = Site.objects.get(write_key=WRITE_KEY)
    site.time_zone = "America/New_York"  # whose days begin in the middle of the visits
    site.save()
    for rule in Rule.objects.filter(campaign__site=site):
        rule.cap_per_day = 1
        rule.save()
    assert put_live(site, "Caps that are reached", TESTER)
    with storing():
        history.bring(site, VISITORS, DAYS, lambda said: None)
    tell_odd_orders(site, tmp_path)
    return site


def test_every_figure_equals_a_straight_recomputation(shop, publisher):
    facts = list(recount(shop))
    days = sorted({fact.day for fact in facts})
    whole = Period(days[0], days[-1])
    periods = [whole, Period(days[4], days[8])]
    kinds = {fact.measure for fact in facts}
    assert {"capped", "outranked", "clicks", "conversions", "assists"} <= kinds, kinds

    for dimension in DIMENSIONS:
        for period in periods:
            lines = {line.value: line for line in report.lines(shop, period, dimension)}
            found = [fact for fact in facts if fact.spot[dimension] and period.first <= fact.day <= period.last]
            assert lines.keys() == {fact.spot[dimension] for fact in found}
            for value, line in lines.items():
                own = [fact for fact in found if fact.spot[dimension] == value]
                assert figures(line.now.counts) == summed(own), (dimension, value)
                assert line.now.buyers == len(buyers(own, period)), (dimension, value)
        values = {fact.spot[dimension] for fact in facts if fact.spot[dimension]}
        for value in values:
            by_day = reading.by_day(shop, whole, Scope(dimension, value))
            own = [fact for fact in facts if fact.spot[dimension] == value]
            assert {day: figures(counts) for day, counts in by_day.items()} == {
                day: summed(fact for fact in own if fact.day == day) for day in {fact.day for fact in own}
            }
    total = report.summary(shop, whole)
    assert figures(total.now.counts) == summed(facts)
    assert all(
        report.table(shop, whole, by, "seen") == (report.lines(shop, whole, by, "seen"), total) for by in DIMENSIONS
    )
    assert [figures_told(shop, whole, dimension, publisher) for dimension in DIMENSIONS] == [
        {
            str(value): summed(fact for fact in facts if fact.spot[dimension] == value)
            for value in {fact.spot[dimension] for fact in facts if fact.spot[dimension]}
        }
        for dimension in DIMENSIONS
    ]
    check_funnel(shop, whole, facts)


def check_funnel(shop: Site, period: Period, facts: list[Fact]) -> None:
    campaign = Campaign.objects.get(site=shop, key="category-spotlight").pk
    scope = Scope("campaign", campaign)

    found = funnel.of_those_who_saw(shop, period, scope, reading.total(shop, period, scope))

    assert [step.reached for step in found.steps] == steps_of(shop, campaign)
    saw = {fact.visitor for fact in facts if fact.measure == "impressions" and fact.spot["campaign"] == campaign}
    assert found.sample == len(saw) > 3


# --- the recomputation ------------------------------------------------------------------------------


def recount(site: Site) -> Iterator[Fact]:
    zone = ZoneInfo(site.time_zone)
    decisions = {row.id.hex: row for row in Decision.objects.filter(site=site)}
    days = {identity: row.at.astimezone(zone).date() for identity, row in decisions.items()}
    for identity, row in decisions.items():
        yield Fact(spot_of(row), days[identity], "decisions")
        for rule, campaign, outcome in row.context.get("passed", []):
            lost = {"campaign": campaign, "rule": rule, "creative": 0, "placement": row.placement, "segment": ""}
            yield Fact(lost, days[identity], OF_OUTCOME.get(outcome, "held"))
    came: defaultdict[str, set[str]] = defaultdict(set)
    for event in Event.objects.filter(site=site, type="engagement"):
        came[event.properties["decision"]].add(event.name)
    for identity, names in came.items():
        row = decisions[identity]
        if names & {"Impression", "Click"}:
            yield Fact(spot_of(row), days[identity], "impressions", 1, row.visitor_id.hex)
        if "Click" in names:
            yield Fact(spot_of(row), days[identity], "clicks")
        if "Dismiss" in names:
            yield Fact(spot_of(row), days[identity], "dismissals")
    yield from recount_conversions(site, decisions, zone)


def spot_of(row: Decision) -> dict[str, Any]:
    return {
        "campaign": row.campaign_id, "rule": row.rule_id, "creative": row.variant_id, "placement": row.placement,
        "segment": row.segment,
    }  # fmt: skip


def recount_conversions(site: Site, decisions: dict[str, Decision], zone: ZoneInfo) -> Iterator[Fact]:
    """By the rule of the site: the last click before it, else the last look, within seven days, has the credit."""
    assert site.attribution == "last_click" and site.view_through
    goals = {campaign.pk: campaign.goal for campaign in Campaign.objects.filter(site=site).select_related("goal")}
    touches: defaultdict[str, list[Touch]] = defaultdict(list)
    for event in Event.objects.filter(site=site, type="engagement", name__in=("Impression", "Click")):
        decision = event.properties["decision"]
        told = Touch(ms_of(event.at), event.name == "Click", decision, spot_of(decisions[decision]))
        touches[event.visitor_id.hex].append(told)
    orders = set()
    for event in Event.objects.filter(site=site, type="track").order_by("visitor_id", "seq"):
        pursuing = {pk: goal for pk, goal in goals.items() if goal and goal.event == event.name}
        order = event.properties.get("order_id") if event.name == "Order Completed" else None
        if not pursuing or order in orders:
            continue
        at = ms_of(event.at)
        counting = [
            touch
            for touch in touches[event.visitor_id.hex]
            if touch.spot["campaign"] in pursuing and 0 <= at - touch.at <= 7 * 24 * HOUR_MS
        ]
        if not counting:
            continue
        orders |= {order} - {None}
        best = max(counting, key=lambda touch: (touch.is_click, touch.at, touch.decision))
        day = event.at.astimezone(zone).date()
        for campaign in {touch.spot["campaign"] for touch in counting}:
            own = [touch for touch in counting if touch.spot["campaign"] == campaign]
            earned = max(own, key=lambda touch: (touch.is_click, touch.at, touch.decision))
            spot, decided = earned.spot, decisions[earned.decision].at.astimezone(zone).date()
            is_credited = campaign == best.spot["campaign"]
            worth = worth_of(event) if goals[campaign].value_kind == "event" else 0
            yield Fact(spot, day, "conversions" if is_credited else "assists", 1, event.visitor_id.hex, decided)
            yield Fact(spot, day, "value_minor" if is_credited else "assisted_minor", worth)


def worth_of(event: Event) -> int:
    """In the currency of the shop."""
    told = event.properties
    if told.get("currency", "EUR") != "EUR":
        return 0
    if "total" in told:
        return round(told["total"] * 100)
    return sum(round(product["price"] * 100) * product["quantity"] for product in told.get("products", []))


def summed(facts) -> dict[str, int]:
    sums: defaultdict[str, int] = defaultdict(int)
    seen = set()
    for fact in facts:
        sums[fact.measure] += fact.number
        if fact.measure == "impressions":
            seen.add(fact.visitor)
    sums["eligible"] = sum(sums[name] for name in ("decisions", "outranked", "capped", "held"))
    sums["visitors"] = len(seen)
    return {name: number for name, number in sums.items() if number}


def figures(counts: reading.Counts) -> dict[str, int]:
    names = (
        "decisions",
        "impressions",
        "clicks",
        "dismissals",
        "conversions",
        "value_minor",
        "assists",
        "assisted_minor",
    )
    told = {name: getattr(counts, name) for name in (*names, "outranked", "capped", "held", "eligible")}
    return {name: number for name, number in (told | {"visitors": counts.visitors.visitors}).items() if number}


def buyers(facts: list[Fact], period: Period) -> set[str]:
    """Who saw it in the period and reached the goal in it. `facts` are of one value and the period."""
    return {fact.visitor for fact in facts if fact.measure == "conversions" and fact.decided >= period.first}


def figures_told(site: Site, period: Period, dimension: str, who: User) -> dict[str, dict[str, int]]:
    """By the API."""
    _, secret = ApiToken.issue(name=dimension, scopes=["read"], created_by=who, site=site)
    asked = {"site": site.pk, "by": dimension, "from": str(period.first), "to": str(period.last)}
    answer = APIClient().get("/api/v1/results/", asked, HTTP_AUTHORIZATION=f"Bearer {secret}")
    others = {"seen": "impressions"}
    left_out = {"click_rate", "conversion_rate", "revenue_per_visitor"}
    return {
        line["value"]: {
            others.get(name, name): number for name, number in line["now"].items() if number and name not in left_out
        }
        for line in answer.json()["results"]
    }


def steps_of(site: Site, campaign: int) -> list[int]:
    """Of those who saw it, who did what after they first did."""
    first: dict[str, int] = {}
    for event in Event.objects.filter(site=site, type="engagement", name__in=("Impression", "Click")):
        if event.properties["campaign_id"] == campaign:
            who, at = event.visitor_id.hex, ms_of(event.at)
            first[who] = min(at, first.get(who, at))
    done: defaultdict[str, set[str]] = defaultdict(set)
    for event in Event.objects.filter(site=site, type="track"):
        if ms_of(event.at) >= first.get(event.visitor_id.hex, 2**60):
            done[event.visitor_id.hex].add(event.name)
    steps = ["Product Viewed", "Product Added", "Order Completed"]
    return [sum(bool(names & set(steps[place:])) for names in done.values()) for place in range(3)]


# --- what the fortnight has not ---------------------------------------------------------------------


def tell_odd_orders(site: Site, folder) -> None:
    """Told long after they happened; told twice, by page and server; in another currency; without a total; of nobody who was
    shown anything; later than any window; taken back."""
    clicks = Event.objects.filter(site=site, type="engagement", name="Click").order_by("at")
    clicked = list({event.visitor_id: event for event in clicks}.values())
    assert len(clicked) >= 5
    lines = [{"name": "Kettle", "product_id": "k", "price": 12.35, "quantity": 2}]
    told = [
        (clicked[0], HOUR_MS, "late", {"total": 31.5, "currency": "EUR"}),
        (clicked[1], 2 * HOUR_MS, "twice", {"total": 20, "currency": "EUR"}),
        (clicked[1], 2 * HOUR_MS + 900, "twice", {"total": 20, "currency": "EUR"}),
        (clicked[2], HOUR_MS, "dollars", {"total": 99, "currency": "USD"}),
        (clicked[3], HOUR_MS, "lines", {"products": lines, "currency": "EUR"}),
        (clicked[4], -400 * 24 * HOUR_MS, "before", {"total": 7, "currency": "EUR"}),
    ]
    messages = [
        message(event, ms_of(event.at) + after, "Order Completed", f"odd-{number}", {"order_id": order, **properties})
        for number, (event, after, order, properties) in enumerate(told)
    ]
    back = {"order_id": "late", "total": 31.5, "currency": "EUR"}
    messages.append(message(clicked[0], ms_of(clicked[0].at) + 3 * HOUR_MS, "Order Refunded", "odd-back", back))
    file = folder / "odd.jsonl"
    file.write_text("\n".join(map(json.dumps, messages)))
    replay(file, "segment-jsonl", site=str(site.pk))


def message(event: Event, at: int, name: str, identity: str, properties: dict[str, Any]) -> dict[str, Any]:
    first = Event.objects.filter(visitor_id=event.visitor_id, type="page").order_by("seq")[0]
    number = first.message_id.split("-")[1]  # "simulated-7-0-1"
    return {
        "type": "track", "event": name, "messageId": identity, "anonymousId": f"simulated-{number}", "timestamp": at,
        "properties": properties, "context": {"consent": CONSENT},
    }  # fmt: skip
