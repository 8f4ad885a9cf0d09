"""A history is the same in whatever sequence it is told, live, replayed and rebuilt."""

from hypothesis import given, settings
from hypothesis import strategies as st

from segments.profile import Profile, decode, encode, fold
from tests.events import (
    MINUTE,
    START,
    copied,
    event,
    folded,
    identify,
    order,
    page,
    refund,
    sessions_of,
    told_by_server,
)
from tracking.event import Referral

KINDS = (
    lambda at: page(at, category="Kitchen", product_id="K-1", price=5),
    lambda at: event("", at, "page", referral=Referral("email", "news")),
    lambda at: event("", at, "page", referral=Referral("paid", "ads")),
    lambda at: event("Product Added", at, properties={"product_id": "K-1", "price": "5,00"}),
    lambda at: order("A", at, total=10),
    lambda at: order("A", at, total=10, products=[{"product_id": "K-1"}, {"product_id": f"K-{at // MINUTE % 3}"}]),
    lambda at: order("B", at, total="1.299,00"),
    lambda at: order("B", at, total=5, currency="USD"),
    lambda at: refund("A", at, total=4),
    lambda at: refund("B", at, "Order Cancelled"),
    lambda at: identify(at, plan="pro", vip=True),
    lambda at: identify(at, plan=None, city={"name": "Bonn"}),
    lambda at: told_by_server(at=at, traits={"ltv": at % 7}),
    lambda at: told_by_server("Order Completed", at, "track", properties={"order_id": "C", "total": 3}),
)
# Far apart, and so close that sessions touch.
moments = st.lists(st.integers(0, 4000), min_size=1, max_size=25, unique=True) | st.lists(
    st.integers(0, 120), min_size=2, max_size=14, unique=True
)


@st.composite
def histories(draw):
    return [draw(st.sampled_from(KINDS))(START + minutes * MINUTE) for minutes in draw(moments)]


def known(profile):
    orders = (
        profile.orders,
        profile.revenue_minor,
        profile.unpriced_orders,
        profile.last_order_at,
        profile.known_orders,
        profile.bought,
    )
    sessions = (sessions_of(profile), profile.sessions, profile.session_starts, profile.previous_at)
    touches = (profile.session.touch, profile.first_touch.channel, profile.first_touch.at)
    return (
        profile.events,
        profile.pages,
        profile.first_at,
        orders,
        sessions,
        touches,
        profile.traits,
        profile.trait_times,
    )


@settings(max_examples=120)
@given(histories(), st.randoms(use_true_random=False))
def test_a_history_is_the_same_in_whatever_sequence_it_is_told(events, rng):
    """ingest-history-out-of-order-1, ingest-late-event-changes-the-present-1, -2, ingest-one-order-counts-once-1,
    ingest-refunds-1"""
    shuffled = copied(events)
    rng.shuffle(shuffled)

    profile = Profile()
    for one in shuffled:
        fold(profile, one)
        profile = decode(encode(profile))

    assert known(profile) == known(folded(*sorted(copied(events), key=lambda one: one.at)))


@settings(max_examples=60)
@given(histories())
def test_what_was_stored_folds_to_the_live_profile(events):
    """A rebuild folds again what the tables hold: events that carry the session that they were placed in."""
    live = folded(*events)
    for one in events:
        one.joins = 0  # is not stored

    assert encode(folded(*events)) == encode(live)
