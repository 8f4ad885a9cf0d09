"""Whom ids name, and who may say so."""

import json

import msgspec
import pytest

from sites.config import Sites
from sites.pseudonyms import visitor_of, visitor_of_user
from tests.intake import ANONYMOUS, BROWSER, NOW, PAGE, SALT, SHOP, VIEW, answer_of, batch, send, status_of
from tracking.identity import sign
from tracking.intake import CollectRequest
from tracking.pipeline import Pipeline

ANNA, HASH = visitor_of_user(SALT, "anna"), sign("wsk_1", "anna")
SIGN_IN = {
    "type": "identify",
    "messageId": "i1",
    "anonymousId": ANONYMOUS,
    "userId": "anna",
    "traits": {"plan": "gold"},
}


def test_a_user_without_anonymous_id_is_a_visitor():
    (arrival,) = send(batch({"type": "page", "userId": 17, "userHash": sign("wsk_1", "17")})).arrivals

    assert arrival.visitor == arrival.user_visitor == visitor_of_user(SALT, "17")


@pytest.mark.parametrize(
    ("message", "key"),
    [
        (SIGN_IN | {"userHash": HASH}, "wk_1"),
        (SIGN_IN | {"context": {"userHash": HASH}}, "wk_1"),
        (SIGN_IN | {"traits": {"plan": "gold", "userHash": HASH}}, "wk_1"),
        (SIGN_IN | {"context": {"traits": {"userHash": HASH.upper(), "plan": "gold"}}, "traits": None}, "wk_1"),
        (SIGN_IN, "wsk_1"),
    ],
)
def test_a_signature_or_the_key_of_a_server_proves_a_user_and_is_kept_nowhere(message, key):
    received = send(batch(message, key=key), headers={} if key == "wsk_1" else None)

    (arrival,) = received.arrivals
    assert (arrival.user_visitor, arrival.claimed, arrival.events[0].user) == (ANNA, "", ANNA)
    assert arrival.events[0].traits == {"plan": "gold"}
    assert HASH not in repr(arrival).lower()
    assert received.drops == {}


@pytest.mark.parametrize(
    "user_hash",
    [None, "", "0" * 64, HASH[:-1] + "0", sign("wsk_1", "bert"), sign("", "anna"), sign("wk_1", "anna"), 17, ["x"]],
)
def test_without_a_right_signature_a_user_is_noted_and_joined_with_nothing(user_hash):
    received = send(
        batch(
            SIGN_IN | {"userHash": user_hash}
            if not isinstance(user_hash, int | list)
            else SIGN_IN | {"traits": {"userHash": user_hash}}
        )
    )

    (arrival,) = received.arrivals
    (event,) = arrival.events
    assert (arrival.visitor, arrival.user_visitor, arrival.claimed) == (visitor_of(SALT, ANONYMOUS), "", ANNA)
    assert (event.user, event.context["unverified_user"]) == ("", ANNA)
    assert answer_of(received)["mended"] == {"unproved_user": 1}


def test_one_proof_speaks_for_all_that_its_sender_says_in_the_request():
    (arrival,) = send(
        batch(VIEW | {"userId": "anna"}, SIGN_IN | {"userHash": HASH}, PAGE | {"userId": "anna"})
    ).arrivals

    assert (arrival.user_visitor, [event.user for event in arrival.events]) == (ANNA, [ANNA] * 3)


def test_a_user_alone_without_proof_has_a_history_that_no_anonymous_or_proved_one_shares():
    claimed = [
        send(batch({"type": "track", "event": "e", "userId": "anna", "messageId": str(n)})).arrivals[0].visitor
        for n in range(2)
    ]
    proved = send(batch({"type": "track", "event": "e", "userId": "anna", "userHash": HASH})).arrivals[0].visitor
    anonymous = send(batch({"type": "track", "event": "e", "anonymousId": "anna"})).arrivals[0].visitor

    assert claimed[0] == claimed[1]
    assert len({claimed[0], proved, anonymous}) == 3


def test_a_site_may_trust_everybody():
    trusting = Sites([msgspec.structs.replace(SHOP, verify_users=False)])

    (arrival,) = (
        Pipeline()
        .receive(CollectRequest("batch", BROWSER, json.dumps(batch(SIGN_IN)).encode()), trusting, NOW)
        .arrivals
    )

    assert (arrival.user_visitor, arrival.claimed) == (ANNA, "")


@pytest.mark.parametrize(
    "word", ["undefined", "null", "NULL ", "[object Object]", "{{ user.id }}", "${userId}", "NaN", "0", 0, "guest"]
)
def test_a_word_that_stands_for_no_id_names_nobody_and_the_answer_says_so(word):
    """ingest-placeholder-user-id-1, -2"""
    received = send(batch(SIGN_IN | {"userId": word}, key="wsk_1"), headers={})
    alone = send(batch({"type": "identify", "userId": word}, key="wsk_1"), headers={})

    assert [(arrival.visitor, arrival.user_visitor) for arrival in received.arrivals] == [
        (visitor_of(SALT, ANONYMOUS), "")
    ]
    assert answer_of(received)["mended"] == {"placeholder_id": 1}
    assert (status_of(alone), answer_of(alone)["field"]) == (400, "batch[0].userId")
