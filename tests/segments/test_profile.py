import json
import random

import msgspec
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segments import bounds
from segments.features import FEATURES
from segments.profile import Profile, decode, encode, fold
from segments.state import PAGES, SESSION_GAP_MS, WEEK_MS
from sites.times import DAY_MS
from tests.events import KINDS, MINUTE, PROPERTIES, START, copied, event, folded, page, streams
from tracking.event import Referral


@settings(max_examples=100, deadline=None)
@given(streams(), st.randoms(use_true_random=False))
def test_fold_survives_encoding_between_any_two_events(events, rng):
    live = folded(*events)

    stored = Profile()
    for one in copied(events):
        if rng.random() < 0.5:
            stored = decode(encode(stored))
        fold(stored, one)

    assert stored == live
    assert encode(stored) == encode(live)


@settings(max_examples=100, deadline=None)
@given(streams(), st.randoms(use_true_random=False))
def test_order_of_keys_is_irrelevant(events, rng):
    def shuffled(mapping):
        keys = list(mapping)
        rng.shuffle(keys)
        return {key: mapping[key] for key in keys}

    permuted = copied(events)
    for one in permuted:
        one.properties, one.traits = shuffled(one.properties), shuffled(one.traits)

    assert encode(folded(*permuted)) == encode(folded(*events))


@settings(max_examples=100, deadline=None)
@given(streams(max_size=60))
def test_counts_every_event_once_and_places_it(events):
    profile = folded(*events)

    assert profile.seq == profile.events == len(events)
    assert [one.seq for one in events] == list(range(1, len(events) + 1))
    visits = [one for one in events if "channel" not in one.context]
    assert all(1 <= one.session <= profile.last_number for one in visits)
    assert all(one.session == 0 for one in events if "channel" in one.context)
    assert profile.pages == sum(one.type in ("page", "screen") for one in events)
    assert profile.sessions == len({one.session for one in visits} - {one.joins for one in visits})
    assert profile.first_at == min((one.at for one in events), default=0)
    assert profile.last_at >= max((one.at for one in visits), default=0)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32))
def test_size_is_bounded_under_a_hostile_stream(seed):
    rng = random.Random(seed)
    profile = Profile()
    for number in range(1500):
        kind, name = rng.choice(KINDS)
        long = f"{rng.getrandbits(64):x}" * 40
        stuffed = dict.fromkeys(PROPERTIES, long) | {
            "price": 1e300,
            "quantity": 10**9,
            "seconds": 1e14,
            "day": number,
            "products": [{"product_id": f"{long}{n}"} for n in range(99)],
        }
        fold(
            profile,
            event(
                name,
                START + number * 11 * MINUTE,
                kind,
                properties=stuffed,
                traits={f"{long[:30]}{n}": long for n in range(9)},
                path=long,
                language=long[:8],
            ),
        )

    assert len(profile.items) <= bounds.MAX_ITEMS
    for shown in (profile.shown, profile.shown_of_campaigns, profile.session.shown, profile.session.shown_of_campaigns):
        assert len(shown) <= bounds.MAX_SHOWN
    assert len(encode(profile)) < 40_000
    assert decode(encode(profile)) == profile


def test_typical_profile_is_small():
    events = []
    for number in range(40):
        at = START + number * 5 * MINUTE
        events.append(
            page(
                at,
                page_id=f"page-{number}",
                category=f"Category {number % 5}",
                product_id=f"K-{number % 9}",
                price=39.9,
            )
        )
        events.append(event("Page Dwell", at + 9000, properties={"page_id": f"page-{number}", "seconds": 9}))

    assert len(encode(folded(*events))) <= 2000  # 880 without the trail


def test_a_profile_that_an_older_version_stored_is_read():
    """Fields grow at the end: `old` has the numbers of those that each part had before."""
    old = {"profile": Profile.__struct_fields__.index("cart_set_at"), "line": 2, "order": 3}
    place = {name: Profile.__struct_fields__.index(name) for name in ("cart", "known_orders")}
    profile = folded(
        page(),
        event("Order Completed", properties={"order_id": "A-1", "total": 5}),
        event("Product Added", properties={"product_id": "K-1"}),
    )
    stored = msgspec.msgpack.decode(encode(profile))[: old["profile"]]
    stored[place["cart"]] = {key: line[: old["line"]] for key, line in stored[place["cart"]].items()}
    stored[place["known_orders"]] = [order[: old["order"]] for order in stored[place["known_orders"]]]

    read = decode(msgspec.msgpack.encode(stored))

    assert read.known_orders == profile.known_orders
    assert (read.revenue_minor, list(read.cart)) == (500, ["K-1"])
    assert (
        folded(event("Order Completed", START + 1, properties={"order_id": "A-1", "total": 5}), profile=read).orders
        == 1
    )


# --- sessions -------------------------------------------------------------------------------------


def test_session_ends_after_thirty_minutes_without_events():
    first, within, next_ = page(START), page(START + SESSION_GAP_MS - 1), page(START + 2 * SESSION_GAP_MS - 1)

    profile = folded(first, within, next_)

    assert [first.session, within.session, next_.session] == [1, 1, 2]
    assert profile.session.pages == 1
    assert profile.previous_at == within.at
    assert profile.session_starts == [first.at, next_.at]


def test_late_event_of_an_older_session_does_not_move_time_backwards():
    late = page(START - DAY_MS + MINUTE)

    profile = folded(page(START - DAY_MS), page(START), late)

    assert late.session == 1
    assert profile.last_at == profile.session.last_at == START
    assert profile.session.pages == 1
    assert profile.pages == 3


def test_late_event_within_the_session_belongs_to_it():
    late = page(START - MINUTE)

    profile = folded(page(START), late)

    assert late.session == 1
    assert profile.session.pages == 2
    assert profile.session.started_at == profile.first_at == START - MINUTE


def test_first_touch_stays_and_last_touch_is_the_latest_external_click():
    search, paid = Referral("search", "Google"), Referral("paid", "Ads", campaign="spring")

    profile = folded(
        event("", START, "page", referral=search),
        event("", START + DAY_MS, "page", referral=paid),
        event("", START + 2 * DAY_MS, "page"),
    )

    assert profile.first_touch.source == "Google"
    assert profile.last_touch.campaign == "spring"
    assert profile.session.touch.channel == "direct"


# --- what events mean -----------------------------------------------------------------------------


def test_dwell_is_cumulative_for_a_page_view():
    def dwell(seconds, page_id="a"):
        return event("Page Dwell", START, properties={"page_id": page_id, "seconds": seconds, "product_id": "K-1"})

    profile = folded(dwell(10), dwell(31.5), dwell(31.5), dwell(12), dwell(5, "b"))

    assert profile.items["K-1"].dwell_ms == 36_500
    assert profile.session.longest_ms == 31_500
    assert profile.session.longest_product == "K-1"


def test_dwell_knows_its_product_from_the_page():
    profile = folded(
        page(page_id="a", product_id="K-1"), event("Page Dwell", properties={"page_id": "a", "seconds": 31})
    )

    assert profile.items["K-1"].longest_ms == 31_000


def test_page_and_product_viewed_of_one_page_view_count_once():
    product = {"product_id": "K-1", "category": "Kitchen", "price": 39.9}

    profile = folded(page(**product), event("Product Viewed", properties=product), page(START + 1, **product))

    assert profile.product_views == 2
    assert profile.session.categories == {"Kitchen": 2}
    assert profile.items["K-1"].price_minor == 3990


def test_product_views_without_pages_count_each():
    profile = folded(
        *[event("Product Viewed", START + n, properties={"product_id": "K-1", "category": "Kitchen"}) for n in range(3)]
    )

    assert profile.product_views == 3
    assert profile.session.categories == {"Kitchen": 3}


def test_cart_adds_up_and_an_order_empties_it():
    add = {"product_id": "K-1", "price": "39.90", "quantity": 2}
    cart = [
        event("Product Added", START, properties=add),
        event("Product Added", START, properties={"sku": "K-2", "price": 5}),
    ]
    removed = event("Product Removed", START, properties={"product_id": "K-2"})

    before = folded(*cart, removed)
    after = folded(*cart, removed, event("Order Completed", START, properties={"order_id": "A-1", "total": 79.8}))

    assert {key: (line.quantity, line.price_minor) for key, line in before.cart.items()} == {"K-1": (2, 3990)}
    assert after.cart == {}
    assert (after.orders, after.revenue_minor) == (1, 7980)


def test_one_order_id_counts_once_and_can_be_cancelled():
    order = {"order_id": "A-1", "total": 10}
    twice = [event("Order Completed", START, properties=order), event("Order Completed", START + 1, properties=order)]

    assert folded(*twice).orders == 1
    assert folded(*twice, event("Order Cancelled", START + 2, properties=order)).revenue_minor == 0


def test_cart_left_behind_is_counted_once_as_abandoned():
    profile = folded(
        event("Product Added", START, properties={"product_id": "K-1"}), page(START + DAY_MS), page(START + 2 * DAY_MS)
    )

    assert profile.carts_abandoned == 1


def test_orders_older_than_thirty_days_leave_the_window():
    orders = [
        event("Order Completed", START + days * DAY_MS, properties={"order_id": str(days), "total": 1})
        for days in (0, 5, 31)
    ]

    profile = folded(*orders)

    assert FEATURES["orders_30d"].compute(profile, START + 31 * DAY_MS) == 2
    assert profile.orders == 3


def test_interest_halves_in_its_half_life_exactly():
    profile = folded(page(START, category="Kitchen"))

    assert profile.week.read(PAGES, START, WEEK_MS) == pytest.approx(1.0, rel=1e-12)
    assert profile.week.read(PAGES, START + WEEK_MS, WEEK_MS) == pytest.approx(0.5, rel=1e-12)
    assert profile.week.read(PAGES, START + 10 * WEEK_MS, WEEK_MS) == pytest.approx(2**-10, rel=1e-12)


def test_decay_does_not_depend_on_when_events_arrive():
    events = [page(START + days * DAY_MS) for days in (0, 3, 20, 21, 40)]

    forwards, backwards = folded(*events), folded(*reversed(events))

    now = START + 50 * DAY_MS
    assert forwards.week.read(PAGES, now, WEEK_MS) == pytest.approx(backwards.week.read(PAGES, now, WEEK_MS), rel=1e-9)


def test_impressions_count_by_rule_and_local_day():
    def shown(day, rule="7"):
        return event("Impression", START, "engagement", properties={"rule_id": rule, "day": day, "decision": "d"})

    assert folded(shown(10), shown(10), shown(11), shown(10), shown(10, "8")).shown == {
        "7": [11, 1, 4],
        "8": [10, 1, 1],
    }


def test_impressions_count_in_their_session_and_for_their_campaign():
    def shown(at, rule, campaign=3):
        told = {"rule_id": rule, "campaign_id": campaign, "day": 10, "decision": "d"}
        return event("Impression", at, "engagement", properties=told)

    profile = folded(
        shown(START, 7), shown(START + 1, 8), shown(START + 40 * MINUTE, 7), shown(START + 41 * MINUTE, 9, 0)
    )

    assert profile.session.shown == {"7": 1, "9": 1}
    assert profile.session.shown_of_campaigns == {"3": 1}
    assert profile.shown_of_campaigns == {"3": [10, 3, 3]}


def test_consent_follows_the_latest_answer():
    def answer(**given):
        return event("Segue Consent Updated", properties=given)

    assert folded(answer(analytics=True, personalization=True)).consent == "granted"
    assert folded(answer(personalization=True), answer(personalization=False, analytics=True)).consent == "stored"
    assert folded(answer(personalization=True), answer(personalization=True, analytics=False)).consent == "denied"
    assert folded(answer(personalization="yes")).consent == ""


def test_an_answer_that_is_told_late_does_not_overrule_the_latest():
    """ingest-late-event-changes-the-present-2"""

    def answer(at, personalization):
        return event("Segue Consent Updated", at, properties={"personalization": personalization})

    assert folded(answer(START, False), answer(START - 1, True)).consent == "stored"
    assert folded(answer(START, True), answer(START - 1, False)).consent == "granted"


def test_a_late_event_tells_of_its_sender_only_what_nothing_since_has_told():
    """ingest-late-event-changes-the-present-2"""
    now = event("Something", START, device="desktop", browser="Firefox", path="/now")
    before = event("Something", START - DAY_MS, device="mobile", browser="Safari", language="de", path="/before")

    profile = folded(now, before)

    assert (profile.device, profile.browser, profile.path, profile.language) == ("desktop", "Firefox", "/now", "de")


def test_what_was_looked_at_before_is_not_what_was_seen_last():
    """ingest-late-event-changes-the-present-1"""
    views = [
        event("Product Viewed", START + number, properties={"product_id": f"K-{number}", "price": number + 1})
        for number in range(30)
    ]
    late = event("Product Viewed", START + 11, properties={"product_id": "K-29", "price": 999})

    profile = folded(*reversed(views), late)

    assert list(profile.items) == [f"K-{number}" for number in range(10, 30)]
    assert profile.items["K-29"].price_minor == 3000


def test_a_search_told_late_is_not_the_last():
    """ingest-late-event-changes-the-present-1"""
    searches = [
        event("Products Searched", START + number, properties={"query": query})
        for number, query in enumerate("abcdefg")
    ]

    assert folded(searches[6], searches[2], searches[6]).terms == ["c", "g"]
    assert folded(*searches, searches[0]).terms == ["c", "d", "e", "f", "g"]


def test_engagement_is_remembered_in_the_order_of_time():
    """ingest-late-event-changes-the-present-1"""
    seen = [
        event("Dismiss", START + number, "engagement", properties={"decision": f"d{number}"}) for number in range(10)
    ]

    assert [done.decision for done in folded(*reversed(seen)).engagements] == [f"d{number}" for number in range(2, 10)]


def test_searches_remember_their_latest_terms():
    terms = folded(
        *[event("Products Searched", properties={"query": query}) for query in ("A", "b", "c", "d", "e", " a ", "f")]
    ).terms

    assert terms == ["c", "d", "e", "a", "f"]


@pytest.mark.django_db
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(streams())
def test_events_that_went_through_jsonb_fold_alike(events):
    """A rebuild reads properties and traits from Postgres, which orders keys its own way and writes 1e300 as 10...0."""
    stored = copied(events)
    with connection.cursor() as cursor:
        for one in stored:
            cursor.execute(
                "SELECT %s::jsonb::text, %s::jsonb::text", [json.dumps(one.properties), json.dumps(one.traits)]
            )
            one.properties, one.traits = map(json.loads, cursor.fetchone())

    assert encode(folded(*stored)) == encode(folded(*events))
