"""Decisions, engagement and conversions in Postgres, once."""

import uuid
from datetime import UTC, date, datetime

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from campaigns.models import AdVariant, Campaign, Goal, Placement, Release, Rule
from campaigns.publish import publish
from personalization import decision_table, overview
from personalization.campaign_list import Result, results_of
from personalization.engagement import message_id
from personalization.models import Conversion, Decision, DecisionRollup, Exposed
from personalization.recording import record
from sites.times import DAY_MS
from tests.factories import make_site
from tests.goals import make_goal
from tracking import consumer, event_table, partitions
from tracking.chunk import first_of_each
from tracking.decision import LoggedDecision
from tracking.event import Entry, Event
from tracking.exposure import COLUMNS, Exposure
from tracking.log.base import encode_entry

pytestmark = pytest.mark.django_db
NOW = 1_780_000_000_000
VISITOR = "a" * 32


def moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)


@pytest.fixture
def campaign(site):
    return Campaign.objects.create(id=5, site=site, key="spring", name="Spring", goal=make_goal(site), status="live")


def exposure(**changed) -> Exposure:
    shown = {
        "placement": "home-hero",
        "campaign_id": 5,
        "campaign": "spring",
        "rule_id": 7,
        "variant_id": 3,
        "variant": "offer",
    }
    return Exposure(**shown | changed)


def row(site, identity=None, *, at=NOW, release="r1", **changed) -> LoggedDecision:
    context = {"device": "mobile", "placements": ["home-hero"], "seed": 4}
    identity = identity or uuid.uuid4().bytes
    shown = exposure(**changed)
    return LoggedDecision(identity, at, site.pk, VISITOR, 3, shown, "TARGETING_MATCH", "", 1.0, 0, release, context)


def engagement(name, at, decision, **told):
    properties = {"decision": decision, "day": 20_000, "release": told.pop("release", "")}
    shown = exposure(**told).as_properties()
    return Event(message_id(decision, name.lower()), "engagement", name, at, at, properties=properties | shown)


def order(identity, at, **properties):
    return Event(
        identity, "track", "Order Completed", at, at, properties={"order_id": identity, "total": 49.9} | properties
    )


def store(site, *events):
    """As the consumer does: into the table, then the step."""
    for number, event in enumerate(events, 1):
        event.seq = number
    entries = [event_table.decode_entry(encode_entry(Entry(site.pk, VISITOR, list(events))))]
    partitions.ensure({date(2026, 5, 1)})
    with connection.cursor() as cursor:
        event_table.copy(cursor, entries)
    record(connection, entries, [])


def log(*decisions: LoggedDecision) -> None:
    """As the consumer does: each once into the table, then the step with those that it lacked."""
    partitions.ensure({date(2026, 5, 1)})
    with connection.cursor() as cursor:
        kept = decision_table.keep(cursor, first_of_each(decisions))
    record(connection, [], kept)


def test_the_consumer_knows_the_table_and_this_step():
    assert decision_table.keep in consumer.tables_of_decisions
    assert consumer.steps["results"] is record


def test_a_decision_is_stored_once_however_often_it_was_appended(site):
    one = row(site)

    log(one, one)
    log(one, row(site))

    assert Decision.objects.count() == 2
    assert DecisionRollup.objects.get().decisions == 2


def test_a_decision_keeps_what_a_recomputation_needs(site):
    log(row(site, rule_id=0, treatment_id=4, arm="b"))

    decision = Decision.objects.get()
    assert (decision.seq, decision.release, decision.rule_id) == (3, "r1", 0)
    assert (decision.treatment_id, decision.arm, decision.propensity, decision.weights) == (4, "b", 1.0, 0)
    assert decision.context == {"device": "mobile", "placements": ["home-hero"], "seed": 4}
    assert int(decision.at.timestamp() * 1000) == NOW


def test_engagement_is_counted_by_what_was_shown(site):
    decision = uuid.uuid4().hex

    store(
        site,
        engagement("Impression", NOW, decision),
        engagement("Click", NOW + 1, decision),
        engagement("Dismiss", NOW + 2, decision),
    )

    rollup = DecisionRollup.objects.get(placement="home-hero", campaign="spring", rule_id=7, variant="offer")
    assert (rollup.impressions, rollup.clicks, rollup.dismissals) == (1, 1, 1)


def test_an_order_credits_the_click_before_it_with_its_value(site, campaign):
    decision = uuid.uuid4().hex
    order = Event(
        "order-1", "track", "Order Completed", NOW + 60_000, NOW + 60_000, properties={"order_id": "A1", "total": 49.9}
    )

    store(site, engagement("Click", NOW, decision), order)

    conversion = Conversion.objects.get()
    assert (conversion.decision_id.hex, conversion.campaign, conversion.value_minor) == (decision, "spring", 4990)
    rollup = DecisionRollup.objects.get(variant="offer")
    assert (rollup.conversions, rollup.value_minor) == (1, 4990)


def test_a_conversion_told_by_its_token_keeps_its_value(site):
    Campaign.objects.create(
        id=5, site=site, key="spring", name="Spring", goal=make_goal(site, "Conversion"), status="live"
    )
    decision = uuid.uuid4().hex
    told = engagement("Conversion", NOW + 1, decision)
    told.properties["value_minor"] = 1250

    store(site, engagement("Impression", NOW, decision), told)

    assert Conversion.objects.get().value_minor == 1250


def test_an_order_without_engagement_credits_nobody(site, campaign):
    store(site, Event("order-1", "track", "Order Completed", NOW, NOW, properties={"total": 49.9}))

    assert not Conversion.objects.exists()


# --- R15: results belong to what the visitor saw, whatever it is called meanwhile ------------------


@pytest.fixture
def spring(site, publisher, django_capture_on_commit_callbacks, redis_client):
    """A live release of one campaign with one rule."""
    offer = AdVariant.objects.create(site=site, key="offer", name="Offer", headline="For you")
    hero = Placement.objects.create(site=site, key="home-hero", name="Hero", default_variant=offer)
    campaign = Campaign.objects.create(site=site, key="spring", name="Spring", status="live", goal=make_goal(site))
    Rule.objects.create(campaign=campaign, placement=hero, name="Everybody", variant=offer)
    release_draft(site, publisher, django_capture_on_commit_callbacks)
    return campaign


def release_draft(site, publisher, callbacks) -> str:
    with callbacks(execute=True):
        row = publish(site, publisher)
    row.refresh_from_db()
    assert row.status == "live"
    return row.version


def shown(site, number, at=NOW, **changed):
    """A decision of the live release, and what stands in the token of its links."""
    version = changed.pop("release", None) or Release.objects.get(site=site, status="live").version
    rule = Rule.objects.get()
    identity = uuid.UUID(int=(at << 80) | (7 << 76) | (2 << 62) | number)
    told = {
        "campaign_id": rule.campaign_id,
        "rule_id": rule.pk,
        "variant_id": rule.variant_id,
        "release": version,
    } | changed
    log(row(site, identity.bytes, at=at, **told))
    return identity.hex, told


def test_a_campaign_renamed_in_the_draft_goes_on_being_credited(site, spring):
    """R15: nothing was published, so visitors see the live release, orders count, and the list shows them under the new
    key."""
    Campaign.objects.filter(pk=spring.pk).update(key="spring-sale", goal=make_goal(site, "Signed Up"))
    AdVariant.objects.update(key="offer-a")
    decision, told = shown(site, 1)

    store(
        site,
        engagement("Impression", NOW, decision, **told),
        engagement("Click", NOW + 1000, decision, **told),
        order("order-1", NOW + 2000),
    )

    conversion = Conversion.objects.get()
    assert (conversion.campaign_id, conversion.campaign, conversion.value_minor) == (spring.pk, "spring", 4990)
    assert Decision.objects.get().campaign_id == spring.pk
    assert Decision.objects.get().variant_id == DecisionRollup.objects.get().variant_id == AdVariant.objects.get().pk
    assert results_of(site, moment(NOW + 3000)) == {spring.pk: Result(1, 1, 1, 4990)}


def test_results_go_on_under_a_new_key_once_it_is_published(
    site, spring, publisher, django_capture_on_commit_callbacks
):
    """R15: the old figures are not lost, and what a page that was left open sends is still credited once."""
    before, told_before = shown(site, 1)
    store(site, engagement("Click", NOW, before, **told_before))
    Campaign.objects.filter(pk=spring.pk).update(key="spring-sale")
    version = release_draft(site, publisher, django_capture_on_commit_callbacks)
    after, told_after = shown(site, 2, NOW + 5000, campaign="spring-sale", release=version)

    store(site, engagement("Click", NOW + 6000, after, **told_after), order("order-1", NOW + 7000))

    assert Conversion.objects.get().decision_id.hex == after
    assert results_of(site, moment(NOW + 8000)) == {spring.pk: Result(2, 2, 1, 4990)}
    assert set(DecisionRollup.objects.values_list("campaign", flat=True)) == {"spring", "spring-sale"}


def test_what_counts_as_a_conversion_is_what_counted_when_the_visitor_looked(
    site, spring, publisher, django_capture_on_commit_callbacks
):
    """R15: the goal changed in a release that this visitor has not seen."""
    decision, told = shown(site, 1)
    Campaign.objects.filter(pk=spring.pk).update(goal=make_goal(site, "Signed Up"))
    version = release_draft(site, publisher, django_capture_on_commit_callbacks)

    store(
        site,
        engagement("Click", NOW, decision, **told),
        order("order-1", NOW + 1000),
        Event("up", "track", "Signed Up", NOW + 2000, NOW + 2000),
    )
    assert [row.message_id for row in Conversion.objects.all()] == ["order-1"]

    decision, told = shown(site, 2, NOW + 3000, release=version)
    store(
        site,
        engagement("Click", NOW + 4000, decision, **told),
        Event("up-again", "track", "Signed Up", NOW + 5000, NOW + 5000),
    )
    assert [row.message_id for row in Conversion.objects.order_by("at")] == ["order-1", "up-again"]


def test_a_key_that_was_given_away_keeps_the_figures_of_both_apart(
    site, spring, publisher, django_capture_on_commit_callbacks
):
    """R15: within one hour, another campaign is published under the key that this one had."""
    decision, told = shown(site, 1)
    Campaign.objects.filter(pk=spring.pk).update(key="spring-old")
    other = Campaign.objects.create(site=site, key="spring", name="Spring again", status="live")
    Rule.objects.update(campaign=other)
    version = release_draft(site, publisher, django_capture_on_commit_callbacks)
    again, told_again = shown(site, 2, release=version)

    store(site, engagement("Click", NOW, decision, **told), engagement("Impression", NOW, again, **told_again))

    results = results_of(site, moment(NOW + 1000))
    assert (results[spring.pk].clicks, results[other.pk].clicks, results[other.pk].impressions) == (1, 0, 1)


def test_an_order_that_the_page_and_the_server_tell_converts_once(site, spring):
    """ingest-one-order-counts-once-1: two messages, in one chunk and in two, and the thank-you page opened again."""
    decision, told = shown(site, 1)
    page, server, again = (
        order(identity, NOW + later, order_id="A-1")
        for identity, later in (("page", 1000), ("server", 2000), ("again", 90_000))
    )

    store(site, engagement("Click", NOW, decision, **told), page, server)
    store(
        site,
        again,
        order("other", NOW + 95_000, order_id="A-2"),
        order("nameless-1", NOW + 96_000, order_id=None),
        order("nameless-2", NOW + 97_000, order_id=None),
    )

    assert [row.message_id for row in Conversion.objects.order_by("at")] == [
        "page",
        "other",
        "nameless-1",
        "nameless-2",
    ]
    assert results_of(site, moment(NOW + 99_000))[spring.pk].conversions == 4


# --- R24: a click implies that it was seen ---------------------------------------------------------


def rates(site) -> tuple[int, int]:
    rows = DecisionRollup.objects.filter(site=site)
    assert all(row.clicks <= row.impressions for row in rows)
    return sum(row.impressions for row in rows), sum(row.clicks for row in rows)


def test_a_click_without_an_impression_counts_one(site, spring):
    """R24: three decisions, one impression, three clicks."""
    clicked = [shown(site, number) for number in range(3)]

    store(
        site,
        engagement("Impression", NOW, clicked[0][0], **clicked[0][1]),
        *(engagement("Click", NOW + 1, each, **told) for each, told in clicked),
    )

    assert rates(site) == (3, 3)


@given(st.data())
def test_in_whatever_sequence_and_chunks_they_arrive_no_rate_is_above_one(data):
    """R24: each decision is seen once and clicked once, however often and late either is told; over any hours, clicks
    are at most impressions."""
    with transaction.atomic():
        site = make_site(write_key=f"wk_{uuid.uuid4().hex[:8]}")
        decisions = [
            uuid.UUID(int=((NOW + number * 1_800_000) << 80) | (7 << 76) | (2 << 62) | number).hex
            for number in range(3)
        ]
        told = data.draw(
            st.lists(
                st.tuples(st.sampled_from(decisions), st.sampled_from(["Impression", "Click"])), unique=True, max_size=6
            )
        )
        events = [
            engagement(name, NOW + 7_200_000 * (number + 1), decision) for number, (decision, name) in enumerate(told)
        ]
        while events:
            size = data.draw(st.integers(1, len(events)))
            store(site, *events[:size])
            events = events[size:]

        seen, clicked = {decision for decision, _ in told}, {decision for decision, name in told if name == "Click"}
        assert rates(site) == (len(seen), len(clicked))
        transaction.set_rollback(True)


def test_home_and_the_list_show_no_rate_above_one_for_any_period(site, spring):
    """R24: seen a minute before the hour, clicked a minute after it."""
    hour = NOW - NOW % 3_600_000
    decision, told = shown(site, 1, hour - 60_000)

    store(
        site,
        engagement("Impression", hour - 30_000, decision, **told),
        engagement("Click", hour + 60_000, decision, **told),
    )

    for now in (
        hour + 120_000,
        hour + 86_400_000 - 1,
        hour + 86_400_000,
        hour + 86_400_000 + 3_600_000,
        hour + 7 * 86_400_000,
    ):
        for counted in (*overview.engagement(site, moment(now), 1), *results_of(site, moment(now)).values()):
            assert counted.clicks <= counted.impressions


@pytest.mark.parametrize(
    ("properties", "context", "value_minor"),
    [
        ({"total": 0, "products": [{"price": 49}]}, {}, 0),
        ({"total": "1.299,00"}, {}, 129_900),
        ({"products": [{"price": 10}] * 30}, {}, 30_000),
        ({"total": 100, "currency": "USD"}, {"currency": "EUR"}, 0),
    ],
)
def test_a_conversion_is_worth_what_the_profile_says_of_the_order(site, spring, properties, context, value_minor):
    """ingest-zero-is-a-value-1, ingest-money-as-text-2, ingest-twenty-lines-1, ingest-currencies-1"""
    order = Event("order-1", "track", "Order Completed", NOW, NOW, properties=properties, context=context)

    decision, told = shown(site, 1)

    store(site, engagement("Click", NOW - 1, decision, **told), order)

    assert Conversion.objects.get().value_minor == value_minor


# --- goals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "value_minor"),
    [
        ({"value_kind": "none"}, 0),
        ({"value_kind": "fixed", "value_minor": 250}, 250),
        ({"value_kind": "property", "value_property": "fee"}, 350),
        ({"value_kind": "property", "value_property": "missing"}, 0),
    ],
)
def test_a_conversion_is_worth_what_its_goal_says(site, spring, fields, value_minor):
    goal = spring.goal
    Goal.objects.filter(pk=goal.pk).update(**fields)
    decision, told = shown(site, 1, release="unknown")  # read by the drafts

    store(site, engagement("Click", NOW, decision, **told), order("order-1", NOW + 1000, fee=3.5))

    conversion = Conversion.objects.get()
    assert (conversion.goal_id, conversion.value_minor) == (goal.pk, value_minor)
    assert DecisionRollup.objects.get().value_minor == value_minor


def test_only_an_event_that_fits_the_condition_of_the_goal_converts(site, spring):
    Goal.objects.update(condition={"total": {"$gte": 100}})
    decision, told = shown(site, 1, release="unknown")

    store(
        site,
        engagement("Click", NOW, decision, **told),
        order("small", NOW + 1000, total=99),
        order("large", NOW + 2000, total=120),
    )

    assert [row.message_id for row in Conversion.objects.all()] == ["large"]


@pytest.mark.parametrize(("days", "converts"), [(7, False), (30, True)])
def test_a_touch_earns_what_happens_within_the_window_of_its_goal(site, spring, days, converts):
    Goal.objects.update(window_days=days)
    decision, told = shown(site, 1, NOW - 20 * DAY_MS, release="unknown")
    store(site, engagement("Click", NOW - 20 * DAY_MS, decision, **told))

    store(site, order("order-1", NOW))

    assert Conversion.objects.exists() == converts


def test_the_window_that_counts_is_that_of_the_release_which_the_visitor_saw(
    site, spring, publisher, django_capture_on_commit_callbacks
):
    Goal.objects.update(window_days=30)
    version = release_draft(site, publisher, django_capture_on_commit_callbacks)
    Goal.objects.update(window_days=1)
    decision, told = shown(site, 1, NOW - 20 * DAY_MS, release=version)
    store(site, engagement("Click", NOW - 20 * DAY_MS, decision, **told))

    store(site, order("order-1", NOW))

    assert Conversion.objects.get().message_id == "order-1"


def test_a_release_counts_for_as_long_as_its_own_goals_say(site, spring, publisher, django_capture_on_commit_callbacks):
    """It was replaced forty days ago, and its page left open: the other release asks for no orders."""
    Goal.objects.update(window_days=30)
    version = release_draft(site, publisher, django_capture_on_commit_callbacks)
    Campaign.objects.update(goal=make_goal(site, "Signed Up"))
    release_draft(site, publisher, django_capture_on_commit_callbacks)
    for days_ago, release in zip((70, 60, 40), Release.objects.order_by("number"), strict=True):
        Release.objects.filter(pk=release.pk).update(live_at=moment(NOW - days_ago * DAY_MS))
    decision, told = shown(site, 1, NOW - 20 * DAY_MS, release=version)
    store(site, engagement("Click", NOW - 20 * DAY_MS, decision, **told))

    store(site, order("order-1", NOW))

    assert Conversion.objects.get().message_id == "order-1"


def test_a_campaign_without_a_goal_converts_nobody(site, spring):
    Campaign.objects.update(goal=None)
    decision, told = shown(site, 1, release="unknown")

    store(site, engagement("Click", NOW, decision, **told), order("order-1", NOW + 1000))

    assert not Conversion.objects.exists()


def test_an_event_that_two_goals_count_is_worth_to_each_campaign_what_its_goal_says(site, spring):
    leads = make_goal(site, key="leads", value_kind="fixed", value_minor=500)
    other = Campaign.objects.create(site=site, key="other", name="Other", status="live", goal=leads)
    decision, told = shown(site, 1, release="unknown")
    again, told_again = shown(site, 2, release="unknown", campaign_id=other.pk, campaign="other")

    store(
        site,
        engagement("Click", NOW, decision, **told),
        engagement("Click", NOW, again, **told_again),
        order("order-1", NOW + 1000),
    )

    worths = {row.campaign_id: (row.goal_id, row.value_minor) for row in Conversion.objects.all()}
    assert worths == {spring.pk: (spring.goal_id, 4990), other.pk: (leads.pk, 500)}


# --- an order counts once ---------------------------------------------------------------------------


@pytest.fixture
def three(site, spring):
    """Campaigns that pursue the same goal: spring and two more."""
    return [
        spring,
        *(Campaign.objects.create(site=site, key=key, name=key, goal=spring.goal, status="live") for key in "ab"),
    ]


def touched(site, campaigns, *touches, visitor=VISITOR):
    """(position of the campaign, kind) in turn, a second apart, of decisions by the drafts."""
    for number, (position, kind) in enumerate(touches, 1):
        campaign = campaigns[position]
        told = {"campaign_id": campaign.pk, "campaign": campaign.key, "release": "unknown"}
        yield engagement(kind, NOW + number * 1000, uuid.UUID(int=number).hex, **told)


def test_an_order_that_several_campaigns_touched_counts_once_and_is_said_of_each(site, three):
    """PAGES A7: one order of 49.90 was two conversions, and the sum of Home 99.80."""
    store(site, *touched(site, three, (0, "Click"), (1, "Impression"), (2, "Impression")), order("order-1", NOW + 9000))

    spring, first, second = three
    credited = {row.campaign_id: row.is_credited for row in Conversion.objects.all()}
    assert credited == {spring.pk: True, first.pk: False, second.pk: False}
    (home,) = overview.engagement(site, moment(NOW + 10_000), 1)
    assert (home.conversions, home.value_minor) == (1, 4990)
    rollups = DecisionRollup.objects.exclude(campaign_id=spring.pk)
    assert [(row.conversions, row.assists, row.assisted_minor) for row in rollups] == [(0, 1, 4990)] * 2


def test_an_order_that_another_message_tells_keeps_its_credit(site, three):
    """The server tells it after the visitor has clicked on another campaign."""
    store(site, *touched(site, three, (0, "Click")), order("page", NOW + 5000, order_id="A-1"))
    later = engagement("Click", NOW + 6000, uuid.uuid4().hex, campaign_id=three[1].pk, release="unknown")

    store(site, later, order("server", NOW + 7000, order_id="A-1"))
    store(site, order("server again", NOW + 8000, order_id="A-1"))

    rows = Conversion.objects.order_by("id").values_list("campaign_id", "message_id", "is_credited")
    assert list(rows) == [(three[0].pk, "page", True), (three[1].pk, "server", False)]


def test_the_way_of_the_site_decides_from_the_next_release_on(
    site, spring, publisher, django_capture_on_commit_callbacks
):
    site.view_through = False
    site.save()
    version = release_draft(site, publisher, django_capture_on_commit_callbacks)
    before, told_before = shown(site, 1, release=Release.objects.get(number=1).version)
    after, told_after = shown(site, 2, release=version)

    store(site, engagement("Impression", NOW, after, **told_after), order("order-1", NOW + 1000))
    assert not Conversion.objects.exists()
    store(site, engagement("Impression", NOW, before, **told_before), order("order-2", NOW + 1000))
    assert Conversion.objects.get().message_id == "order-2"


ORDER_IDS = ["A", "B", None]
STORIES = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 2), st.sampled_from(["Impression", "Click"])),
        st.sampled_from(ORDER_IDS).map(lambda o: (o,)),
    ),
    max_size=10,
)


def recount(story, goal) -> dict[str, tuple[int, set[int]]]:
    """By order, who is credited with it and who also touched it, in plain loops over what happened in turn: the last
    click, else the last look, of what came before."""
    touches, found = [], {}
    for number, step in enumerate(story):
        if len(step) == 2:
            touches.append((step[1] == "Click", number, step[0]))
            continue
        if not touches:
            continue
        name = step[0] or f"message {number}"
        campaigns = {campaign for _, _, campaign in touches}
        credited, others = found.get(name, (max(touches)[2], set()))
        found[name] = credited, others | (campaigns - {credited})
    return found


@given(st.data())
def test_totals_are_different_orders_and_a_recount_agrees(data):
    with transaction.atomic():
        site = make_site(write_key=f"wk_{uuid.uuid4().hex[:8]}")
        goal = make_goal(site)
        three = [Campaign.objects.create(site=site, key=key, name=key, goal=goal, status="live") for key in "abc"]
        story, events = data.draw(STORIES), []
        for number, step in enumerate(story):
            at = NOW + 1000 * number
            if len(step) == 2:
                told = {"campaign_id": three[step[0]].pk, "release": "unknown"}
                events.append(engagement(step[1], at, uuid.UUID(int=number + 1).hex, **told))
            else:
                events.append(order(f"message {number}", at, order_id=step[0]))
        while events:
            size = data.draw(st.integers(1, len(events)))
            store(site, *events[:size])
            events = events[size:]

        expected = recount(story, goal)
        rows = list(Conversion.objects.filter(site=site))
        stored = {}
        for row in rows:
            stored.setdefault(row.order_id or row.message_id, []).append(
                (three.index(next(c for c in three if c.pk == row.campaign_id)), row.is_credited)
            )
        assert {name: sorted(parts) for name, parts in stored.items()} == {
            name: sorted([(credited, True), *((other, False) for other in others)])
            for name, (credited, others) in expected.items()
        }
        totals = DecisionRollup.objects.filter(site=site).aggregate(
            orders=Sum("conversions"), value=Sum("value_minor"), others=Sum("assists")
        )
        assert (totals["orders"] or 0, totals["value"] or 0) == (len(expected), 4990 * len(expected))
        assert (totals["others"] or 0) == sum(not row.is_credited for row in rows)
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "hostile", [{"total": "NaN"}, {"products": [{"price": [], "quantity": "many"}]}, {"total": {"a": 1}}]
)
def test_a_hostile_order_is_worth_nothing_and_breaks_nothing(site, campaign, hostile):
    store(
        site,
        engagement("Click", NOW - 1, uuid.uuid4().hex),
        Event("order-1", "track", "Order Completed", NOW, NOW, properties=hostile),
    )

    assert Conversion.objects.get().value_minor == 0


def test_each_table_that_keeps_what_was_shown_has_its_columns():
    """One struct, from which statements and serializers take their columns."""
    exposed = {field.attname for field in Exposed._meta.local_fields}
    (once,) = DecisionRollup._meta.constraints

    assert exposed == set(COLUMNS)
    assert set(once.fields) == {"site", "hour", *COLUMNS}
