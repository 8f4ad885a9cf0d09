import json

from sites.config import SiteConfig
from tracking.answers import FAULTS_TOLD, answer_of, list_rejected
from tracking.event import Arrival, Event
from tracking.formats.segment import Fault
from tracking.pipeline import Received
from tracking.reasons import Reason

SITE = SiteConfig(1, "Shop", "shop.example", "wk_1", "5a" * 32, "EUR")
ARRIVAL = Arrival(1, "a" * 32, "", [Event("m1", "page", "", 1, 1), Event("m2", "page", "", 2, 2)])


def told(received):
    answer = answer_of(received)
    return answer.status, json.loads(answer.body), dict(answer.headers)


def test_what_was_taken_whole_is_told_in_two_words():
    assert told(Received(SITE, [ARRIVAL], {}))[:2] == (200, {"success": True, "accepted": 2})


def test_tells_apart_what_was_rejected_dropped_and_mended():
    faults = [Fault(Reason.INVALID, "a track message needs the name of its event", "event", 3)]
    drops = {Reason.INVALID: 1, Reason.BOT_PACE: 4, Reason.PLACEHOLDER_ID: 2}

    status, answer, _ = told(Received(SITE, [ARRIVAL], drops, faults))

    assert (status, answer["success"], answer["accepted"]) == (200, True, 2)
    assert answer["rejected"] == [
        {"index": 3, "code": "invalid", "field": "batch[3].event", "message": faults[0].message}
    ]
    assert (answer["dropped"], answer["mended"]) == ({"bot_pace": 4}, {"placeholder_id": 2})


def test_a_request_of_nothing_but_faults_is_refused_and_still_lists_them():
    faults = [Fault(Reason.INVALID, "must be one", "type", 0), Fault(Reason.TOO_BIG, "too big", "", 1)]

    status, answer, _ = told(Received(SITE, [], {Reason.INVALID: 1, Reason.TOO_BIG: 1}, faults, faults[0]))

    assert (status, answer["success"], answer["code"], answer["field"]) == (400, False, "invalid", "batch[0].type")
    assert [one["field"] for one in answer["rejected"]] == ["batch[0].type", "batch[1]"]


def test_who_is_to_wait_hears_how_long():
    fault = Fault(Reason.RATE_LIMITED, "too many messages from this address")

    status, answer, headers = told(Received(None, [], {Reason.RATE_LIMITED: 1}, [], fault, 41))

    assert (status, headers[b"retry-after"]) == (429, b"41")
    assert answer == {"success": False, "code": "rate_limited", "message": fault.message, "field": ""}


def test_lists_no_more_faults_than_somebody_reads():
    many = [Fault(Reason.INVALID, "must be one", "type", index) for index in range(FAULTS_TOLD + 5)]

    assert [one["field"] for one in list_rejected(many, "events")][-1] == f"events[{FAULTS_TOLD - 1}].type"
