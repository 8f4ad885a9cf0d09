"""Two histories become one."""

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segments import bounds
from segments.profile import Profile, decode, encode, fold, merge
from segments.state import MONTH_MS, PAGES, WEEK_MS
from sites.times import DAY_MS
from tests.events import MINUTE, START, copied, event, folded, merged, page, streams


def known(profile):
    """Everything but identity, which belongs to the profile that goes on; sums of floats up to their rounding."""
    apart = ("seq", "user", "merged_into", "week", "month", "session", "past_sessions", "last_number")
    data = {name: getattr(profile, name) for name in profile.__struct_fields__ if name not in apart}
    data["past_sessions"] = [(past.started_at, past.last_at) for past in profile.past_sessions]
    session = {name: getattr(profile.session, name) for name in profile.session.__struct_fields__ if name != "number"}
    now = profile.last_at
    sums = [profile.week.read(position, now, WEEK_MS) for position in range(len(profile.week.sums))]
    sums += [profile.month.read(position, now, MONTH_MS) for position in range(len(profile.month.sums))]
    interests = {name: about(value) for name, value in profile.week.categories.items()}
    return data, session, list(map(about, sums)), interests, profile.week.epoch, profile.month.epoch


def about(value):
    return pytest.approx(value, rel=1e-9, abs=1e-300)


@settings(max_examples=100, deadline=None)
@given(streams(), streams())
def test_merge_is_symmetric_in_what_it_knows(first, second):
    one, other = folded(*first), folded(*second, page(START + 90 * DAY_MS + 7))
    if one.events:
        assert known(merged(one, other)) == known(merged(other, one))


def test_merge_adds_interests_as_of_one_moment():
    """A week later the same interest weighs half: sums of different epochs may not be added as they stand."""
    viewed = [
        page(START + week * WEEK_MS, category=name) for week, name in ((0, "Garden"), (2, "Garden"), (2, "Kitchen"))
    ]
    one, other, whole = folded(viewed[0]), folded(*viewed[1:]), folded(*viewed)

    for joined in (merged(one, other), merged(other, one)):
        week, now = joined.week, joined.last_at
        assert week.categories == {name: about(value) for name, value in whole.week.categories.items()}
        assert week.read(PAGES, now, WEEK_MS) == about(2.25)
        assert week.categories["Garden"] / week.categories["Kitchen"] == about(1.25)


@given(streams())
def test_merge_with_nothing_changes_nothing(events):
    profile = folded(*events)

    assert merged(profile, Profile()) == profile


@settings(max_examples=100, deadline=None)
@given(streams(15), streams(15), streams(15))
def test_merge_adds_totals_however_it_is_grouped(first, second, third):
    a, b, c = (folded(*events, page()) for events in (first, second, third))

    left, right = merged(merged(a, b), c), merged(a, merged(b, c))

    for name in (
        "events",
        "pages",
        "product_views",
        "added_minor",
        "revenue_minor",
        "orders",
        "first_at",
        "last_at",
        "cart_at",
    ):
        assert getattr(left, name) == getattr(right, name)
    assert left.events == a.events + b.events + c.events


@given(streams(), streams())
def test_merged_profile_still_encodes_within_its_bounds(first, second):
    profile = merged(folded(*first), folded(*second))

    assert decode(encode(profile)) == profile
    assert len(profile.items) <= bounds.MAX_ITEMS
    assert len(profile.cart) <= bounds.MAX_LINES
    assert len(profile.week.categories) <= bounds.MAX_CATEGORIES


def test_event_of_a_merge_carries_the_absorbed_history():
    phone = folded(
        page(START, category="Kitchen"),
        event("Product Added", START + 1, properties={"product_id": "K-1", "price": 10}),
    )
    laptop = folded(page(START - DAY_MS, category="Garden"))
    joined = event(
        "Visitor Merged", START + 2, "alias", properties={"profile": b64encode(encode(phone)).decode(), "visitor": "ab"}
    )

    fold(laptop, joined)

    assert laptop.seq == 2
    assert laptop.events == 4
    assert laptop.pages == 2
    assert laptop.sessions == 2
    assert joined.session == laptop.session.number == 2
    assert laptop.session.categories == {"Kitchen": 1}
    assert list(laptop.cart) == ["K-1"]


@pytest.mark.parametrize("broken", ["", "not base64!", "AAAA", None, 7, b64encode(b"\xff\xff").decode()])
def test_merge_that_cannot_be_read_is_left_out(broken):
    profile = folded(page(), event("Visitor Merged", START, "alias", properties={"profile": broken}))

    assert profile.pages == 1
    assert profile.seq == 2


def test_impressions_of_two_histories_add_up_against_a_rules_caps():
    one = folded(
        *(event("Impression", START, "engagement", properties={"rule_id": "7", "day": day}) for day in (5, 6, 6))
    )
    other = folded(
        *(event("Impression", START, "engagement", properties={"rule_id": "7", "day": day}) for day in (6, 6))
    )
    earlier = folded(event("Impression", START, "engagement", properties={"rule_id": "7", "day": 4}))

    merge(one, other)
    merge(one, earlier)

    assert one.shown == {"7": [6, 4, 6]}


moments = st.lists(st.tuples(st.integers(0, 400), st.booleans()), min_size=1, max_size=20)


@given(moments)
def test_sessions_are_those_of_all_events_whichever_device_they_were_on(told):
    """Events in minutes and on one of two devices, which turn out to be one person's."""
    events = [event("x", START + minute * MINUTE, message_id=f"m{n}") for n, (minute, _) in enumerate(told)]
    devices = [
        folded(*copied(one for one, (_, of) in zip(events, told, strict=True) if of == which)) for which in (0, 1)
    ]

    profile = merged(*devices)

    together = folded(*copied(events))
    assert spans(profile) == spans(together)
    assert (profile.sessions, profile.session_starts) == (together.sessions, together.session_starts)
    assert profile.previous_at == together.previous_at


def spans(profile):
    return sorted((one.started_at, one.last_at) for one in (*profile.past_sessions, profile.session))
