import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from personalization.demo.course import Offered, React, Tell, course_of, steps_of
from personalization.demo.personas import Simulated

NOW = 1_790_000_000_000


def acts_of(number: int, seed: int) -> list[Tell | React]:
    """A visit to whom everything is offered."""
    visit = Simulated(number).visits(NOW, 14)[0]
    course, acts, offered = course_of(visit.messages(), random.Random(seed), is_keen=True), [], None
    while True:
        try:
            act = course.send(offered)
        except StopIteration:
            return acts
        acts.append(act)
        placements = act.placements if isinstance(act, Tell) else ()
        offered = [Offered(key, f"{key}-variant", is_chosen=True, token=f"{len(acts)}-{key}") for key in placements]


@given(st.integers(0, 2000), st.integers())
def test_everything_happens_in_order_so_what_was_seen_comes_before_the_order(number, seed):
    acts = acts_of(number, seed)

    assert all(before.at <= after.at for before, after in pairwise(acts))
    asked = {act.at for act in acts if isinstance(act, Tell) and act.placements}
    assert all(any(at < act.at < at + 2_000 for at in asked) for act in acts if isinstance(act, React))


@given(st.integers(0, 2000))
def test_no_message_is_lost_and_those_of_a_moment_stay_together(number):
    messages = list(Simulated(number).visits(NOW, 14)[0].messages())

    steps = list(steps_of(messages))

    assert [message for step in steps for message in step.messages] == messages
    assert all(len({message["timestamp"] for message in step.messages}) == 1 for step in steps)


def test_a_long_look_asks_again_while_the_page_is_open():
    visit = next(
        visit
        for number in range(200)
        for visit in Simulated(number).visits(NOW, 14)
        if visit.persona.key == "focused-researcher"
    )

    asking = [
        step for step in steps_of(visit.messages()) if step.placements and step.messages[0].get("event") == "Page Dwell"
    ]

    assert asking
    assert all("product-offer" in step.placements for step in asking)


def test_nobody_clicks_on_what_was_not_seen():
    for number in range(100):
        acts = acts_of(number, number)
        seen = {token for act in acts if isinstance(act, React) and act.kind == "impression" for token in act.tokens}
        clicked = {token for act in acts if isinstance(act, React) and act.kind == "click" for token in act.tokens}
        assert clicked <= seen
