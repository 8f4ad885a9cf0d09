"""Sessions are defined by the time of events, not by their arrival; a server's events belong to none."""

from hypothesis import given, settings
from hypothesis import strategies as st

from segments.attributes import Attributes
from segments.features import FEATURES
from segments.profile import Profile, decode, encode, fold
from segments.state import SESSION_GAP_MS, Session
from sites.times import DAY_MS
from tests.events import MINUTE, START, copied, event, folded, page, sessions_of, told_by_server
from tracking.event import Referral

HOUR = 60 * MINUTE


def test_a_history_told_newest_first_has_its_sessions():
    """ingest-history-out-of-order-1"""
    days = [page(START - number * DAY_MS) for number in (1, 2, 3)]

    profile = folded(*days)

    assert profile.sessions == 3
    assert len({one.session for one in days}) == 3
    assert profile.first_at == START - 3 * DAY_MS
    assert profile.last_at == profile.session.started_at == START - DAY_MS
    assert profile.previous_at == START - 2 * DAY_MS
    assert FEATURES["sessions_30d"].compute(profile, START) == 3
    assert Attributes(profile, START - DAY_MS)["session.number"] == 3


def test_pages_of_one_visit_told_backwards_are_one_session():
    """ingest-history-out-of-order-1"""
    visits = [page(START - day * DAY_MS - minutes * MINUTE) for day in (0, 1) for minutes in (0, 20, 40)]

    profile = folded(*visits)

    assert sessions_of(profile) == [(START - DAY_MS - 40 * MINUTE, START - DAY_MS), (START - 40 * MINUTE, START)]
    assert len({one.session for one in visits}) == profile.sessions == 2


def test_a_page_between_two_sessions_shows_them_to_be_one():
    """ingest-history-out-of-order-1"""
    first, last, between = page(START), page(START + 40 * MINUTE), page(START + 20 * MINUTE)

    profile = folded(first, last, between)

    assert profile.sessions == 1
    assert (between.session, between.joins) == (last.session, first.session)
    assert sessions_of(profile) == [(START, START + 40 * MINUTE)]
    assert profile.session_starts == [START]


def test_a_visit_told_late_leaves_the_cart_and_the_session_in_progress_alone():
    """ingest-history-out-of-order-1, ingest-late-event-changes-the-present-1"""
    now = [page(START), event("Product Added", START, properties={"product_id": "K-1"})]

    profile = folded(*now, page(START - DAY_MS))

    assert profile.carts_abandoned == 0
    assert (profile.session.pages, profile.session.started_at) == (1, START)
    assert profile.pages == 2


def test_the_first_visit_is_the_earliest():
    """ingest-history-out-of-order-1"""
    visits = [
        event("", START - days * DAY_MS, "page", referral=Referral(channel, channel.title()))
        for days, channel in enumerate(("paid", "social", "search"))
    ]

    profile = folded(*visits)

    assert (profile.first_touch.channel, profile.last_touch.channel, profile.session.touch.channel) == (
        "search",
        "paid",
        "paid",
    )


def test_a_first_visit_that_was_direct_is_known_when_it_is_told_late():
    """ingest-history-out-of-order-1"""
    profile = folded(event("", START, "page", referral=Referral("paid")), page(START - DAY_MS))

    assert (profile.first_touch.channel, profile.first_touch.at) == ("direct", START - DAY_MS)


def test_the_channel_of_a_visit_is_its_first_click_by_time():
    """ingest-live-and-stored-channel-1"""
    clicks = [
        event("", START + 2 * MINUTE, "page", referral=Referral("email")),
        event("", START + MINUTE, "page", referral=Referral("paid")),
    ]

    profile = folded(page(START), *clicks)

    assert profile.session.touch.channel == profile.first_touch.channel == "paid"
    assert profile.last_touch.channel == "email"


# --- events of servers ----------------------------------------------------------------------------


def test_what_a_server_tells_at_night_is_no_visit():
    """ingest-server-events-are-no-visits-1"""
    visit = [
        page(START - 26 * HOUR),
        event("Product Added", START - 26 * HOUR, properties={"product_id": "K", "price": 10}),
    ]
    nightly = [told_by_server(at=START - hours * HOUR, traits={"ltv": hours}) for hours in (24, 18, 12)]

    profile = folded(*visit, *nightly)

    assert (profile.sessions, profile.carts_abandoned, profile.events) == (1, 0, 5)
    assert {one.session for one in nightly} == {0}
    assert profile.traits == {"ltv": 12}
    assert profile.last_at == profile.session.last_at == START - 26 * HOUR


def test_an_order_that_the_server_tells_counts_in_the_visit_that_it_happened_in():
    """ingest-server-events-are-no-visits-1"""
    order = told_by_server("Order Completed", START + 29 * MINUTE, "track", properties={"order_id": "A-1", "total": 5})
    later = told_by_server("Order Completed", START + 31 * MINUTE, "track", properties={"order_id": "A-2", "total": 5})

    profile = folded(page(START), order, later)

    assert (profile.session.orders, profile.orders, profile.session.events) == (1, 2, 1)
    assert profile.session.last_at == START


def test_a_server_that_tells_first_opens_no_visit():
    """ingest-server-events-are-no-visits-1"""
    profile = folded(told_by_server(at=START, traits={"plan": "pro"}))

    assert (profile.sessions, profile.session.number) == (0, 0)
    assert profile.first_at == profile.last_at == START
    assert FEATURES["channel"].compute(profile, START) is None

    fold(profile, page(START + DAY_MS))

    assert (profile.sessions, profile.session.number, profile.first_at) == (1, 1, START)


def test_a_cart_that_a_server_fills_is_not_abandoned():
    """ingest-server-events-are-no-visits-1"""
    filled = told_by_server("Product Added", START, "track", properties={"product_id": "K", "price": 10})

    profile = folded(filled)

    assert FEATURES["cart_abandonments"].compute(profile, START + DAY_MS) == 0
    assert folded(page(START + DAY_MS), profile=profile).carts_abandoned == 0


def test_a_server_changes_no_device():
    """ingest-server-event-overwrites-device-1"""
    assert (
        folded(event("", START, "page", device="desktop", browser="Firefox"), told_by_server(at=START + 1)).device
        == "desktop"
    )


# --- in whatever order ----------------------------------------------------------------------------

offsets = st.one_of(st.integers(0, 300), st.integers(0, 60).map(lambda number: number * 30), st.integers(0, 30_000))
moments = st.lists(offsets.map(lambda minutes: START + minutes * MINUTE), min_size=1, max_size=25)


def by_definition(moments):
    """Events with less than the gap between them."""
    found = []
    for at in sorted(moments):
        if found and at - found[-1][1] < SESSION_GAP_MS:
            found[-1][1] = at
        else:
            found.append([at, at])
    return [tuple(one) for one in found]


def known(profile):
    return (
        sessions_of(profile),
        profile.sessions,
        profile.first_at,
        profile.last_at,
        profile.previous_at,
        profile.session_starts,
    )


@settings(max_examples=150, deadline=None)
@given(moments, st.randoms(use_true_random=False))
def test_sessions_are_the_same_in_whatever_sequence_events_arrive(moments, rng):
    """ingest-history-out-of-order-1"""
    events = [page(at) for at in sorted(moments)]
    shuffled = copied(events)
    rng.shuffle(shuffled)

    profile = Profile()
    for one in shuffled:
        fold(profile, one)
        profile = decode(encode(profile))

    assert sessions_of(profile) == by_definition(moments)
    assert known(profile) == known(folded(*events))


@settings(max_examples=100, deadline=None)
@given(moments, st.randoms(use_true_random=False))
def test_every_event_can_be_found_in_a_session_of_its_time(moments, rng):
    """The tables are told of sessions by the numbers of events, and of those that turned out to be one by `joins`."""
    events = [page(at) for at in moments]
    rng.shuffle(events)

    profile = folded(*events)

    rows = {}
    for one in events:
        row = rows.setdefault(one.session, [one.at, one.at])
        gone = rows.pop(one.joins, row) if one.joins else row
        row[:] = [min(row[0], gone[0], one.at), max(row[1], gone[1], one.at)]
    assert sorted(map(tuple, rows.values())) == sessions_of(profile)


def test_a_profile_of_an_older_version_goes_on():
    stored = Profile(
        seq=5,
        events=5,
        sessions=2,
        session=Session(2, START, START, 3),
        session_starts=[START - DAY_MS, START],
        first_at=START - DAY_MS,
    )
    later = page(START + DAY_MS)

    profile = folded(later, profile=decode(encode(stored)))

    assert (later.session, profile.sessions) == (3, 3)
