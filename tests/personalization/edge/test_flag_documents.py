"""Whoever evaluates the document that we publish finds what we decide, of every visitor."""

import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.flags import Document, Flags, Subject
from campaigns.flags.compiling import compile_flags
from campaigns.release import FrozenHoldout, FrozenPlacement, FrozenSegment, FrozenVariant
from campaigns.treatments import WITHOUT, holdout, split
from personalization.decide import decide
from personalization.edge.flag_documents import known_of
from personalization.situation import NO_VISITOR, Situation
from segments.profile import Profile
from tests.releases import release, rule

NOW = 1_790_000_000_000
SEGMENTS = [
    FrozenSegment("german", "Germans", {"context.language": "de"}),
    FrozenSegment("keen", "Keen", {"$or": [{"feature.product_views_total": {"$gte": 2}}, {"$savedGroup": "german"}]}),
    FrozenSegment("new", "New", {"visitor.orders": {"$lt": 1}}),
]
CONDITIONS = [
    {},
    {"context.language": "de"},
    {"context.device": {"$in": ["phone", "tablet"]}, "context.hour": {"$gte": 9}},
    {"$not": {"$savedGroup": "german"}},
    {"$savedGroups": ["keen", "new"]},
    {"$nor": [{"context.device": "desktop"}, {"feature.product_views_total": {"$lt": 1}}]},
    {"segment": "keen"},
    {"feature.product_views_total": {"$exists": True, "$ne": 3}},
]
TREATMENTS = [
    split.freeze(1, "one", "seed-1", [("a", 0, 1), ("b", 1, 1)]),
    split.freeze(2, "two", "seed-2", [("a", 2, 1), ("b", 3, 6), ("c", 4, 3)]),
    split.freeze(3, "part", "seed-3", [("a", 0, 1), ("control", WITHOUT, 1)], coverage=0.6, group=("page", 0.2, 0.9)),
    split.freeze(4, "kept", "seed-4", [("a", 0, 1), ("b", 1, 1)], keeps=True),
]
HOLDOUTS = [
    FrozenHoldout(holdout.freeze(11, "everything", "seed-11", 300)),
    FrozenHoldout(holdout.freeze(12, "first", "seed-12", 400), campaign_id=1),
]


def variant(number):
    other = FrozenVariant(0, f"v{number}", "", [], [b'"v%d auf Deutsch"' % number], [], [])
    languages = {"de": other} if number % 3 == 0 else {}
    return FrozenVariant(
        0, f"v{number}", "", [], [b'"v%d"' % number], [], [], languages=languages, closes=int(number == 4)
    )


VARIANTS = [variant(number) for number in range(6)]
PLACEMENTS = [
    FrozenPlacement("hero", 5, 0),
    FrozenPlacement("side", -1, 0),
    FrozenPlacement("off", 0, 0, enabled=False),
]
rules = st.lists(
    st.builds(
        lambda condition, shown, placement, priority, starts_at, cap, campaign: (
            condition,
            {"variant": shown, "placement": placement, "priority": priority, "starts_at": starts_at, "cap_total": cap, "campaign_id": campaign},
        ),
        st.sampled_from(CONDITIONS),
        st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9]),
        st.sampled_from(["hero", "hero", "side", "off"]),
        st.integers(0, 3),
        st.sampled_from([0, 0, 0, NOW + 1]),
        st.sampled_from([0] * 9 + [1]),
        st.integers(1, 2),
    ),
    max_size=6,
)  # fmt: skip
contexts = st.fixed_dictionaries(
    {
        "device": st.sampled_from(["phone", "desktop"]),
        "language": st.sampled_from(["de", "en"]),
        "hour": st.integers(0, 23),
    }
)


profiles = st.builds(
    Profile, product_views=st.integers(0, 4), orders=st.integers(0, 2), consent=st.sampled_from(["", "", "stored"])
)


@settings(max_examples=300)
@given(rules, contexts, profiles, st.integers(0, 40), st.booleans(), st.booleans(), st.integers(0, 2))
def test_an_sdk_finds_what_a_decision_finds(drawn, context, profile, visitor, consent, is_public, n_holdouts):
    frozen = release(
        [rule(i, condition, **fields) for i, (condition, fields) in enumerate(drawn, 1)],
        VARIANTS,
        PLACEMENTS,
        SEGMENTS,
        treatments=TREATMENTS,
        items=[],
        holdouts=HOLDOUTS[:n_holdouts],
    )
    profile, identity = (profile, f"{visitor + 1:032x}") if consent else (Profile(), NO_VISITOR)
    situation = Situation(frozen, profile, identity, consent, context, NOW, 20_717)
    out = frozenset(i for i, one in enumerate(VARIANTS) if one.is_out(NOW))
    document, remote, paths = compile_flags(frozen, NOW, out, lambda one: one.answer(), is_public=is_public)
    flags = Flags(msgspec.json.decode(msgspec.json.encode(document), type=Document))
    subject = Subject(known_of(situation, paths))

    assert document.features.keys() | remote.keys() == set(frozen.placements)
    for key in document.features:
        (decision,) = decide(situation, [key])
        shown = VARIANTS[decision.variant].spoken(context["language"]).answer() if decision.variant >= 0 else b"null"
        assert flags.evaluate(key, subject).value == json.loads(shown)


def test_attributes_are_objects_within_objects():
    segments = [FrozenSegment("german", "Germans", {"context.language": "de"})]
    situation = Situation(
        release([], segments=segments), Profile(), f"{7:032x}", True, {"language": "de", "device": "phone"}, NOW, 20_717
    )

    paths = {"context.language", "context.device", "segment", "segment.0", "visitor.trait.plan"}
    assert known_of(situation, paths) == {
        "visitorId": f"{7:032x}",
        "context": {"language": "de", "device": "phone"},
        "segment": ["german"],
    }
