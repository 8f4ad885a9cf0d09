"""No history, however odd, gives a visitor a value outside its domain, or values that contradict a relation."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from segments.attributes import ATTRIBUTES, Attributes, attribute_of
from segments.clustering.frozen import Clusters, FrozenClusters
from segments.conditions import paths_of, validate
from segments.domains import COUNT, DEVICE, FOCUS, MEAN, Domain
from segments.features import FEATURES
from segments.profile import Profile, merge
from segments.relations import RELATIONS, Always, NotAbove, Same
from segments.state import DAY_MS, SESSION_GAP_MS
from tests.events import MINUTE, START, event, folded, page, streams
from tracking.event import CHANNELS, DEVICES, Referral

# Attributes of clusters are known only where a model says them; this one says something of everybody.
MODELS = {
    "cluster": Clusters(
        FrozenClusters(
            version=3,
            kind="kmeans",
            features=["pages_viewed", "cart_adds"],
            names=["Readers", "Cart fillers"],
            ids=[4, 9],
            model={
                "low": [0, 0], "high": [9, 9], "mean": [0, 0], "scale": [1, 1], "centers": [[0, 0], [1, 1]], "temperature": 1.0,
            },
        )
    )
}  # fmt: skip
contexts = st.fixed_dictionaries(
    {},
    optional={
        "device": st.sampled_from(DEVICES),
        "hour": st.integers(0, 23),
        "weekday": st.integers(1, 7),
        "host": st.just("shop.example"),
        "path": st.just("/sale"),
    },
)
waits = st.sampled_from([0, MINUTE, SESSION_GAP_MS - 1, SESSION_GAP_MS, DAY_MS, 31 * DAY_MS, 900 * DAY_MS])


@st.composite
def shopping(draw):
    """What shops tell: few products, carts and orders, so that they meet; now and then late or twice."""
    at, events = START, []
    for number in range(draw(st.integers(0, 25))):
        at += draw(st.sampled_from([0, 1000, MINUTE, 40 * MINUTE, -5 * MINUTE, 3 * DAY_MS]))
        product = {
            "product_id": draw(st.sampled_from(["K-1", "K-2"])),
            "category": draw(st.sampled_from(["Kitchen", "Garden"])),
            "price": draw(st.sampled_from([0, 5, 19.99])),
            "quantity": draw(st.sampled_from([1, 2, 3])),
        }
        order = {"order_id": draw(st.sampled_from(["A", "B", "C"]))} | draw(
            st.fixed_dictionaries({}, optional={"total": st.sampled_from([0, 20, 120]), "products": st.just([product])})
        )
        referral = draw(st.none() | st.builds(Referral, st.sampled_from(CHANNELS), st.just("somewhere")))
        events.append(
            draw(
                st.sampled_from(
                    [
                        page(at, **product, page_id="p"),
                        event("", at, "page", path="/", referral=referral, device=draw(st.sampled_from(DEVICES))),
                        event("Page Dwell", at, properties={"page_id": "p", "seconds": 31.5}),
                        event("Product Viewed", at, properties=product),
                        event("Product Added", at, properties=product),
                        event("Product Removed", at, properties=product),
                        event("Checkout Started", at, properties={"products": [product]}),
                        event("Order Completed", at, properties=order),
                        event("Order Refunded", at, properties=order),
                        event("Order Cancelled", at, properties=order),
                        event("Products Searched", at, properties={"query": draw(st.sampled_from(["kettle", "pan"]))}),
                        event("Segue Consent Updated", at, properties={"personalization": draw(st.booleans())}),
                    ]
                )
            )
        )
        events[-1].message_id = f"m{number}"
    return events


histories = streams() | shopping()
everybody = limits(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def attributes_after(events, wait, context, others=()):
    profile = folded(*events)
    if others:
        merge(profile, folded(*others))
    return Attributes(profile, max(profile.last_at, START) + wait, context, models=MODELS)


def assert_possible(attributes):
    for name, attribute in ATTRIBUTES.items():
        if attribute.member is None:
            assert attribute.domain.contains(attributes[name]), (name, attributes[name])
    for relation in RELATIONS:
        assert relation.holds(attributes), relation


@everybody
@given(histories, waits, contexts)
def test_every_value_lies_in_its_domain_and_every_relation_holds(events, wait, context):
    assert_possible(attributes_after(events, wait, context))


@everybody
@given(histories, histories, waits, contexts)
def test_so_it_is_after_two_histories_have_become_one(events, others, wait, context):
    assert_possible(attributes_after(events, wait, context, others))


def test_nobody_is_possible():
    assert_possible(Attributes(Profile(), START))


@pytest.mark.parametrize("relation", RELATIONS, ids=str)
def test_relations_speak_of_attributes(relation):
    names = paths_of(relation.condition) if isinstance(relation, Always) else set(map(str, vars_of(relation)))

    assert all(attribute_of(name) for name in names)
    assert not isinstance(relation, Always) or validate(relation.condition) == []


def vars_of(relation):
    return (relation.one, relation.other) if isinstance(relation, Same) else (relation.lower, relation.upper)


def test_a_relation_can_be_broken():
    """Else it would say nothing."""
    assert not Same("a", "b").holds({"a": 1, "b": 2})
    assert not NotAbove("a", "b").holds({"a": 2, "b": 1})
    assert NotAbove("a", "b").holds({"a": 2, "b": None})
    assert not RELATIONS[5].holds({"visitor.new": True, "visitor.sessions": 2, "feature.is_new": 1})


@pytest.mark.parametrize(
    ("domain", "inside", "outside"),
    [
        (COUNT, [0, 3, 3.0], [None, -1, 1.5]),
        (MEAN, [None, 0, 1.5], [-0.1]),
        (FOCUS, [None, 0.1, 1], [0, 1.1]),
        (DEVICE, [None, "mobile"], ["toaster", 1]),
        (Domain(is_nullable=False), ["a", True, [], 7], [None]),
    ],
)
def test_a_domain_knows_what_lies_in_it(domain, inside, outside):
    assert all(map(domain.contains, inside))
    assert not any(map(domain.contains, outside))


@pytest.mark.parametrize("feature", FEATURES.values(), ids=lambda feature: feature.name)
def test_what_is_usual_of_a_feature_lies_in_its_domain(feature):
    domain = ATTRIBUTES[f"feature.{feature.name}"].domain

    if feature.unit == "text":
        assert domain.usual is None
    else:
        assert domain.usual == (feature.low, feature.high)
        assert feature.low >= domain.low
        assert domain.high is None or feature.high <= domain.high
