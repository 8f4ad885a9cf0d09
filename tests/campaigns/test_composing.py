"""A release is what visitors see with what was chosen, and with nothing else."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from campaigns.composing import (
    CATALOGUE,
    all_differing,
    compose,
    differing,
    everything,
    rules_differing,
    thing,
    without,
)
from campaigns.parts import Parts, Shows, apart, together
from campaigns.release import FrozenPlacement, FrozenSegment
from tests.parts import CAMPAIGNS, own, some_parts, used_by, variant
from tests.releases import rule

pairs = st.tuples(some_parts(), some_parts()).map(lambda pair: tuple(apart(together(parts)) for parts in pair))
choices = st.sets(st.sampled_from(CAMPAIGNS))


def named(campaigns) -> set[str]:
    return {thing("campaign", pk) for pk in campaigns}


@given(pairs)
def test_whoever_chooses_everything_publishes_the_draft(pair):
    live, draft = pair

    composed = compose(live, draft, everything(live, draft))

    assert together(composed.parts) == together(draft)
    assert not composed.missing


@given(pairs)
def test_whoever_chooses_nothing_changes_nothing(pair):
    live, draft = pair

    assert together(compose(live, draft, ()).parts) == together(live)


@given(pairs, choices)
def test_what_is_chosen_is_as_drafted_and_the_rest_as_visitors_see_it(pair, chosen):
    live, draft = pair

    parts = compose(live, draft, named(chosen)).parts

    moved = {pk for campaign in chosen for pk in own(draft, campaign)}
    for campaign in CAMPAIGNS:
        if campaign in chosen:
            assert own(parts, campaign) == own(draft, campaign)
        else:
            assert own(parts, campaign) == {pk: part for pk, part in own(live, campaign).items() if pk not in moved}
    assert (parts.currency, parts.time_zone) == (live.currency, live.time_zone)
    assert {key: parts.placements[key] for key in live.placements} == live.placements


@given(pairs, choices)
def test_what_a_chosen_campaign_uses_comes_along_and_is_told(pair, chosen):
    live, draft = pair

    composed = compose(live, draft, named(chosen))
    together(composed.parts)

    needed = set().union(*(used_by(draft, campaign) for campaign in chosen))
    for name in needed:
        kind, _, key = name.partition(":")
        rows = f"{kind}s"
        row = getattr(draft, rows)[int(key) if key.isdecimal() else key]
        if kind != "placement" or key not in live.placements:
            assert getattr(composed.parts, rows)[int(key) if key.isdecimal() else key] == row
    changed = {name for name in all_differing(live, composed.parts) if not name.startswith(("campaign:", "placement:"))}
    assert changed <= composed.along  # of a placement that stays, a default that is shared may have changed


@given(pairs, choices)
def test_publishing_the_same_choice_again_changes_nothing(pair, chosen):
    live, draft = pair
    once = compose(live, draft, named(chosen)).parts

    twice = compose(apart(together(once)), draft, named(chosen)).parts

    assert together(twice) == together(once)


@given(pairs, choices, choices)
def test_two_who_publish_apart_bring_what_one_of_them_would_bring(pair, ours, theirs):
    live, draft = pair
    both = compose(live, draft, named(ours | theirs)).parts

    one_by_one = compose(apart(together(compose(live, draft, named(ours)).parts)), draft, named(theirs)).parts

    assert together(one_by_one).rules == together(both).rules


@given(pairs)
def test_what_is_held_stays_as_visitors_see_it_whatever_else_is_chosen(pair):
    """A roll back took back the difference; somebody publishes all the rest."""
    live, draft = pair
    held = all_differing(live, draft)

    composed = compose(live, draft, everything(live, draft) - held, held)

    assert together(composed.parts) == together(live)


@given(pairs, st.sampled_from(CAMPAIGNS))
def test_whoever_chooses_a_held_campaign_releases_what_it_uses(pair, campaign):
    live, draft = pair
    held = (all_differing(live, draft) | named({campaign})) - {CATALOGUE}

    composed = compose(live, draft, named({campaign}), held)

    assert together(composed.parts) == together(compose(live, draft, named({campaign})).parts)


@given(some_parts(), choices)
def test_without_a_campaign_everything_else_stays(parts, gone):
    live = apart(together(parts))

    left = apart(together(without(live, campaigns=gone)))

    assert all(own(left, campaign) == ({} if campaign in gone else own(live, campaign)) for campaign in CAMPAIGNS)
    assert (left.segments, left.placements, left.items) == (live.segments, live.placements, live.items)


@given(pairs)
def test_what_differs_is_what_choosing_it_changes(pair):
    live, draft = pair

    for name in everything(live, draft) - differing(live, draft):
        if not name.startswith("campaign:"):
            composed = compose(live, draft, {name}).parts
            assert name not in differing(live, composed)


@given(some_parts())
def test_nothing_differs_from_itself(parts):
    live = apart(together(parts))
    dated = {
        pk: part._replace(rule=msgspec.structs.replace(part.rule, first_published_at=9))
        for pk, part in live.rules.items()
    }

    assert all_differing(live, live) == set() == rules_differing(live, live)
    assert differing(live, msgspec.structs.replace(live, rules=dated)) == set()


# --- rules that are written down ------------------------------------------------------------------


def small(*rules, segments=(), placements=("hero",), version: int = 0) -> Parts:
    parts = Parts(1, "EUR")
    parts.variants = {1: variant(1, version)}
    parts.placements = {key: FrozenPlacement(key, 0, version) for key in placements}
    parts.segments = {row.key: row for row in segments}
    parts.rules = {part.id: (part, Shows(1, 0)) for part in rules}
    return parts


def of(campaign: int, key: int, **fields):
    return msgspec.structs.replace(rule(key, {}, campaign_id=campaign, **fields), targeted=False)


def made(*rules, **fields) -> Parts:
    from campaigns.parts import Part
    from campaigns.release import FrozenCampaign

    parts = small(*rules, **fields)
    parts.rules = {row.id: Part(row, Shows(1, 0)) for row in rules}
    parts.campaigns = {row.campaign_id: FrozenCampaign(row.campaign_id, f"c{row.campaign_id}", 0) for row in rules}
    return parts


def test_a_segment_that_comes_along_is_the_same_for_whoever_else_uses_it():
    old, new = (FrozenSegment("a", "A", {"feature.orders_total": {"$gt": n}}) for n in (1, 2))
    live = made(of(1, 1, segment="a"), of(2, 2, segment="a"), segments=[old])
    draft = made(of(1, 1, segment="a", priority=7), of(2, 2, segment="a", priority=9), segments=[new])

    composed = compose(live, draft, {"campaign:1"})

    rules = {row.id: row for row in together(composed.parts).rules}
    assert composed.along == {"segment:a"}
    assert rules[2].condition == new.condition and rules[2].priority == 500


def test_a_placement_stays_as_it_is_until_it_is_chosen_but_a_new_one_comes_along():
    live = made(of(1, 1))
    draft = made(of(1, 1), of(1, 2, placement="side"), placements=("hero", "side"), version=1)

    composed = compose(live, draft, {"campaign:1"})

    assert composed.parts.placements["hero"].min_height == 0
    assert composed.parts.placements["side"].min_height == 1
    assert compose(live, draft, {"placement:hero"}).parts.placements["hero"].min_height == 1


def test_a_segment_that_is_gone_stays_as_long_as_a_rule_needs_it():
    segment = FrozenSegment("a", "A", {"feature.orders_total": {"$gt": 1}})
    live = made(of(1, 1, segment="a"), segments=[segment])
    draft = made(of(1, 1))

    assert "a" in compose(live, draft, {"segment:a"}).parts.segments
    assert "a" not in compose(live, draft, {"segment:a", "campaign:1"}).parts.segments


def test_what_is_held_and_in_no_release_is_missing():
    segment = FrozenSegment("a", "A", {"feature.orders_total": {"$gt": 1}})
    draft = made(of(1, 1, segment="a"), segments=[segment])

    composed = compose(made(of(2, 2)), draft, {"campaign:1"}, held={"segment:a"})

    assert composed.missing == ((1, "segment:a"),)


def test_a_rule_that_moved_between_campaigns_is_there_once():
    live, draft = made(of(1, 1)), made(of(2, 1))

    assert own(compose(live, draft, {"campaign:2"}).parts, 2).keys() == {1}
    assert compose(live, draft, {"campaign:2"}).parts.rules.keys() == {1}
    assert compose(live, draft, {"campaign:1"}).parts.rules == {}
