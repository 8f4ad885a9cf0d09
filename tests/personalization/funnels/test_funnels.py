"""Funnels through the client, counted from stored events."""

import csv
import io
import json
import random
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from personalization.funnels import reading
from personalization.funnels.question import Asked
from personalization.models import ApiToken
from personalization.results.period import Period
from segments.conditions import event_properties
from segments.conditions.event_rows import read
from segments.depth import Done
from segments.models import Segment
from segments.profile import encode
from sites import keys
from sites.times import HOUR_MS, ms_of
from tests import events as made
from tests.results import event, store, visitor
from tests.segments.test_depth import by_trying
from tracking.log.base import partition_of
from tracking.models import EventRollup, Visitor

pytestmark = pytest.mark.django_db


def there(site, *visitors, **fields) -> None:
    now = timezone.now()
    Visitor.objects.bulk_create(
        Visitor(id=one, site=site, first_seen_at=now - timedelta(days=3), last_seen_at=now, **fields)
        for one in visitors
    )


def step(name, **where):
    return read({"event": name, "where": where}).row.steps[0]


@pytest.fixture
def shoppers(site):
    """40 looked at a product, every second of them at coffee; 20 put it into the cart, 10 ordered two hours later."""
    now, told = ms_of(timezone.now()) - 4 * HOUR_MS, []
    for number in range(40):
        who = visitor(number)
        told.append(event(who, "Product Viewed", now, category=("coffee", "tea")[number % 2]))
        if number < 20:
            told.append(event(who, "Product Added", now + 60_000))
        if number < 10:
            told.append(event(who, "Order Completed", now + 2 * HOUR_MS))
    told.append(event(visitor(99), "Order Completed", now))
    there(site, *(visitor(number) for number in [*range(40), 99]))
    store(site, [], told)
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for name in ("Product Viewed", "Product Added", "Order Completed"):
        EventRollup.objects.create(site=site, grain=EventRollup.Grain.HOUR, at=hour, name=name, events=40)


SHOP = {"did-0-event": "Product Viewed", "did-1-event": "Product Added", "did-2-event": "Order Completed"}


def test_sql_and_plain_python_come_as_far(site):
    rng, start = random.Random(3), ms_of(timezone.now()) - 20 * HOUR_MS
    steps = [
        step("Product Viewed", category="coffee"),
        step("Product Viewed"),
        step("page", **{"$path": {"$startsWith": "/c"}}),
    ]
    told, expected = [], [0, 0, 0]
    first, second, *others = [visitor(number) for number in range(30)]
    there(site, first, *others)
    there(site, second, merged_into_id=Visitor.objects.get(pk=first).pk)
    histories = {}
    for who in (first, second, *others):
        for number in range(rng.randint(0, 6)):
            one = event(
                who, rng.choice(["Product Viewed", "Order Completed", ""]), start + number * HOUR_MS, f"{who}{number}"
            )
            one[1].properties, one[1].path = {"category": rng.choice(["coffee", "tea"])}, rng.choice(["/c/1", "/"])
            told.append(one)
            histories.setdefault(first if who == second else who, []).append(one[1])
    store(site, [], told)
    tests = [event_properties.compile_tests(one.where) or (lambda _: True) for one in steps]
    for history in histories.values():
        done = [
            Done(one.at, sum(
                1 << bit for bit, asked in enumerate(steps)
                if asked.event == (one.name if one.type == "track" else one.type) and tests[bit](one)
            ))
            for one in sorted(history, key=lambda one: (one.at, one.seq))
        ]  # fmt: skip
        for depth in range(len(by_trying(done, 3, 4 * HOUR_MS))):
            expected[depth] += 1

    today = site.local_day(timezone.now())
    found = reading.count(site, Asked(tuple(steps), 4 * HOUR_MS), Period(today - timedelta(days=2), today))

    assert [reached.visitors for reached in found.groups[""]] == expected
    assert expected[2] > 0


def test_the_page_counts_steps_in_order(see, shoppers):
    page = see("/funnels/", **SHOP)

    assert "25.0 %" in page  # 10 of 40
    assert "50.0 % of the step before" in page
    assert "1 order" not in page


def test_a_property_and_a_span_narrow_it(see, shoppers):
    coffee = {"did-0-property": "category", "did-0-operator": "$eq", "did-0-value": "coffee"}

    page = see("/funnels/", **SHOP, **coffee, within="1", unit="hours")

    assert "Product Viewed where category is “coffee”" in page
    assert ">20 visitors<" in page
    assert "0.0 %" in page  # orders came two hours later


def test_without_a_question_the_usual_one_is_answered(see, shoppers):
    page = see("/funnels/")

    assert "From product to order" in page
    assert "40 visitors" in page


def test_a_site_without_events_is_told_what_to_do(see, site):
    assert "Install the tracker" in see("/funnels/")


def test_buttons_change_the_steps_without_counting(see, shoppers):
    page = see("/funnels/", **SHOP, do="step")
    assert "Event of step 4" in page
    assert "The steps have changed" in page
    assert "Event of step 3" not in see("/funnels/", **SHOP, do="remove:1")
    assert "Property 1, step 2" in see("/funnels/", **SHOP, do="where:1")
    moved = see("/funnels/", **SHOP, do="up:1")
    assert moved.index('value="Product Added"') < moved.index('value="Product Viewed"')


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ({"did-1-event": ""}, "Choose an event."),
        ({"did-0-property": "x", "did-0-operator": "$gte", "did-0-value": "many"}, "number"),
        ({"within": "soon"}, "Give a whole number"),
        ({"within": "91", "unit": "days"}, "at most 90 days"),
        ({"segment": "gone"}, "There is no segment “gone” here."),
        ({"from": "yesterday", "to": "2026-01-01"}, "“yesterday” is no date."),
    ],
)
def test_faults_stand_beside_what_was_typed(see, shoppers, query, fault):
    page = see("/funnels/", **(SHOP | query))

    assert fault in page
    assert 'value="Product Viewed"' in page


@pytest.mark.parametrize("hostile", ["'; DROP TABLE x; --", "%s", "a\0b", "<script>", "{}"])
def test_strange_names_are_names(see, shoppers, hostile):
    see(
        "/funnels/",
        **(SHOP | {"did-0-event": hostile, "did-0-property": hostile, "did-0-operator": "$eq", "did-0-value": hostile}),
    )


def test_segments_are_compared_with_everybody(see, shoppers, site, redis_client, settings):
    Segment.objects.create(site=site, key="buyers", name="Buyers", condition={"feature.orders": {"$gte": 1}})
    for number in range(40):
        done = [made.event("Product Viewed", ms_of(timezone.now()) - HOUR_MS, message_id=f"k{number}")]
        if number < 10:
            done.append(
                made.event("Order Completed", ms_of(timezone.now()), message_id=f"o{number}", properties={"total": 5})
            )
        key = keys.profile(partition_of(visitor(number), settings.LOG_PARTITIONS), visitor(number))
        redis_client.set(key, b"\0" * 8 + encode(made.folded(*done)))

    page = see("/funnels/", **SHOP, segment="buyers", than="")

    assert "Buyers" in page
    assert "100.0 %" in page
    assert "25.0 %" in page


def test_more_visitors_than_there_is_time_for_are_a_sample_and_said_to_be(see, shoppers, monkeypatch):
    monkeypatch.setattr(reading, "CHUNK", 10)
    monkeypatch.setattr(reading, "SECONDS", 0)

    page = see("/funnels/", **SHOP)

    assert "Counted on a fair sample: 10 of 41 visitors" in page
    assert "about " in page


@pytest.fixture
def api(site, viewer):
    _, secret = ApiToken.issue(name="CI", scopes=["read"], created_by=viewer, site=site)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def test_the_api_counts_the_same(api, site, shoppers):
    steps = [{"event": "Product Viewed", "where": {"category": "coffee"}}, {"event": "Product Added"}]

    answer = api.get("/api/v1/funnels/", {"site": site.pk, "steps": json.dumps(steps), "within_minutes": 60})

    assert answer.status_code == 200, answer.json()
    told = answer.json()
    assert (told["looked_at"], told["visitors"], told["is_sample"]) == (41, 41, False)
    assert [(one["visitors"], one["name"]) for one in told["groups"][0]["steps"]] == [
        (20, "Product Viewed where category is “coffee”"),
        (10, "Product Added"),
    ]
    assert told["groups"][0]["steps"][1]["share"]["value"] == 0.5


def test_the_api_names_what_is_wrong(api, site):
    told = {
        "site": site.pk + 1,
        "steps": '[{"event": ""}, {"name": "x"}]',
        "within_minutes": "x",
        "than": "y",
        "by": "z",
    }

    answer = api.get("/api/v1/funnels/", told)

    assert answer.status_code == 400
    assert set(answer.json()) == {"site", "steps", "within_minutes", "by"}
    known = {"site": site.pk, "steps": '[{"event": "a"}, {"event": "b"}]'}
    assert set(api.get("/api/v1/funnels/", known | {"segment": "gone"}).json()) == {"segment"}
    assert APIClient().get("/api/v1/funnels/").status_code == 401


def test_it_is_exported_as_it_stands(client, viewer, shoppers):
    client.force_login(viewer)

    rows = list(csv.DictReader(io.StringIO(client.get("/funnels/export.csv", SHOP).content.decode())))

    assert [(row["event"], row["visitors"], row["share"]) for row in rows] == [
        ("Product Viewed", "40", "1.0"), ("Product Added", "20", "0.5"), ("Order Completed", "10", "0.25"),
    ]  # fmt: skip
    assert rows[2]["median_seconds"] == "7200.0"
    assert client.get("/funnels/export.csv", SHOP | {"within": "x"}).status_code == 400
