"""Tokens say what was shown, and nobody else can make one; engagement becomes an event once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.engagement import BadToken, Offer, Shown, Tokens, arrival_of, pack, reaction_of
from tracking.exposure import Exposure

AT = 1_700_000_000_000
SHOWN = Shown(
    AT.to_bytes(6, "big") + b"d" * 10,
    b"v" * 16,
    Offer(
        3,
        Exposure("home-hero", 41, "spring", 17, 5, "b", 230, "offer-a"),
        b"\x9f" * 16,
        "/p/K-104?from=hero",
    ),
)
tokens = Tokens("a secret")


def signed(tokens):
    return tokens.sign(SHOWN.decision, SHOWN.visitor, pack(SHOWN.offer)).decode()


def test_reads_what_it_signed():
    assert tokens.read(signed(tokens)) == SHOWN
    assert tokens.read(signed(tokens)).at == AT


def test_refuses_a_token_of_another_installation():
    with pytest.raises(BadToken):
        tokens.read(signed(Tokens("another secret")))


@given(st.data())
def test_refuses_a_token_with_any_character_changed(data):
    token = signed(tokens)
    place = data.draw(st.integers(0, len(token) - 2))  # the last character carries unused bits
    other = data.draw(st.sampled_from("ABCDEFabcdef0123-_").filter(lambda character: character != token[place]))

    with pytest.raises(BadToken):
        tokens.read(token[:place] + other + token[place + 1 :])


@given(st.text())
def test_refuses_nonsense_without_failing(text):
    with pytest.raises(BadToken):
        tokens.read(text)


def test_a_repeated_impression_has_the_same_message_id():
    first, again = (arrival_of(SHOWN, "impression", now, 19_700) for now in (1, 2))

    assert first.events[0].message_id == again.events[0].message_id
    assert first.events[0].message_id != arrival_of(SHOWN, "click", 1, 19_700).events[0].message_id
    assert first.visitor == (b"v" * 16).hex()
    assert first.events[0].properties["rule_id"] == 17
    assert first.events[0].properties["release"] == "9f" * 16


def test_what_becomes_an_event_is_read_as_it_was_told():
    (event,) = arrival_of(SHOWN, "click", AT + 5, 19_700).events

    reaction = reaction_of(3, "v" * 32, event.at, event.message_id, event.name, event.properties)

    assert reaction.exposure == SHOWN.offer.exposure
    assert (reaction.decision, reaction.release) == (SHOWN.decision.hex(), SHOWN.offer.release)
    assert reaction.is_click
