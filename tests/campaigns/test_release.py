"""A release is loaded as it was frozen, whatever it holds."""

import json
from operator import attrgetter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.changes import changes
from campaigns.release import (
    FORMAT,
    FrozenCampaign,
    FrozenPlacement,
    FrozenSegment,
    FrozenVariant,
    Source,
    UnknownFormat,
    dump,
    load,
    version_of,
)
from campaigns.rules import FrozenRule
from campaigns.treatments import single
from segments.clustering.frozen import FrozenClusters
from segments.conditions import matches
from segments.conditions.saved import saved_groups
from tests.goals import ORDERS

VALUES = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["de", "fr", ""])
CONDITIONS = st.dictionaries(
    st.sampled_from(["a", "b.c", "segment"]),
    VALUES | st.builds(lambda v: {"$in": v}, st.lists(VALUES, max_size=3)),
    max_size=3,
)
PLACEMENTS = ["hero", "banner"]


@st.composite
def rules(draw) -> FrozenRule:
    condition = draw(CONDITIONS)
    return FrozenRule(
        id=draw(st.integers(1, 10_000)),
        name=draw(st.text("ab", max_size=3)),
        campaign="c",
        campaign_name="C",
        placement=draw(st.sampled_from(PLACEMENTS)),
        priority=draw(st.integers(0, 3)),
        segment="",
        treatment=0,
        starts_at=0,
        ends_at=0,
        cap_per_day=draw(st.integers(0, 2)),
        cap_total=0,
        first_published_at=draw(st.integers(0, 2)),
        targeted=bool(condition),
        condition=condition,
    )


SOURCES = st.lists(rules(), max_size=12, unique_by=lambda rule: rule.id).map(
    lambda found: Source(
        site=1,
        segments=[FrozenSegment("buyers", "Buyers", {"a": {"$gt": 1}})],
        models={},
        placements=[FrozenPlacement(key, 0, 0) for key in PLACEMENTS],
        rules=sorted(found, key=attrgetter("place")),
        variants=[FrozenVariant(1, "v", "", [], [b'{"key":"v","template":"hero","fields":{}}'], [], [])],
        items=[],
        currency="EUR",
        treatments=[single.freeze(0)],
        campaigns=[FrozenCampaign(1, "c", 1)],
        goals=[ORDERS],
    )
)
ATTRIBUTES = st.fixed_dictionaries(
    {}, optional={"a": VALUES, "b": st.fixed_dictionaries({"c": VALUES}), "segment": st.lists(VALUES, max_size=2)}
)


@given(source=SOURCES, attributes=ATTRIBUTES)
def test_a_loaded_release_matches_as_its_source_says(source, attributes):
    release = load(dump(source))

    bits = release.index.match(attributes)

    assert release.version == version_of(source)
    assert [rule.condition for rule in release.rules] == [rule.condition for rule in source.rules]
    groups = saved_groups(source.segments)
    for placement in PLACEMENTS:
        here = bits & release.masks[placement]
        found = [rule.id for i, rule in enumerate(release.rules) if here >> i & 1]
        assert found == [
            rule.id
            for rule in source.rules
            if rule.placement == placement and matches(rule.condition, attributes, groups)
        ]


@given(source=SOURCES)
def test_a_source_survives_the_table(source):
    stored = json.loads(json.dumps(msgspec.to_builtins(source)))

    assert msgspec.convert(stored, Source) == source


@given(old=SOURCES, new=SOURCES)
def test_changes_are_silent_only_for_equal_content(old, new):
    assert (changes(old, new) == []) == (old == new) == (version_of(old) == version_of(new))
    assert changes(new, new) == []


def test_models_come_by_family():
    """Each gives the attributes of its group; another family needs a row in a table, and no field here."""
    learned = {"low": [0.0], "high": [9.0], "mean": [0.0], "scale": [1.0], "centers": [[0.0], [2.0]]}
    frozen = FrozenClusters(3, "kmeans", ["cart_value"], ["A", "B"], [1, 2], learned | {"temperature": 0.5})
    none = Source(1, [], {}, [], [], [], [], "EUR")
    both = msgspec.structs.replace(none, models={"cluster": frozen, "mood": frozen})

    assert load(dump(both)).models.keys() == {"cluster", "mood"}
    assert changes(none, both) == ["Clusters come from model 3 (2 clusters)", "Moods come from model 3 (2 moods)"]
    assert changes(both, none) == [
        "Visitors are no longer assigned to clusters",
        "Visitors are no longer assigned to moods",
    ]


def test_the_segments_of_a_release_can_be_named_in_conditions():
    condition = {"$savedGroup": "buyers"}
    source = Source(
        1,
        [FrozenSegment("buyers", "Buyers", {"a": {"$gt": 1}})],
        {},
        [FrozenPlacement("hero", -1, 0)],
        [],
        [],
        [],
        "EUR",
    )
    rule = FrozenRule(1, "r", "c", "C", "hero", 1, "", 0, 0, 0, 0, 0, condition=condition)

    release = load(dump(msgspec.structs.replace(source, rules=[rule])))

    assert release.index.match({"a": 2}) == 1
    assert release.index.match({"a": 1}) == 0
    assert [(key, test({"a": 2})) for key, test in release.segment_tests] == [("buyers", True)]


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\x00",
        b"\xc0",
        msgspec.msgpack.encode([FORMAT + 1]),
        msgspec.msgpack.encode([FORMAT + 1, "v", 1, [], {}, [], [], [], [], b""]),
    ],
)
def test_refuses_a_blob_of_another_format(blob):
    with pytest.raises(UnknownFormat):
        load(blob)


def test_unknown_fields_at_the_end_of_a_blob_are_of_another_format_too():
    with pytest.raises(UnknownFormat):
        load(dump(Source(1, [], {}, [], [], [], [], "EUR"))[:-1])
