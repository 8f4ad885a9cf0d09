from personalization.demo import doing
from personalization.demo.doing import Done
from segments.effects import trail
from segments.state import Step

KETTLE = "enamel-kettle-harrow"


def test_the_latest_comes_first_by_the_names_of_things():
    steps = [
        Step(1, trail.PAGE),
        Step(1, trail.LISTED, category="Kitchen"),
        Step(2, trail.VIEWED, KETTLE, "Kitchen"),
        Step(3, trail.ADDED, KETTLE, "Kitchen"),
        Step(4, trail.VIEWED, "gone", ""),
    ]

    assert doing.latest(steps) == [
        Done("Looked at a product", "eye", ""),
        Done("Put Enamel Kettle into the cart", "cart", KETTLE),
        Done("Looked at Enamel Kettle", "eye", KETTLE),
        Done("Browsed Kitchen", "list", ""),
    ]


def test_what_is_repeated_is_counted():
    assert doing.latest([Step(at, trail.VIEWED, KETTLE) for at in range(3)])[0].times == 3
    assert doing.latest([Step(at, trail.PAGE) for at in range(2)]) == [Done("Opened a page", "eye", "", 2)]


def test_it_stays_short_and_nothing_is_nothing():
    steps = [Step(at, trail.LISTED, category=f"c{at}") for at in range(30)]

    assert len(doing.latest(steps)) == doing.SHOWN
    assert doing.latest([]) == []
