from hypothesis import given
from hypothesis import strategies as st

from segments.profile import Profile
from segments.segment_figures import ALL, Gathering, read
from segments.state import Order
from sites.times import DAY_MS

NOW = 100 * DAY_MS


def bought(*orders: tuple[int, int]) -> Profile:
    return Profile(known_orders=[Order(NOW - days * DAY_MS, f"o{i}", minor) for i, (days, minor) in enumerate(orders)])


def gathered(*visitors) -> Gathering:
    gathering = Gathering(NOW)
    for profile, keys in visitors:
        gathering.add(profile, keys)
    return gathering


def test_conversion_and_average_are_of_the_last_thirty_days():
    told = gathered(
        (bought((1, 2000), (2, 4000), (40, 9999)), ["a"]), (bought((40, 9999)), ["a"]), (bought(), [])
    ).told("a")
    figures = read(told)

    assert figures.buying.conversion == 0.5
    assert figures.buying.average_minor == 3000
    assert figures.all.conversion == 1 / 3


def test_an_order_without_an_amount_converts_and_has_no_average():
    profile = Profile(known_orders=[Order(NOW - 1, "o", 0, is_priced=False)])
    figures = read(gathered((profile, ["a"])).told("a"))

    assert figures.buying.conversion == 1
    assert figures.buying.average_minor is None


def test_nobody_has_no_conversion():
    figures = read(gathered((bought(), [])).told("a"))

    assert figures.buying.conversion is None
    assert figures.buying.average_minor is None
    assert read({}) is None


@given(st.lists(st.sets(st.sampled_from("abc"))))
def test_overlaps_count_who_is_in_both(memberships):
    gathering = gathered(*((bought(), sorted(keys)) for keys in memberships))

    for one in "abc":
        figures = read(gathering.told(one))
        for other in "abc":
            both = sum(one in keys and other in keys for keys in memberships)
            assert figures.overlaps.get(other, 0) == (both if one != other else 0)
    assert ALL in gathering.buying or not memberships
