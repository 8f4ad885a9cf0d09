"""What a release becomes for SDKs that evaluate by themselves, and what it keeps to itself."""

import json
import uuid
from collections import Counter

import msgspec

from campaigns.bandits.state import NO_CLUSTER
from campaigns.bandits.weights import Dealing
from campaigns.caps import Caps
from campaigns.flags import Document, Flags, Subject
from campaigns.flags.compiling import COUNTS, DRAWN_HERE, FILLED, HISTORY, KEPT, PERSONAL, Compiled, compile_flags
from campaigns.release import FrozenHoldout, FrozenPlacement, FrozenSegment, FrozenVariant
from campaigns.treatments import FrozenArm, FrozenTreatment, bandit, holdout, split
from campaigns.treatments.weights import FrozenWeights
from personalization.decide import decide
from personalization.situation import Situation, ready
from segments.profile import Profile
from tests.releases import release, rule

NOW = 1_790_000_000_000
GERMAN = {"context.language": "de"}
SEEN = {"feature.products_viewed": {"$gte": 2}}
TEST = split.freeze(9, "test", "seed", [("a", 0, 1), ("b", 1, 3)])


def compiled(rules, out=(), is_public=True, now=NOW, **parts) -> Compiled:
    return compile_flags(
        release(rules, **parts), now, frozenset(out), lambda variant: variant.answer(), is_public=is_public
    )


def hero(rules, **how):
    """The feature of the placement, as JSON says it, else why there is none."""
    found = compiled(rules, **how)
    if "hero" in found.remote:
        return found.remote["hero"]
    return json.loads(msgspec.json.encode(found.document.features["hero"]))


def speaking(key, **languages):
    told = {
        name: FrozenVariant(0, key, "", [], [b'"%b"' % words.encode()], [], []) for name, words in languages.items()
    }
    return FrozenVariant(0, key, "", [], [b'"%b"' % key.encode()], [], [], languages=told)


VARIANTS = [speaking(f"v{i}") for i in range(8)]


def test_rules_come_in_the_order_in_which_they_win():
    feature = hero(
        [rule(1, {"context.device": "phone"}, variant=1), rule(2, GERMAN, variant=2, priority=900)], variants=VARIANTS
    )

    assert feature == {
        "defaultValue": "v7",
        "rules": [
            {"id": "2", "condition": GERMAN, "force": "v2"},
            {"id": "1", "condition": {"context.device": "phone"}, "force": "v1"},
        ],
    }


def test_a_lot_is_drawn_by_the_same_seed_ranges_and_visitor():
    feature = hero([rule(1, GERMAN, variant=8, name="Test")], variants=VARIANTS, treatments=[TEST])

    (told,) = feature["rules"]
    assert told == {
        "id": "1",
        "key": "test",
        "name": "Test",
        "seed": "seed",
        "hashVersion": 2,
        "hashAttribute": "visitorId",
        "condition": {"$and": [GERMAN, {"visitorId": {"$exists": True}}]},
        "variations": ["v0", "v1"],
        "weights": [0.25, 0.75],
        "ranges": [[0, 0.25], [0.25, 1]],
        "meta": [{"key": "a"}, {"key": "b"}],
    }


def test_segments_are_saved_groups_in_the_form_that_every_sdk_reads():
    segments = [
        FrozenSegment("german", "Germans", GERMAN),
        FrozenSegment("phones", "Phones", {"$savedGroups": ["german"], "context.device": "phone"}),
        FrozenSegment("unused", "Unused", {"context.device": "tv"}),
    ]
    found = compiled([rule(1, {"$not": {"$savedGroup": "phones"}}, variant=1)], segments=segments, variants=VARIANTS)
    document = found.document

    assert document.features["hero"].rules[0].condition == {"$not": {"$savedGroup": {"id": "phones"}}}
    assert document.saved_groups == {
        "german": {"type": "condition", "condition": GERMAN},
        "phones": {
            "type": "condition",
            "condition": {"$and": [{"context.device": "phone"}, {"$savedGroup": {"id": "german"}}]},
        },
    }
    assert found.paths == {"context.device", "context.language"}


def test_a_pages_document_tells_nothing_of_whom_a_rule_is_for():
    segments = [FrozenSegment("vip", "VIP", {"visitor.trait.plan": "gold"})]
    rules = [rule(1, {"$savedGroup": "vip"}, variant=1), rule(2, GERMAN, variant=2, placement="side")]

    public = compiled(rules, segments=segments, variants=VARIANTS)
    servers = compiled(rules, segments=segments, variants=VARIANTS, is_public=False)

    assert public.remote == {"hero": PERSONAL}
    assert "gold" not in json.dumps(msgspec.to_builtins(public.document, enc_hook=str))
    assert servers.remote == {}
    assert servers.paths == {"visitor.trait.plan", "context.language"}


def test_a_personal_rule_is_for_those_who_may_be_known():
    feature = hero([rule(1, SEEN, variant=1)], variants=VARIANTS, is_public=False)

    assert feature["rules"][0]["condition"] == {"$and": [SEEN, {"visitorId": {"$exists": True}}]}


def test_a_placement_that_only_a_decision_can_tell_says_why():
    event = {"$did": {"event": "Order Completed", "count": {"$gte": 1}, "in": {"days": 30}}}
    drawn = FrozenTreatment("newest", [FrozenArm("a", 0)], 9, "new", "s")
    slot = [FrozenVariant(0, "v", "cart", [], [b"1"], [], []), *VARIANTS[1:]]
    clock = [msgspec.structs.replace(VARIANTS[0], until=NOW + 5_000), *VARIANTS[1:]]

    assert hero([rule(1, cap_per_day=1)]) == COUNTS
    assert hero([rule(1, caps=Caps())]) == COUNTS
    assert hero([rule(1, variant=8)], treatments=[drawn]) == DRAWN_HERE
    assert hero([rule(1, variant=8)], treatments=[split.freeze(9, "kept", "s", [("a", 0, 1)], keeps=True)]) == KEPT
    assert hero([rule(1, variant=0)], variants=slot) == FILLED
    assert hero([rule(1, variant=0)], variants=clock) == FILLED
    assert hero([], variants=slot, placements=[FrozenPlacement("hero", 0, 0)]) == FILLED
    assert hero([rule(1, event)], is_public=False) == HISTORY


def test_a_condition_with_a_fault_is_for_nobody():
    assert hero([rule(1, {"$not": {"context.device": {"$near": 1}}}, variant=1)], variants=VARIANTS) == {
        "defaultValue": "v7"
    }


def test_what_nobody_comes_to_hides_nothing():
    feature = hero([rule(1, variant=1, priority=900), rule(2, SEEN, variant=2, priority=1)], variants=VARIANTS)

    assert feature == {"rules": [{"id": "1", "force": "v1"}]}


def test_only_rules_of_this_moment_are_told():
    rules = [rule(1, variant=1, starts_at=NOW + 1), rule(2, variant=2, ends_at=NOW), rule(3, GERMAN, variant=3)]

    before, after = hero(rules, variants=VARIANTS), hero(rules, variants=VARIANTS, now=NOW + 1)

    assert [one["id"] for one in before["rules"]] == ["3"]
    assert [one["id"] for one in after["rules"]] == ["3", "1"]


def test_a_creative_whose_time_is_over_gives_way():
    rules = [rule(1, variant=1, priority=900), rule(2, variant=8)]
    parts = {"variants": VARIANTS, "treatments": [TEST]}

    feature = hero(rules, out={1}, **parts)
    without_default = hero(rules, out={1, 7}, **parts)

    (drawn,) = feature["rules"]
    assert drawn["meta"] == [{"key": "a"}, {"key": "b", "passthrough": True}]
    assert feature["defaultValue"] == "v7"
    assert "defaultValue" not in without_default


def test_an_arm_that_shows_nothing_of_its_own_gives_way():
    control = split.freeze(9, "test", "seed", [("a", 0, 1), ("control", -1, 1)])

    (drawn,) = hero([rule(1, variant=8)], variants=VARIANTS, treatments=[control])["rules"]

    assert drawn["variations"] == ["v0", None]
    assert drawn["meta"] == [{"key": "a"}, {"key": "control", "passthrough": True}]


def test_who_is_held_out_is_passed_by_and_nobody_else():
    holdouts = [
        FrozenHoldout(holdout.freeze(11, "all", "seed-11", 100)),
        FrozenHoldout(holdout.freeze(12, "other", "s", 500), campaign_id=2),
    ]
    rules = [rule(1, GERMAN, variant=1, campaign_id=1)]

    known, unknown = hero(rules, variants=VARIANTS, holdouts=holdouts)["rules"]

    assert known["filters"] == [{"seed": "seed-11", "ranges": [[0.1, 1]], "attribute": "visitorId"}]
    assert known["condition"] == {"$and": [GERMAN, {"visitorId": {"$exists": True}}]}
    assert (unknown["condition"], unknown["force"]) == ({"$and": [GERMAN, {"visitorId": {"$exists": False}}]}, "v1")
    assert "filters" not in unknown


def test_an_exclusion_group_is_a_namespace():
    grouped = split.freeze(9, "test", "seed", [("a", 0, 1), ("b", 1, 3)], coverage=0.5, group=("page", 0.2, 0.6))

    (drawn,) = hero([rule(1, variant=8)], variants=VARIANTS, treatments=[grouped])["rules"]

    assert drawn["filters"] == [{"seed": "__page", "ranges": [[0.2, 0.6]], "hashVersion": 1, "attribute": "visitorId"}]
    assert (drawn["coverage"], drawn["ranges"]) == (0.5, [[0, 0.125], [0.25, 0.625]])


def test_each_language_has_its_words():
    variants = [speaking("v0", de="null", fr="rien"), speaking("v1", de="eins"), speaking("v2", de="zwei")]
    placements = [FrozenPlacement("hero", 0, 0)]
    rules = [rule(1, {"context.device": "phone"}, variant=3)]

    feature = hero(
        rules,
        variants=variants,
        placements=placements,
        treatments=[split.freeze(9, "test", "s", [("a", 1, 1), ("b", 2, 1)])],
    )

    german, others, *defaults = feature["rules"]
    assert german["condition"]["$and"][-1] == GERMAN
    assert (german["variations"], others["variations"]) == (["eins", "zwei"], ["v1", "v2"])
    assert (german["seed"], german["key"]) == (others["seed"], others["key"])
    assert [(one["condition"], one["force"]) for one in defaults] == [
        (GERMAN, "null"),
        ({"context.language": "fr"}, "rien"),
    ]
    assert feature["defaultValue"] == "v0"


def test_a_placement_that_is_switched_off_is_a_feature_without_a_value():
    found = compiled([rule(1)], placements=[FrozenPlacement("hero", 0, 0, enabled=False)])

    assert found.document == Document(features={"hero": found.document.features["hero"]})
    assert msgspec.json.encode(found.document.features["hero"]) == b"{}"


def test_an_sdk_finds_of_experiments_and_holdouts_what_a_decision_finds():
    """Coverage, a control, parts of an exclusion group, a holdout of all campaigns and one of a single one; of those
    who are known, and of nobody."""
    parts = {
        "variants": VARIANTS,
        "treatments": [
            split.freeze(9, "test", "seed", [("a", 0, 1), ("control", -1, 1)], coverage=0.6, group=("g", 0.0, 0.7)),
            split.freeze(10, "other", "seed2", [("a", 2, 1), ("b", 3, 1)], group=("g", 0.7, 1.0)),
        ],
        "holdouts": [
            FrozenHoldout(holdout.freeze(20, "all", "s1", 200)),
            FrozenHoldout(holdout.freeze(21, "five", "s2", 500), campaign_id=5),
        ],
    }
    rules = [rule(1, variant=8, priority=900, campaign_id=5), rule(2, variant=9, priority=800), rule(3, variant=4)]
    of = release(rules, **parts)
    flags = Flags(compiled(rules, **parts).document)
    shown = set()
    for number in range(600):
        who = uuid.UUID(int=number).hex  # the first is nobody
        situation = Situation(of, Profile(), who, True, {}, NOW, 20_717)
        (decision,) = decide(situation, ["hero"])
        attributes = {"visitorId": who} if number else {}
        result = flags.evaluate("hero", Subject(attributes))
        value = msgspec.json.decode(result.value)
        assert value == f"v{decision.variant}"
        shown.add(value)

    assert shown == {"v0", "v2", "v3", "v4", "v7"}


def test_an_sdk_draws_by_the_weights_of_a_bandit_as_a_decision_does():
    """For each cluster its own, with the slice that gets all arms alike; by part of the visitors."""
    dealings = {
        NO_CLUSTER: Dealing((333, 333, 334), (6_123, 2_377, 500)),
        2: Dealing((333, 333, 334), (1_000, 1_000, 7_000)),
        4: Dealing((333, 333, 334), (0, 9_000, 0)),
    }
    drawn = bandit.freeze(
        9, "offers", "s", [("a", 0, 1), ("b", 1, 1), ("c", 2, 1)], coverage=0.8, group=("g", 0.0, 0.9)
    )
    rules = [rule(1, variant=8)]
    of = release(rules, variants=VARIANTS, treatments=[drawn])
    weights = ready(of, {9: FrozenWeights(7, ["a", "b", "c"], dealings)})
    found = compile_flags(of, NOW, frozenset(), lambda variant: variant.answer(), weights, is_public=False)
    flags, shown = Flags(found.document), Counter()
    for number in range(1, 4_000):
        who, cluster = uuid.UUID(int=number).hex, (2, 4, 7, None)[number % 4]
        situation = Situation(of, Profile(), who, True, {}, NOW, 20_717, weights=weights)
        situation.attributes["cluster.id"] = cluster
        (decision,) = decide(situation, ["hero"])
        told = flags.evaluate("hero", Subject({"visitorId": who} | ({"cluster": {"id": cluster}} if cluster else {})))
        value = msgspec.json.decode(told.value)
        assert value == f"v{decision.variant}"
        shown[cluster, value] += 1

    assert "cluster.id" in found.paths
    assert found.document.contextual_bandits["offers"].bandit_version == 7
    assert shown[4, "v1"] > 9 * (shown[4, "v0"] + shown[4, "v2"]) > 0


def test_a_pages_document_does_not_say_which_cluster_gets_what():
    drawn = bandit.freeze(9, "offers", "s", [("a", 0, 1), ("b", 1, 1)])
    of = release([rule(1, variant=8)], variants=VARIANTS, treatments=[drawn])
    halves = Dealing((0, 0), (5_000, 5_000))

    def why(dealings):
        weights = ready(of, {9: FrozenWeights(1, ["a", "b"], dealings)})
        told = compile_flags(of, NOW, frozenset(), lambda variant: variant.answer(), weights, is_public=True)
        return told.remote.get("hero")

    assert (why({NO_CLUSTER: halves}), why({NO_CLUSTER: halves, 2: halves})) == (None, PERSONAL)
