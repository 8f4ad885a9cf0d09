from hypothesis import given
from hypothesis import strategies as st

from recommendations.neighbors import Neighbors, Priced, neighbors


def test_related_is_nearest_in_price_and_similar_is_nearest_below():
    found = neighbors(
        [Priced("a", "shoes", 1000), Priced("b", "shoes", 1500), Priced("c", "shoes", 1600), Priced("d", "hats", 1550)]
    )

    assert found == {
        "a": Neighbors("b", ""),
        "b": Neighbors("c", "a"),
        "c": Neighbors("b", "b"),
        "d": Neighbors("", ""),
    }


def test_an_item_of_the_same_price_is_related_but_not_similar():
    assert neighbors([Priced("a", "x", 5), Priced("b", "x", 5)]) == {"a": Neighbors("b", ""), "b": Neighbors("a", "")}


ITEMS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3), st.tuples(st.sampled_from(["x", "y"]), st.integers(0, 9)), max_size=12
).map(lambda rows: [Priced(key, *rest) for key, rest in rows.items()])


@given(items=ITEMS, order=st.randoms(use_true_random=False))
def test_agrees_with_the_definition_whatever_the_order(items, order):
    shuffled = list(items)
    order.shuffle(shuffled)

    found = neighbors(shuffled)

    by_key = {item.key: item for item in items}
    for item in items:
        others = [other for other in items if other.category == item.category and other.key != item.key]
        cheaper = [other for other in others if other.price_minor < item.price_minor]
        assert bool(found[item.key].related) == bool(others) and bool(found[item.key].similar) == bool(cheaper)
        if others:
            distance = min(abs(other.price_minor - item.price_minor) for other in others)
            assert abs(by_key[found[item.key].related].price_minor - item.price_minor) == distance
        if cheaper:
            best = max(other.price_minor for other in cheaper)
            assert found[item.key].similar == min(other.key for other in cheaper if other.price_minor == best)
    assert neighbors(items) == found
