import json
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.demo.personas import PERSONAS, Simulated
from segments import fitting
from segments.attributes import Attributes
from segments.conditions import matches
from segments.features import vector
from segments.profile import fold
from segments.shipped import SHIPPED
from segments.state import Profile
from tracking.event import Event

NOW = 1_790_000_000_000


def messages(number: int) -> list[dict]:
    return [message for visit in Simulated(number).history(NOW, 10) for message in visit]


@given(st.integers(0, 5000))
def test_a_visitor_is_the_same_every_time_and_never_in_the_future(number):
    first, second = messages(number), messages(number)

    assert first == second
    times = [message["timestamp"] for message in first]
    assert len({message["messageId"] for message in first}) == len(first)
    assert all(len(json.dumps(message)) < 32_000 for message in first)
    assert times[0] < "2026-09-21T14:13:20"


def test_every_visit_is_labelled_as_simulated():
    for number in range(50):
        for visit in Simulated(number).history(NOW, 10):
            assert {message["context"]["library"]["name"] for message in visit} == {"segue-simulator"}
            assert [message["traits"]["simulated"] for message in visit if message["type"] == "identify"] == [True]


def test_all_personas_appear():
    assert {Simulated(number).persona.key for number in range(200)} == {persona.key for persona in PERSONAS}


def profile_of(history: list[dict]) -> Profile:
    profile = Profile()
    for message in history:
        at = int(datetime.fromisoformat(message["timestamp"]).timestamp() * 1000)
        event = Event(
            message["messageId"],
            message["type"],
            message.get("event", ""),
            at,
            at,
            path=message["context"]["page"]["path"],
        )
        event.properties, event.traits = message.get("properties", {}), message.get("traits", {})
        fold(profile, event)
    return profile


@pytest.mark.parametrize(
    ("persona", "segment"),
    [("focused-researcher", "high-intent-product-viewer"), ("category-explorer", "category-explorer")],
)
def test_a_persona_ends_in_the_segment_that_it_was_made_for(persona, segment):
    condition = next(shipped.condition for shipped in SHIPPED if shipped.key == segment)
    visits = [
        visit
        for number in range(120)
        for visit in Simulated(number).visits(NOW, 10)
        if visit.persona.key == visit.visitor.persona.key == persona  # no stray
    ]

    found = [
        matches(condition, Attributes(profile, profile.last_at))
        for visit in visits
        for profile in [profile_of(list(visit.messages()))]
    ]

    assert sum(found) / len(found) > 0.95


def test_clusters_find_the_personas_again():
    """By the procedure that sites get, which knows nothing of personas. docs/clusters.md gives the figures."""
    from sklearn.metrics import adjusted_rand_score

    visitors = [Simulated(number) for number in range(1100)]
    profiles = [profile_of(messages(visitor.number)) for visitor in visitors]
    X = np.array([vector(profile, profile.last_at, fitting.CLUSTER_FEATURES) for profile in profiles])

    candidate = fitting.fit(X, fitting.CLUSTER_FEATURES)

    columns = [fitting.CLUSTER_FEATURES.index(name) for name in candidate.features]
    assert candidate.stable
    assert 4 <= candidate.trial.k <= 7
    assert adjusted_rand_score([visitor.persona.key for visitor in visitors], candidate.label(X[:, columns])) > 0.75
