"""What edges hear of beside a release travels whole, whatever it was found in."""

from campaigns.bandits.weights import Dealing
from campaigns.treatments.weights import FrozenWeights
from personalization.allotting import Allotted, read_allotted, write_allotted

WEIGHTS = FrozenWeights(3, ["a", "b"], {-1: Dealing((0, 0), (4_000, 6_000)), 2: Dealing((0, 0), (9_000, 1_000))})


def test_weights_and_arms_travel():
    blob = write_allotted({7: WEIGHTS}, {"f" * 32: {7: "a", 9: "b"}})

    assert read_allotted(blob) == Allotted({7: WEIGHTS}, {"f" * 32: {7: "a", 9: "b"}})
    assert read_allotted(b"") == Allotted()


def test_what_is_equal_is_written_alike():
    one = write_allotted({7: WEIGHTS, 8: WEIGHTS}, {"e" * 32: {9: "b", 7: "a"}, "f" * 32: {7: "a"}})
    other = write_allotted({8: WEIGHTS, 7: WEIGHTS}, {"f" * 32: {7: "a"}, "e" * 32: {7: "a", 9: "b"}})

    assert one == other
