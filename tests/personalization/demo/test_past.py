"""What is written together stays what it was."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from personalization.demo.past import together
from tracking.event import Arrival, Event

arrivals = st.lists(
    st.builds(
        Arrival,
        st.integers(1, 2),
        st.sampled_from(["a", "b"]),
        st.sampled_from(["", "u"]),
        st.lists(st.builds(Event, st.text(max_size=3), st.just("track"), st.just("x"), st.integers(1, 9), st.just(1)), max_size=3),
    )
)  # fmt: skip


@given(arrivals)
def test_events_keep_their_order_and_whose_they_are(found):
    before = [(one.site, one.visitor, one.user_visitor, event) for one in found for event in one.events]

    kept = together(found)

    assert [(one.site, one.visitor, one.user_visitor, event) for one in kept for event in one.events] == before
    whose = [(one.site, one.visitor, one.user_visitor) for one in kept]
    assert all(one != other for one, other in pairwise(whose))
