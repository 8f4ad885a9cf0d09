"""Releases made of plain values, for tests of what decides from them."""

from operator import attrgetter

from campaigns.release import (
    FrozenHoldout,
    FrozenItem,
    FrozenPlacement,
    FrozenRelease,
    FrozenSegment,
    FrozenTuning,
    FrozenVariant,
    Source,
    dump,
    load,
)
from campaigns.rules import FrozenRule
from campaigns.treatments import FrozenTreatment, single

NEAR = {"related": ["p2", "p3"], "similar": ["p3"]}
ITEMS = [
    FrozenItem("p1", "Trail Runner", "Shoes", "/c/shoes", 8990, "EUR", "/p/p1", "/i/p1.svg", near=NEAR),
    FrozenItem("p2", "Road Runner", "Shoes", "/c/shoes", 9990, "EUR", "/p/p2", "/i/p2.svg"),
    FrozenItem("p3", "Easy Walker", "Shoes", "/c/shoes", 4990, "EUR", "/p/p3", "/i/p3.svg"),
    FrozenItem("p4", "Kettle", "Kitchen", "/c/kitchen", 104990, "JPY", "/p/p4", "/i/p4.svg"),
]


def variant(key: str, slot: str = "") -> FrozenVariant:
    return FrozenVariant(0, key, slot, [], [b"{}"], [], [])


def rule(key: int, condition: dict | None = None, *, placement: str = "hero", variant: int = 0, **fields) -> FrozenRule:
    condition = condition or {}
    values = {
        "name": f"rule {key}",
        "campaign": "spring",
        "campaign_name": "Spring",
        "priority": 500,
        "segment": "",
        "starts_at": 0,
        "ends_at": 0,
        "cap_per_day": 0,
        "cap_total": 0,
        "targeted": bool(condition),
        **fields,
    }
    return FrozenRule(id=key, placement=placement, treatment=variant, condition=condition, **values)


def source(
    rules: list[FrozenRule],
    variants: list[FrozenVariant] | None = None,
    placements: list[FrozenPlacement] | None = None,
    segments: list[FrozenSegment] = [],  # noqa: B006
    currency: str = "EUR",
    treatments: list[FrozenTreatment] = [],  # noqa: B006
    items: list[FrozenItem] = ITEMS,
    time_zone: str = "UTC",
    holdouts: list[FrozenHoldout] = [],  # noqa: B006
    tunings: list[FrozenTuning] = [],  # noqa: B006
) -> Source:
    """Each variant stands alone in the treatment of the same number; those given come behind them."""
    variants = variants or [variant(f"v{i}") for i in range(8)]
    placements = placements or [FrozenPlacement("hero", 7, 0), FrozenPlacement("side", -1, 0)]
    rules = sorted(rules, key=attrgetter("place"))
    treatments = [*map(single.freeze, range(len(variants))), *treatments]
    return Source(
        1,
        segments,
        {},
        placements,
        rules,
        variants,
        items,
        currency=currency,
        treatments=treatments,
        time_zone=time_zone,
        holdouts=holdouts,
        tunings=tunings,
    )


def release(*parts, **named) -> FrozenRelease:
    """Of the parts of a `source`, through the bytes that an edge process loads."""
    return load(dump(source(*parts, **named)))
