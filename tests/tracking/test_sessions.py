"""The tables tell of sessions, referrals and visitors what the profile tells, in whatever sequence events arrive."""

import uuid

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segments.profile import Profile, fold
from tests.tracking.log_writing import AT, VISITOR, make_event
from tracking import sessions
from tracking.event import SERVER, Referral
from tracking.event_table import LoggedEntry, decode_entry
from tracking.log.base import encode_entry
from tracking.models import Referral as StoredReferral
from tracking.models import Session, Visitor

pytestmark = pytest.mark.django_db
MINUTE, HOUR = 60_000, 3_600_000
MAIL = Referral("email", "news", "email", landing_path="/sale")
AD = Referral("paid", "Google Ads", "cpc", click_id="gclid", landing_path="/ad")


@pytest.fixture
def tell(site):
    """Folds events and stores what follows, as the edge and the consumer do; each group is a chunk of the log."""
    profile = Profile()

    def tell(*chunks):
        with connection.cursor() as cursor:
            for chunk in chunks:
                for event in chunk:
                    fold(profile, event)
                sessions.store(cursor, sessions.summarise([logged(chunk, site.id)]))
        return profile

    return tell


def logged(events, site_id) -> LoggedEntry:
    from tracking.event import Entry

    return decode_entry(encode_entry(Entry(site_id, VISITOR, list(events))))


numbers = iter(range(1, 10**9))


def page(at=AT, referral=None, **fields):
    return make_event(next(numbers), at=at, type="page", name="", referral=referral, **fields)


def by_server(at, **fields):
    return make_event(next(numbers), at=at, type="identify", name="", path="", context={"channel": SERVER}, **fields)


def rows():
    stored = Session.objects.order_by("started_at")
    return [(milliseconds(row.started_at), milliseconds(row.ended_at)) for row in stored]


def milliseconds(moment):
    return round(moment.timestamp() * 1000)


def visitor():
    return Visitor.objects.get(id=uuid.UUID(VISITOR))


def test_a_history_told_newest_first_has_its_sessions(tell):
    """ingest-history-out-of-order-1"""
    profile = tell([page(AT - day * 24 * HOUR) for day in (1, 2, 3)])

    assert profile.sessions == visitor().sessions == Session.objects.count() == 3
    assert milliseconds(visitor().first_seen_at) == AT - 72 * HOUR


def test_sessions_that_turn_out_to_be_one_are_one_row(tell):
    """ingest-history-out-of-order-1"""
    profile = tell([page(AT, path="/first")], [page(AT + 40 * MINUTE, MAIL)], [page(AT + 20 * MINUTE)])

    assert profile.sessions == visitor().sessions == 1
    assert list(Session.objects.values_list("events", "pages", "channel", "landing_path")) == [(3, 3, "email", "/sale")]
    assert rows() == [(AT, AT + 40 * MINUTE)]
    assert StoredReferral.objects.get().session == Session.objects.get().number


def test_a_reloaded_landing_page_is_one_referral(tell):
    """ingest-one-click-one-referral-1"""
    tell([page(AT, MAIL), page(AT + MINUTE, MAIL)], [page(AT + 2 * MINUTE, MAIL)], [page(AT - MINUTE, MAIL)])

    assert milliseconds(StoredReferral.objects.get().at) == AT - MINUTE


def test_two_clicks_of_one_session_are_two_referrals(tell):
    """ingest-one-click-one-referral-1"""
    tell([page(AT, MAIL), page(AT + MINUTE, AD)], [page(AT + 2 * MINUTE, MAIL)])

    assert list(StoredReferral.objects.order_by("at").values_list("channel", flat=True)) == ["email", "paid"]


def test_the_same_click_on_another_day_is_another_referral(tell):
    """ingest-one-click-one-referral-1"""
    tell([page(AT, MAIL), page(AT + 24 * HOUR, MAIL)])

    assert StoredReferral.objects.count() == 2


@pytest.mark.parametrize("apart", [False, True])
def test_direct_and_then_an_ad_within_the_visit_is_the_ads_in_profile_and_table(tell, apart):
    """ingest-live-and-stored-channel-1"""
    direct, ad, mail = page(AT, path="/home"), page(AT + MINUTE, AD), page(AT + 2 * MINUTE, MAIL)

    profile = tell(*([direct], [ad], [mail]) if apart else ([direct, ad, mail],))

    stored = Session.objects.get()
    assert (
        (stored.channel, stored.landing_path)
        == (profile.session.touch.channel, profile.session.landing_path)
        == ("paid", "/ad")
    )
    assert visitor().channel == profile.first_touch.channel == "paid"


def test_a_click_that_is_told_late_is_the_first_in_profile_and_table(tell):
    """ingest-live-and-stored-channel-1"""
    profile = tell([page(AT + MINUTE, MAIL)], [page(AT + 2 * MINUTE, AD)], [page(AT, AD)])

    assert Session.objects.get().channel == profile.session.touch.channel == "paid"


def test_a_visit_before_the_first_one_gives_the_visitor_its_channel(tell):
    """ingest-live-and-stored-channel-1, ingest-history-out-of-order-1"""
    profile = tell([page(AT, MAIL)], [page(AT - 24 * HOUR)])

    assert visitor().channel == profile.first_touch.channel == "direct"


def test_what_a_server_tells_is_counted_and_is_no_visit(tell):
    """ingest-server-events-are-no-visits-1, ingest-server-event-overwrites-device-1"""
    visit = page(AT, device="desktop", country="DE")

    profile = tell([visit, by_server(AT + HOUR)], [by_server(AT + 10 * HOUR)])

    stored = visitor()
    assert (stored.sessions, stored.events, stored.device, stored.country) == (1, 3, "desktop", "DE")
    assert milliseconds(stored.last_seen_at) == profile.last_at == AT
    assert list(Session.objects.values_list("number", "events")) == [(1, 1)]


def test_a_server_that_tells_first_makes_a_visitor_without_visits(tell):
    """ingest-server-events-are-no-visits-1"""
    tell([by_server(AT), by_server(AT + HOUR)])

    assert (visitor().sessions, visitor().channel, milliseconds(visitor().last_seen_at)) == (0, "", AT + HOUR)

    tell([page(AT + 2 * HOUR, AD)])

    assert (visitor().sessions, visitor().channel) == (1, "paid")


def test_a_device_told_late_is_not_the_visitors_latest(tell):
    """ingest-late-event-changes-the-present-2"""
    profile = tell(
        [page(AT, device="desktop"), page(AT - HOUR, device="mobile")], [page(AT - 24 * HOUR, device="tablet")]
    )

    assert visitor().device == profile.device == "desktop"


# --- in whatever order ----------------------------------------------------------------------------

clicks = st.sampled_from([None, None, None, MAIL, AD])
told = st.lists(st.tuples(st.integers(0, 200), clicks), min_size=1, max_size=12, unique_by=lambda one: one[0])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told, st.randoms(use_true_random=False))
def test_profile_and_tables_agree_in_whatever_sequence(site, told, rng):
    """ingest-history-out-of-order-1, ingest-live-and-stored-channel-1"""
    Session.objects.all().delete()
    StoredReferral.objects.all().delete()
    Visitor.objects.all().delete()
    events = [page(AT + minutes * MINUTE, referral) for minutes, referral in told]
    rng.shuffle(events)
    cut = rng.randint(0, len(events))
    profile = Profile()
    with connection.cursor() as cursor:
        for chunk in filter(None, (events[:cut], events[cut:])):
            for event in chunk:
                fold(profile, event)
            sessions.store(cursor, sessions.summarise([logged(chunk, site.id)]))

    by_time = sorted((one.started_at, one.last_at, one.touch) for one in (*profile.past_sessions, profile.session))
    assert rows() == [(started, last) for started, last, _ in by_time]
    assert profile.sessions == visitor().sessions == Session.objects.count()
    assert sum(Session.objects.values_list("events", flat=True)) == visitor().events == len(events)
    channels = [touch.channel if touch else "direct" for _, _, touch in by_time]
    assert list(Session.objects.order_by("started_at").values_list("channel", flat=True)) == channels
    assert visitor().channel == profile.first_touch.channel == channels[0]
    clicks = {
        (started, event.referral.channel)
        for started, last, _ in by_time
        for event in events
        if event.referral and started <= event.at <= last
    }
    assert StoredReferral.objects.count() == len(clicks)
