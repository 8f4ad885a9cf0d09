from hypothesis import given
from hypothesis import strategies as st

from recommendations.neighbors import KEPT, Priced, neighbors


def priced(key: str, category: str, price_minor: int, currency: str = "EUR") -> Priced:
    return Priced(key, category, price_minor, currency)


def test_related_is_nearest_in_price_and_similar_is_nearest_below():
    found = neighbors(
        [priced("a", "shoes", 1000), priced("b", "shoes", 1500), priced("c", "shoes", 1600), priced("d", "hats", 1550)]
    )

    assert found == {
        "a": {"related": ["b", "c"]},
        "b": {"related": ["c", "a"], "similar": ["a"]},
        "c": {"related": ["b", "a"], "similar": ["b", "a"]},
        "d": {},
    }


def test_an_item_of_the_same_price_is_related_but_not_similar():
    assert neighbors([priced("a", "x", 5), priced("b", "x", 5)]) == {"a": {"related": ["b"]}, "b": {"related": ["a"]}}


def test_prices_are_compared_within_a_currency_only():
    """1,200 yen are far less than 49.90 euros, and nobody here knows how much less."""
    euros = [priced("a", "shoes", 4990), priced("b", "shoes", 1000)]

    found = neighbors([*euros, priced("y", "shoes", 1200, "JPY")])

    assert found == neighbors(euros) | {"y": {}}


ITEMS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3),
    st.tuples(st.sampled_from(["x", "y"]), st.integers(0, 9), st.sampled_from(["EUR", "JPY"])),
    max_size=20,
).map(lambda rows: [priced(key, *rest) for key, rest in rows.items()])


@given(items=ITEMS, order=st.randoms(use_true_random=False))
def test_agrees_with_the_definition_whatever_the_order(items, order):
    shuffled = list(items)
    order.shuffle(shuffled)

    found = neighbors(shuffled)

    for item in items:
        comparable = [other for other in items if (other.category, other.currency) == (item.category, item.currency)]
        others = [other for other in comparable if other.key != item.key]
        prices = {other.key: other.price_minor for other in others}
        related, similar = found[item.key].get("related", []), found[item.key].get("similar", [])

        # The nearest there are; among equally near ones those beside it in the order of prices.
        distances = sorted(abs(other.price_minor - item.price_minor) for other in others)
        assert [abs(prices[key] - item.price_minor) for key in related] == distances[:KEPT]
        assert len(set(related)) == len(related)

        cheaper = [other for other in others if other.price_minor < item.price_minor]
        cheaper.sort(key=lambda other: (-other.price_minor, other.key))
        assert similar == [other.key for other in cheaper[:KEPT]]
    assert neighbors(items) == found


def named(key: str, price_minor: int, name: str, category: str = "Kitchen") -> Priced:
    return Priced(key, category, price_minor, "EUR", name)


def test_things_of_one_sort_come_first_and_nothing_else_is_a_cheaper_one():
    found = neighbors(
        [
            named("enamel", 4_000, "Enamel Kettle"),
            named("steel", 6_000, "Steel Kettle 2"),
            named("pan", 5_900, "Iron Pan"),
            named("lone", 3_000, "Mixing Bowl"),
        ]
    )

    assert found["steel"] == {"related": ["enamel", "pan", "lone"], "similar": ["enamel"]}
    assert "similar" not in found["enamel"]
    assert found["pan"]["similar"] == ["enamel", "lone"]  # the only pan: what costs less of the category


def test_a_word_that_ends_names_of_several_categories_is_no_sort_of_thing():
    found = neighbors(
        [
            named("kettle", 4_000, "Kettle Blue"),
            named("pan", 5_000, "Pan Blue"),
            named("bowl", 5_100, "Bowl Red"),
            named("sofa", 5_000, "Sofa Blue", "Living"),
        ]
    )

    assert found["bowl"]["related"] == ["pan", "kettle"]
    assert found["pan"]["related"] == ["bowl", "kettle"]
