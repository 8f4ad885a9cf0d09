"""Drafts and releases taken apart, at random, for tests of what composes them."""

from hypothesis import strategies as st

from campaigns.composing import uses
from campaigns.goals import FrozenGoal
from campaigns.parts import Part, Parts, Shows
from campaigns.release import FrozenCampaign, FrozenPlacement, FrozenSegment, FrozenVariant
from campaigns.treatments import split
from tests.releases import ITEMS, rule

CAMPAIGNS, RULES, VARIANTS, TREATMENTS, GOALS = range(1, 5), range(1, 9), range(1, 7), (21, 22), (31, 32)
SEGMENTS, PLACEMENTS = ("a", "b", "c", "d"), ("hero", "side", "strip")
VERSIONS = st.integers(0, 2)  # few, so that two drafts often agree


def variant(pk: int, version: int) -> FrozenVariant:
    return FrozenVariant(pk, f"v{pk}", "", [], [b'{"headline": "%d"}' % version], [], [])


@st.composite
def some_parts(draw, names_others: bool = True) -> Parts:
    """As a draft may be: each thing there or not, in one of a few versions; whatever is used is there."""
    segments = {}
    for key, later in zip(SEGMENTS, (*SEGMENTS[1:], ""), strict=True):
        condition = {"feature.orders_total": {"$gt": draw(VERSIONS)}} if draw(st.booleans()) else {}
        if later and names_others and draw(st.booleans()):
            condition = {"$savedGroup": later}
        segments[key] = FrozenSegment(key, key.upper(), condition)
    variants = {pk: variant(pk, draw(VERSIONS)) for pk in VARIANTS}
    arms = st.lists(st.sampled_from(VARIANTS), min_size=1, max_size=3)
    treatments = {pk: by_ids(pk, draw(arms)) for pk in TREATMENTS}
    placements = {
        key: FrozenPlacement(key, draw(st.sampled_from([0, *VARIANTS])), draw(VERSIONS)) for key in PLACEMENTS
    }
    goals = {pk: FrozenGoal(pk, f"g{pk}", "Order", {}, "nothing", 0, "", 1 + draw(VERSIONS)) for pk in GOALS}
    campaigns = {pk: FrozenCampaign(pk, f"c{pk}", draw(st.sampled_from([0, *GOALS]))) for pk in CAMPAIGNS}
    rules = {pk: draw(a_rule(pk)) for pk in draw(st.sets(st.sampled_from(RULES)))}
    found = Parts(1, draw(st.sampled_from(["EUR", "USD"])), draw(st.sampled_from(["UTC", "Europe/Berlin"])))
    found.rules, found.campaigns, found.goals = rules, campaigns, goals
    found.treatments, found.variants = treatments, variants
    found.placements, found.items = placements, draw(st.sampled_from([[], ITEMS, ITEMS[:2]]))
    found.segments = {key: row for key, row in segments.items() if draw(st.booleans())}
    # Each that is added may name another.
    while (
        lacking := found.with_named(found.segments_used(rules.values()) | found.segments.keys()) - found.segments.keys()
    ):
        found.segments |= {key: segments[key] for key in lacking}
    return found


@st.composite
def a_rule(draw, pk: int) -> Part:
    own = {"context.device": "mobile"} if draw(st.booleans()) else {}
    shows = draw(st.sampled_from([*(Shows(pk, 0) for pk in VARIANTS), *(Shows(0, pk) for pk in TREATMENTS)]))
    row = rule(
        pk,
        own,
        placement=draw(st.sampled_from(PLACEMENTS)),
        segment=draw(st.sampled_from(["", *SEGMENTS])),
        priority=draw(st.sampled_from([400, 500])),
        campaign_id=draw(st.sampled_from(CAMPAIGNS)),
        targeted=False,
    )
    return Part(row, shows)


def by_ids(pk: int, variants: list[int]):
    """A treatment whose arms name variants by their ids."""
    return split.freeze(pk, f"t{pk}", "seed", [(f"arm{i}", variant, 1) for i, variant in enumerate(variants)])


def own(parts: Parts, campaign: int) -> dict[int, Part]:
    return {pk: part for pk, part in parts.rules.items() if part.rule.campaign_id == campaign}


def used_by(parts: Parts, campaign: int) -> set[str]:
    rules = own(parts, campaign).values()
    return uses(parts, rules) if rules else set()
