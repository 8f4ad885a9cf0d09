"""What was copied into the table comes out of it again, to the value."""

from datetime import date

import pytest
from django.db import connection

from tests.tracking.log_writing import VISITOR, make_entry, make_event
from tracking import event_table, partitions
from tracking.event import Referral
from tracking.log.base import encode_entry

pytestmark = pytest.mark.usefixtures("transactional_db")


def store(*entries):
    partitions.ensure({date(2025, 10, 1)})
    with connection.cursor() as cursor:
        event_table.copy(cursor, [event_table.decode_entry(encode_entry(entry)) for entry in entries])


def test_the_history_of_a_visitor_is_every_event_in_the_order_of_the_fold(site):
    arrived = Referral("search", "google", landing_path="/p/1")
    events = [
        make_event(1, referral=arrived, type="page", name=""),
        make_event(2, properties={"price": 1e16, "small": 5e-324, "whole": 10.0, "big": 2**62, "ü": [None, True]}),
        make_event(3, traits={"plan": "pro"}, context={"channel": "server"}, user="u", country="DE"),
    ]
    store(make_entry(*events, site=site.pk), make_entry(make_event(4), site=site.pk, visitor="f" * 32))

    assert list(event_table.history(VISITOR)) == events


def test_the_history_up_to_a_decision_ends_with_its_seq(site):
    store(make_entry(*map(make_event, range(1, 6)), site=site.pk))

    assert [event.seq for event in event_table.history(VISITOR, 3, batch_rows=2)] == [1, 2, 3]
