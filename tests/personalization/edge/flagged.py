"""A release whose placements show what clients of flags can meet."""

from campaigns.release import FrozenPlacement, FrozenSegment
from campaigns.treatments import split
from tests import releases
from tests.personalization.edge.conftest import variant

GERMAN = {"context.language": "de"}
SPLIT = split.freeze(3, "hero-test", "seed-of-hero", [("a", 1, 3), ("b", 2, 7)])
NAMES = ["default", "blue", "red", "german", "seen", "side-default"]


def source(**more):
    """`hero`: a segment of Germans first, then a lot for everybody; `side`: a condition on the profile; `off` is switched
    off; `empty` shows nothing; `twin` shows what `hero` does."""
    variants = [variant(i, key) for i, key in enumerate(NAMES)]
    rules = [
        releases.rule(1, {"$savedGroup": "german"}, variant=3, segment="german", priority=900, name="Germans"),
        releases.rule(2, variant=len(NAMES), priority=100, name="Test"),
        releases.rule(3, {"feature.products_viewed": {"$gte": 2}}, placement="side", variant=4, name="Seen"),
        releases.rule(4, placement="off", variant=4, name="Off"),
        releases.rule(5, GERMAN, placement="twin", variant=3, name="Twin"),
    ]  # fmt: skip
    placements = [
        FrozenPlacement("empty", -1, 0),
        FrozenPlacement("hero", 0, 0),
        FrozenPlacement("off", 0, 0, enabled=False),
        FrozenPlacement("side", 5, 0),
        FrozenPlacement("twin", 5, 0),
    ]
    parts = {"segments": [FrozenSegment("german", "Germans", GERMAN)], "treatments": [SPLIT], "items": []} | more
    return releases.source(rules, variants, placements, **parts)
