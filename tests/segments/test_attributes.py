import pytest

from segments.attributes import ATTRIBUTES, FAMILIES, Attributes, attribute_of
from segments.clustering.frozen import Clusters, FrozenClusters
from segments.conditions import compile_condition, matches
from segments.features import FEATURES
from segments.profile import Profile
from tests.events import BUSY, NOW, event, folded, page

MODEL = Clusters(
    FrozenClusters(
        version=3,
        kind="kmeans",
        features=["pages_viewed", "cart_adds"],
        names=["Passers-by", "Readers", "Cart fillers"],
        ids=[4, 7, 9],
        model={
            "low": [0, 0], "high": [9, 9], "mean": [0, 0], "scale": [1, 1], "centers": [[0, 0], [1, 0], [1, 1]], "temperature": 1.0,
        },
    )
)  # fmt: skip


@pytest.mark.parametrize("attribute", ATTRIBUTES.values(), ids=lambda attribute: attribute.name)
def test_every_attribute_has_a_sentence_and_a_value_of_its_type(attribute):
    kinds = {"number": (int, float), "text": str, "boolean": bool, "list": list}[attribute.type]

    assert attribute.sentence.endswith(".")
    for profile in (Profile(), folded(*BUSY)):
        value = Attributes(profile, NOW, {"device": "mobile"}, models={"cluster": MODEL})[attribute.name]
        assert value is None or isinstance(value, kinds) or attribute.name in ("cluster.p", "visitor.trait")


def test_every_feature_is_an_attribute():
    assert {f"feature.{name}" for name in FEATURES} <= set(ATTRIBUTES)


def test_computes_only_what_is_asked_for():
    attributes = Attributes(folded(*BUSY), NOW)

    assert attributes["feature.cart_value"] == 8000
    assert set(attributes) == {"feature.cart_value"}


def test_unknown_name_is_null():
    attributes = Attributes(Profile(), NOW)

    assert attributes["feature.no_such"] is None
    assert attributes["visitor.trait.plan"] is None
    assert attributes.get("nothing", 7) == 7


def test_conditions_read_attributes_alike_in_both_evaluators():
    condition = {
        "feature.cart_value": {"$gte": 8000},
        "context.device": "mobile",
        "session.categories": {"$in": ["Kitchen"]},
    }

    for device, expected in (("mobile", True), ("desktop", False)):
        for holds in (compile_condition(condition), lambda attributes: matches(condition, attributes)):
            assert holds(Attributes(folded(*BUSY), NOW, {"device": device})) is expected


def test_segment_lists_the_keys_whose_condition_holds():
    tests = [
        ("buyer", compile_condition({"feature.orders_total": {"$gt": 0}})),
        ("cart", compile_condition({"feature.cart_items": {"$gt": 0}})),
    ]

    attributes = Attributes(folded(*BUSY), NOW, segments=tests)

    assert attributes["segment"] == ["cart"]
    assert compile_condition({"segment": {"$in": ["cart"]}})(attributes)


def test_segment_cannot_refer_to_segments():
    tests = [("a", compile_condition({})), ("b", compile_condition({"segment": {"$in": ["a", "b"]}}))]

    assert Attributes(Profile(), NOW, segments=tests)["segment"] == ["a"]


def test_cluster_is_the_nearest_and_memberships_sum_to_one():
    attributes = Attributes(
        folded(page(NOW), event("Product Added", NOW, properties={"product_id": "K-1"})), NOW, models={"cluster": MODEL}
    )

    assert attributes["cluster.id"] == 9
    assert attributes["cluster.name"] == "Cart fillers"
    assert sum(attributes["cluster.p"].values()) == pytest.approx(1)
    assert attributes["cluster.p.9"] == max(attributes["cluster.p"].values())
    assert attributes["cluster.p.1"] is None


def test_nobody_is_in_no_cluster():
    assert Attributes(Profile(), NOW, models={"cluster": MODEL})["cluster.id"] is None
    assert Attributes(folded(*BUSY), NOW)["cluster.id"] is None


def test_request_wins_over_what_the_profile_remembers():
    profile = folded(event("", NOW, "page", device="desktop", country="DE"))

    attributes = Attributes(profile, NOW, {"device": "mobile"})

    assert attributes["context.device"] == "mobile"
    assert attributes["context.country"] == "DE"


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_member_of_a_family_has_what_its_row_says(family):
    member = attribute_of(f"{family.name}.3")

    assert (member.name, member.type, member.unit) == (f"{family.name}.3", family.type, family.unit)
    assert member.title == f"{family.title} 3" and member.member is None
    attributes = Attributes(folded(*BUSY), NOW, models={"cluster": MODEL})
    assert member.compute(attributes) == family.member(attributes, "3") == attributes[member.name]


@pytest.mark.parametrize("name", ["visitor.trait.", "cluster.p", "cluster.pp.1", "nowhere", ""])
def test_only_what_has_an_end_of_its_own_is_a_member(name):
    known = attribute_of(name)

    assert known is None or known is ATTRIBUTES[name]
