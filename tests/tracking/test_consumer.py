"""Everything that the log acknowledged is stored, once, whatever happens on the way."""

import uuid

import msgspec
import pytest
from django.db import connection

from sites import keys
from tests.tracking.conftest import drain
from tests.tracking.log_writing import AT, VISITOR, make_decision, make_entry, make_event, write, write_decisions
from tracking import consumer as consuming
from tracking import event_table
from tracking.claims import Claims
from tracking.consumer import Consumer
from tracking.event import Event as PlainEvent
from tracking.log.base import Buried, encode_entry
from tracking.log.streams import StreamReader
from tracking.models import ArchiveHour, Event, EventRollup, LogOffset, Referral, Session, Visitor

pytestmark = pytest.mark.usefixtures("transactional_db")
OTHER = "f" * 32


def test_stores_an_event_as_it_was_logged(consumer, redis_client, site):
    event = make_event(
        1,
        properties={"z": 'ü\u2028"', "a": [1, 2.5, None, {"b": True}], "n": 2**63},
        traits={"x": 1},
        context={"locale": "de"},
    )

    write(redis_client, make_entry(event, site=site.id))
    drain(consumer)

    stored = Event.objects.get()
    assert (stored.site_id, stored.message_id, stored.visitor_id.hex, stored.seq, stored.session) == (
        site.id,
        event.message_id,
        VISITOR,
        1,
        1,
    )
    assert stored.at.timestamp() * 1000 == event.at
    assert stored.received_at.timestamp() * 1000 == event.received_at
    assert (stored.properties, stored.traits, stored.context) == (event.properties, event.traits, event.context)
    assert stored.referral is None


def test_trims_what_it_stored_and_remembers_the_place(consumer, redis_client, site):
    ids = write(redis_client, *[make_entry(make_event(n), site=site.id) for n in range(1, 4)])

    drain(consumer)

    assert redis_client.xlen(keys.log(0)) == 0
    assert LogOffset.objects.get(partition=0).last_id == ids[-1]
    assert redis_client.xinfo_groups(keys.log(0))[0]["last-delivered-id"].decode() == ids[-1]


def test_a_message_twice_in_one_chunk_is_stored_once(consumer, redis_client, site):
    retried = make_event(1, at=AT + 1007)  # a retry's clock correction differs by a few milliseconds

    write(redis_client, make_entry(make_event(1), make_event(2), site=site.id), make_entry(retried, site=site.id))
    drain(consumer)

    assert Event.objects.count() == 2
    assert Session.objects.get().events == Visitor.objects.get().events == 2
    assert EventRollup.objects.get(grain="hour").events == 2


def test_a_message_again_in_a_later_chunk_is_stored_once(consumer, redis_client, site):
    write(redis_client, make_entry(make_event(1), site=site.id))
    drain(consumer)

    write(redis_client, make_entry(make_event(1), make_event(2), site=site.id))
    drain(consumer)

    assert Event.objects.count() == 2
    assert Visitor.objects.get().events == 2


def test_a_message_again_with_another_time_is_stored_once_after_the_edge_forgot_it(
    consumer, redis_client, site, settings
):
    write(redis_client, make_entry(make_event(1, received_at=AT + 1050), site=site.id))
    drain(consumer)
    much_later = AT + 1050 + settings.DEDUPE_MS
    repeated = make_event(1, at=AT + 1007, received_at=much_later)  # corrected by another reading of the client's clock

    write(redis_client, make_entry(repeated, make_event(2, at=much_later), site=site.id))
    drain(consumer)

    assert sorted(Event.objects.values_list("seq", flat=True)) == [1, 2]
    assert Visitor.objects.get().events == 2


def test_the_same_message_id_of_another_site_is_another_message(consumer, redis_client, site):
    from tests.factories import make_site

    second = make_site(write_key="wk_other")

    write(
        redis_client, make_entry(make_event(1), site=site.id), make_entry(make_event(1), site=second.id, visitor=OTHER)
    )
    drain(consumer)

    assert Event.objects.count() == 2


def test_redelivery_after_a_crash_between_commit_and_trim_stores_nothing_twice(
    consumer, redis_client, site, monkeypatch
):
    write(redis_client, make_entry(make_event(1), site=site.id))
    monkeypatch.setattr(consumer.reader, "mark_passed", lambda *_, **__: None)
    drain(consumer)
    assert redis_client.xlen(keys.log(0)) == 1
    monkeypatch.undo()

    successor = Consumer(StreamReader(redis_client), range(2))
    drain(successor)

    assert Event.objects.count() == 1
    assert Visitor.objects.get().events == 1
    assert redis_client.xlen(keys.log(0)) == 0


def test_an_emptied_log_is_read_from_its_beginning(consumer, redis_client, site):
    write(redis_client, make_entry(make_event(1), site=site.id))
    drain(consumer)

    redis_client.flushall()
    redis_client.xadd(keys.log(0), {"e": encode_entry(make_entry(make_event(2), site=site.id))}, id="5-0")
    consumer.claims.renew()
    drain(consumer)

    assert set(Event.objects.values_list("seq", flat=True)) == {1, 2}


@pytest.mark.parametrize(
    ("kind", "payload"),
    [("e", b"{"), ("e", b'[1,"x"]'), ("d", b"\xc1"), ("d", msgspec.msgpack.encode({"a": 1})), ("unheard of", b"?")],
)
def test_an_unreadable_record_is_buried_with_its_reason(consumer, redis_client, site, kind, payload):
    write(redis_client, make_entry(make_event(1), site=site.id))
    bad = redis_client.xadd(keys.log(0), {kind: payload})
    write(redis_client, make_entry(make_event(2), site=site.id))

    drain(consumer)

    assert Event.objects.count() == 2
    ((record_id, fields),) = redis_client.xrange(keys.dead(0))
    assert record_id == bad
    assert fields[b"reason"]
    assert fields[kind.encode()] == payload


@pytest.mark.parametrize(
    "spoil",
    [
        {"properties": {"text": "a\x00b"}},
        {"name": "a\x00b"},
        {"seq": 2**40},
        {"at": -(10**15)},
        {"at": 10**14},
        {"at": 10**17},
        {"message_id": "".join(map(chr, range(0x4E00, 0x6000)))},  # too big for an index
    ],
    ids=str,
)
def test_a_value_that_postgres_refuses_buries_its_entry_alone(consumer, redis_client, site, spoil):
    for n in range(1, 10):
        write(redis_client, make_entry(make_event(n, **(spoil if n == 5 else {})), site=site.id))

    drain(consumer)

    assert sorted(Event.objects.values_list("seq", flat=True)) == [1, 2, 3, 4, 6, 7, 8, 9]
    assert redis_client.xlen(keys.dead(0)) == 1
    assert redis_client.xlen(keys.log(0)) == 0
    assert Visitor.objects.get().events == 8


class Work:
    """Counts what storing asks of the servers."""

    def __init__(self, monkeypatch) -> None:
        self.transactions, self.statements, self.burials = 0, 0, 0
        self._watch(monkeypatch, Consumer, "_transact", "transactions")
        self._watch(monkeypatch, StreamReader, "bury", "burials")

    def _watch(self, monkeypatch, owner, name: str, counter: str) -> None:
        original = getattr(owner, name)

        def counted(*args, **kwargs):
            setattr(self, counter, getattr(self, counter) + 1)
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, counted)

    def __call__(self, execute, sql, params, many, context):
        self.statements += 1
        return execute(sql, params, many, context)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ({"properties": {"text": "a\x00b"}}, b"cannot be stored"),
        ({"name": "a\x00b"}, b"cannot be stored"),
        ({"context": {"a": [{"a\x00b": 1}]}}, b"cannot be stored"),
        ({"site": 999_999}, b"its site 999999 is gone"),
        ({"visitor": "not hexadecimal, but 32 letters.."[:32]}, b"has no id"),
    ],
    ids=["property", "name", "name inside", "site", "visitor"],
)
def test_many_records_that_no_table_takes_are_buried_in_one_pass(
    consumer, redis_client, site, monkeypatch, spoil, reason
):
    """Security finding A4: 2,500 of them held an honest event up for 9.9 s."""
    work, done = Work(monkeypatch), []
    fields = {"site": site.id} | {name: value for name, value in spoil.items() if name in ("site", "visitor")}
    spoilt = {name: value for name, value in spoil.items() if name not in fields}
    write(redis_client, make_entry(make_event(1), site=site.id))
    drain(consumer)  # makes what is made once: claims, the month
    monkeypatch.setattr(Claims, "is_due", False)  # on a slow machine they would be renewed meanwhile
    for number in (10, 100):
        bad = [make_entry(make_event(1000 * number + n, **spoilt), **fields) for n in range(number)]
        write(
            redis_client,
            make_entry(make_event(2 * number), site=site.id),
            *bad,
            make_entry(make_event(2 * number + 1), site=site.id),
        )
        work.statements = work.transactions = work.burials = 0
        with connection.execute_wrapper(work):
            consumer.drain()
        done.append((work.statements, work.transactions, work.burials))

    assert done[0] == done[1]
    assert done[1][1:] == (2, 1)  # one that fails, one that stores the others
    assert Event.objects.count() == 5
    letters = redis_client.xrange(keys.dead(0))
    assert len(letters) == 110
    assert all(reason in fields[b"reason"] for _, fields in letters)
    assert redis_client.xlen(keys.log(0)) == 0


def test_culprits_in_a_row_are_tried_once_each_and_buried_together(consumer, redis_client, site, monkeypatch):
    """Nobody knows what a step refuses but the step."""

    def step(connection, entries, decisions):
        assert not any(event.name == "bad" for entry in entries for event in entry.events)

    monkeypatch.setitem(consuming.steps, "probe", step)
    work = Work(monkeypatch)
    bad = [make_entry(make_event(100 + n, name="bad"), site=site.id) for n in range(64)]
    write(
        redis_client,
        make_entry(make_event(1), site=site.id),
        *bad,
        *[make_entry(make_event(n), site=site.id) for n in range(2, 32)],
    )

    consumer.drain()

    assert sorted(Event.objects.values_list("seq", flat=True)) == list(range(1, 32))
    assert redis_client.xlen(keys.dead(0)) == 64
    assert work.burials == 1
    assert work.transactions < 64 + 4 * 7


def test_a_chunk_of_culprits_alone_is_buried(consumer, redis_client, site, monkeypatch):
    def step(connection, entries, decisions):
        assert not entries

    monkeypatch.setitem(consuming.steps, "probe", step)
    ids = write(redis_client, *[make_entry(make_event(n), site=site.id) for n in range(1, 6)])

    drain(consumer)

    assert [identity.decode() for identity, _ in redis_client.xrange(keys.dead(0))] == ids
    assert LogOffset.objects.get(partition=0).last_id == ids[-1]
    assert not Event.objects.exists()


@pytest.mark.parametrize("fields", [{"site": 999_999}, {"visitor": "not hexadecimal"}, {"visitor": "ab"}], ids=str)
def test_an_entry_of_nobody_is_buried(consumer, redis_client, site, fields):
    write(
        redis_client, make_entry(make_event(1), **{"site": site.id} | fields), make_entry(make_event(2), site=site.id)
    )

    drain(consumer)

    assert Event.objects.get().seq == 2
    assert redis_client.xlen(keys.dead(0)) == 1


@pytest.fixture
def told(monkeypatch) -> list:
    """What a step is told, chunk by chunk: whether in a transaction, the events' numbers, the decisions."""
    got: list = []
    monkeypatch.setattr(consuming, "steps", {})
    consuming.register_step(
        "probe",
        lambda connection, entries, decisions: got.append(
            (connection.in_atomic_block, [event.seq for entry in entries for event in entry.events], list(decisions))
        ),
    )
    return got


def test_steps_get_new_events_and_decisions_in_the_same_transaction(consumer, redis_client, site, told):
    first, second = make_decision(1, site=site.id), make_decision(2, site=site.id)
    write(redis_client, make_entry(make_event(1), site=site.id))
    drain(consumer)

    write_decisions(redis_client, first, second)
    write(redis_client, make_entry(make_event(1), site=site.id), make_entry(make_event(2), site=site.id))
    drain(consumer)

    assert told == [(True, [1], []), (True, [2], [first, second])]


def test_a_decision_that_is_logged_again_reaches_no_step_twice(consumer, redis_client, site, told):
    """An edge that lost an answer appends its rows again: in the same chunk, or in a later one."""
    first, second, third = (make_decision(number, site=site.id) for number in (1, 2, 3))

    write_decisions(redis_client, first, second)
    write_decisions(redis_client, second)
    drain(consumer)
    write_decisions(redis_client, second, third)
    drain(consumer)

    assert [decisions for _, _, decisions in told] == [[first, second], [third]]


def test_the_month_of_a_decision_is_made_before_it_is_stored(consumer, redis_client, site, told):
    long_ago = make_decision(1, site=site.id, at=1_717_199_999_999)  # 2024-05-31

    write_decisions(redis_client, long_ago)
    drain(consumer)

    assert told == [(True, [], [long_ago])]


@pytest.mark.parametrize(
    "spoil",
    [{"id": b"short"}, {"at": 10**14}, {"visitor": "x" * 32}, {"propensity": 1.5}, {"exposure": ["hero", -1]}],
    ids=str,
)
def test_a_decision_of_the_wrong_form_is_buried_and_no_step_sees_it(consumer, redis_client, site, told, spoil):
    row = msgspec.structs.asdict(make_decision(1, site=site.id)) | spoil
    redis_client.xadd(keys.log(0), {"d": msgspec.msgpack.encode([list(row.values())])})
    good = make_decision(2, site=site.id)
    write_decisions(redis_client, good)

    drain(consumer)

    assert [decisions for _, _, decisions in told] == [[good]]
    assert redis_client.xlen(keys.dead(0)) == 1


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [({"site": 999_999}, b"its site 999999 is gone"), ({"detail": "a\x00b"}, b"cannot be stored")],
    ids=["site", "text"],
)
def test_decisions_that_no_table_takes_are_sifted_out(consumer, redis_client, site, spoil, reason):
    write_decisions(redis_client, msgspec.structs.replace(make_decision(1, site=site.id), **spoil))
    write(redis_client, make_entry(make_event(1), site=site.id))

    drain(consumer)

    assert Event.objects.count() == 1
    ((_, fields),) = redis_client.xrange(keys.dead(0))
    assert reason in fields[b"reason"]


def test_what_a_step_cannot_bear_is_buried_and_stored_nowhere(consumer, redis_client, site, monkeypatch):
    def step(connection, entries, decisions):
        assert all(event.seq != 2 for entry in entries for event in entry.events)

    monkeypatch.setitem(consuming.steps, "probe", step)
    write(redis_client, *[make_entry(make_event(n), site=site.id) for n in range(1, 4)])

    drain(consumer)

    assert sorted(Event.objects.values_list("seq", flat=True)) == [1, 3]
    assert b"AssertionError" in redis_client.xrange(keys.dead(0))[0][1][b"reason"]


def test_a_consumer_whose_claim_was_lost_stores_nothing(consumer, redis_client, site):
    consumer.claims.renew()
    write(redis_client, make_entry(make_event(1), site=site.id))
    LogOffset.objects.filter(partition=0).update(last_id="9999999999999-0")  # another one was here

    consumer.drain()

    assert not Event.objects.exists()
    assert consumer.claims.places[0].last_id == "9999999999999-0"


def test_marks_the_hour_of_receipt_for_the_archive(consumer, redis_client, site):
    write(redis_client, make_entry(make_event(1, at=AT, received_at=AT + 3_600_000), site=site.id))

    drain(consumer)

    hour = ArchiveHour.objects.get()
    assert hour.dirty
    assert hour.hour.isoformat() == "2025-10-09T09:00:00+00:00"


def test_reports_what_waits_and_what_is_buried(consumer, redis_client, site):
    reader = consumer.reader
    assert reader.lag(0) == (0, 0, 0)
    write(redis_client, make_entry(make_event(1), site=site.id))
    redis_client.xadd(keys.log(0), {"e": b"?"})

    waiting = reader.lag(0)
    drain(consumer)

    assert waiting.kept == 2
    assert 0 <= waiting.oldest_ms < 10_000
    assert reader.lag(0) == (0, 0, 1)


def test_burying_twice_leaves_one_letter(consumer, redis_client, site):
    redis_client.xadd(keys.log(0), {"e": b"?"})
    (record,) = consumer.reader.read(0, "0-0", 1)

    consumer.reader.bury(0, [Buried(record, "why")])
    consumer.reader.bury(0, [Buried(record, "why")])

    assert redis_client.xlen(keys.dead(0)) == 1


def test_referrals_sessions_and_merged_visitors_follow(consumer, redis_client, site):
    from tracking.event import Referral as Click

    absorbed = str(uuid.UUID(OTHER))
    write(
        redis_client,
        make_entry(
            make_event(1, type="page", name="", referral=Click("search", "Google", "organic", landing_path="/p")),
            make_event(2),
            site=site.id,
        ),
        make_entry(make_event(3, session=2, user="u1"), site=site.id),
        make_entry(
            make_event(4, session=2, type="alias", name="Visitor Merged", properties={"visitor": OTHER, "profile": ""}),
            site=site.id,
        ),
    )
    drain(consumer)

    visitor = Visitor.objects.get(id=uuid.UUID(VISITOR))
    assert (visitor.events, visitor.sessions, visitor.channel, visitor.user) == (4, 2, "search", "u1")
    assert list(Session.objects.order_by("number").values_list("number", "events", "pages", "channel")) == [
        (1, 2, 1, "search"),
        (2, 2, 0, "direct"),
    ]
    assert Referral.objects.get().source == "Google"
    assert Visitor.objects.get(id=absorbed).merged_into_id == visitor.id


def test_sessions_that_turn_out_to_be_one_have_all_events(consumer, redis_client, site):
    """ingest-history-out-of-order-1"""
    minute = 60_000
    first, last = make_event(1, at=AT), make_event(2, at=AT + 40 * minute, session=2)
    between = make_event(3, at=AT + 20 * minute, session=2, joins=1)

    write(redis_client, make_entry(first, last, site=site.id), make_entry(between, site=site.id))
    drain(consumer)

    assert set(Event.objects.values_list("session", flat=True)) == {2}
    assert (Session.objects.get().events, Visitor.objects.get().sessions) == (3, 1)
    assert sum(EventRollup.objects.filter(grain="hour").values_list("sessions", flat=True)) == 1


def test_a_logged_event_has_the_fields_of_an_event_in_their_order():
    assert event_table.LoggedEvent.__struct_fields__ == PlainEvent.__struct_fields__
