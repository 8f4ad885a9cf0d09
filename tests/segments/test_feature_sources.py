"""What the registry says of the events behind a feature, tried: no other event changes it, and each of them can."""

from functools import cache

import pytest

from segments.effects import EFFECTS, EFFECTS_OF_TYPE
from segments.features import FEATURES
from segments.profile import decode, encode, fold
from segments.state import DAY_MS, SESSION_GAP_MS
from tests.events import MINUTE, START, event, folded, page
from tracking.event import Event, Referral

KINDS = [
    *EFFECTS,
    *((kind, "") for kind in EFFECTS_OF_TYPE),
    *((kind, "") for kind in ("alias", "group")),
    ("track", "Something Else"),
    ("engagement", "Something Else"),
]
LINE = {"product_id": "K-1", "category": "Garden", "price": 40, "quantity": 1}
TOLD = [
    {},
    LINE | {"page_id": "b", "seconds": 90, "percent": 95, "moves": 9, "clicks": 1, "query": "rake"},
    LINE | {"product_id": "K-9", "category": "Attic", "page_id": "c", "seconds": 900, "order_id": "B-9", "total": 70},
    {"product_id": "K-9", "price": 7, "quantity": 3, "rule_id": "7", "day": 3, "order_id": "A-1"},
    {"product_id": "K-1", "quantity": 9, "order_id": "A-1", "total": 5, "filters": [{"type": "price"}]},
    {"products": [], "sorts": [{"type": "price"}], "order_id": "B-1", "total": "unreadable"},
    {"products": [LINE, LINE | {"product_id": "K-5", "quantity": 2}], "order_id": "B-2", "category": "Cellar"},
]


def bases():
    """Somebody unknown, a first visit, one that came from a search, a cart at checkout, buyers of before."""
    garden = page(START, category="Garden", product_id="K-1", price=30, page_id="a")
    added = event("Product Added", START + MINUTE, properties={"product_id": "K-1", "price": 30, "quantity": 2})
    checkout = event("Checkout Started", START + 2 * MINUTE)
    order = event("Order Completed", START + 3 * MINUTE, properties={"order_id": "A-1", "total": 30})
    unpriced = event("Order Completed", START, properties={"order_id": "A-1"})
    found = Event("m", "page", "", START - DAY_MS, START - DAY_MS, device="desktop", referral=Referral("paid", "Ads"))
    return [
        [],
        [garden],
        [found],
        [garden, added],
        [garden, added, checkout],
        [found, garden, added, order],
        [unpriced],
    ]


def values_of(profile, now):
    return {name: feature.compute(profile, now) for name, feature in FEATURES.items()}


@cache
def changes():
    """Feature -> the events (type, name) that changed it, where all else stayed: the profile before, and the moment."""
    found = {name: set() for name in FEATURES}
    for base in bases():
        before = encode(folded(*base))
        last_at = max((one.at for one in base), default=START)
        for now in (last_at + MINUTE, last_at + SESSION_GAP_MS + MINUTE):
            # At the event, and when the session is over with and without it: some features wait for that.
            moments = (now, now + 2 * SESSION_GAP_MS)
            known = [values_of(decode(before), moment) for moment in moments]
            for kind, name in KINDS:
                for properties in TOLD:
                    profile = decode(before)
                    fold(profile, told(kind, name, now, properties))
                    values = [values_of(profile, moment) for moment in moments]
                    changed = {
                        feature
                        for one, other in zip(known, values, strict=True)
                        for feature in FEATURES
                        if one[feature] != other[feature]
                    }
                    for feature in changed:
                        found[feature].add((kind, name))
    return found


def told(kind, name, at, properties):
    traits = {f"t{number}": number for number in range(70)} if kind == "identify" else {}
    referral = Referral("search", "Google") if kind in ("page", "screen") else None
    return Event("new", kind, name, at, at, device="mobile", referral=referral, properties=properties, traits=traits)


def is_source(feature, kind, name):
    return name in feature.sources or kind in feature.sources


@pytest.mark.parametrize("feature", FEATURES.values(), ids=lambda feature: feature.name)
def test_an_event_that_is_no_source_never_changes_the_feature(feature):
    assert [one for one in sorted(changes()[feature.name]) if not is_source(feature, *one)] == []


@pytest.mark.parametrize("feature", FEATURES.values(), ids=lambda feature: feature.name)
def test_each_source_can_change_the_feature(feature):
    changed = changes()[feature.name]

    assert [source for source in feature.sources if not any(source in one for one in changed)] == []


@pytest.mark.parametrize("feature", FEATURES.values(), ids=lambda feature: feature.name)
def test_what_its_words_say_is_of_this_session_ends_with_it_and_nothing_else_does(feature):
    """Pages show the events behind a figure of the session from that session alone."""
    busy = folded(*(event(name, START, type, properties=TOLD[1]) for type, name in KINDS if type != "alias"))
    after = START + SESSION_GAP_MS + MINUTE
    during, ended = feature.compute(busy, START + 1), feature.compute(busy, after)

    if feature.is_of_session:
        assert ended == feature.compute(folded(), after)
    elif during and not feature.half_life and "since" not in feature.name:
        assert ended
