import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from campaigns.hours import parse
from campaigns.index.bits import bitmap
from personalization.decide import decide
from personalization.explain import sentences
from personalization.gates import AT_ONCE, GATES, all_against, let_through
from personalization.page import Page
from personalization.reasons import Outcome
from personalization.situation import NO_VISITOR, Situation
from segments.profile import Profile
from segments.state import Session
from tests.releases import release, rule, variant

NOW, DAY = 1_790_000_000_000, 20_717

CONDITIONS = st.sampled_from(
    [
        {},
        {"visitor.orders": {"$gte": 1}},
        {"context.device": "mobile"},
        {"$or": [{"context.path": {"$regex": "^/sale"}}, {"visitor.new": True}]},
        {"$not": {"context.device": "mobile"}},
    ]
)
HOURS = st.sampled_from([(), (0,) * 7, parse("mon-fri 9-18"), parse("mon-sun 15-17"), parse("mon-sun 0-13")])
RULES = st.lists(st.tuples(CONDITIONS, st.integers(0, 2), st.sampled_from([0, NOW, NOW + 1]), st.integers(0, 1), HOURS))
CONTEXTS = st.fixed_dictionaries(
    {"device": st.sampled_from(["mobile", "other"]), "path": st.sampled_from(["/", "/sale"])}
)


@limits(max_examples=200, deadline=None)
@given(RULES, CONTEXTS, st.booleans(), st.booleans(), st.sampled_from(["", "granted", "stored", "denied"]))
def test_what_is_asked_at_once_is_what_is_asked_one_by_one(drawn, context, consent, is_readable, said):
    """The decision's bitmaps against the trace's table."""
    rules = [
        rule(i, condition, variant=creative, starts_at=starts_at, cap_per_day=cap, hours=hours)
        for i, (condition, creative, starts_at, cap, hours) in enumerate(drawn)
    ]
    of = release(rules, [variant("a"), variant("b"), variant("slotted", "cart")], time_zone="Asia/Kathmandu")
    profile = Profile(consent=said, orders=1)
    situation = Situation(of, profile, NO_VISITOR, consent, context, NOW, DAY, {}, is_readable)

    asked = (
        i
        for i, one in enumerate(of.rules)
        if not any(gate.speaks_against(one, None, Page(situation)) for gate in AT_ONCE)
    )

    assert let_through(situation, of.masks["hero"]) == bitmap(asked, len(rules))


FRIDAY_10_BERLIN, SATURDAY = 1_795_770_000_000, 1_795_824_000_000  # 27 November 2026 09:00, 28 November 00:00 UTC


@pytest.mark.parametrize(
    ("now", "ends_at", "words"),
    [
        (FRIDAY_10_BERLIN, 0, "won: it is for everybody"),
        (SATURDAY, 0, "did not win: it is outside its hours, next on Friday 4 Dec 09:00, Europe/Berlin"),
        (SATURDAY, SATURDAY + 1, "did not win: it is outside its hours, and has none left within its dates"),
    ],
)
def test_a_rule_outside_its_hours_says_when_it_runs_next(now, ends_at, words):
    of = release([rule(1, hours=parse("fri 9-24"), ends_at=ends_at)], time_zone="Europe/Berlin")
    situation = Situation(of, Profile(), NO_VISITOR, True, {}, now, DAY)

    (decision,) = decide(situation, ["hero"], trace=True)

    assert words in sentences(decision, of)[1]


def test_everything_but_winning_is_a_gate_with_a_sentence():
    told = {gate.outcome: gate.sentence for gate in GATES}

    assert set(told) == set(Outcome) - {Outcome.WON, Outcome.OUTRANKED}
    assert len(GATES) == len(told)
    assert all(told.values())


def test_says_everything_that_speaks_against_a_rule():
    """Who lets a rule begin earlier wants to know that its cap is used up as well."""
    of = release(
        [rule(1, {"visitor.orders": {"$gte": 9}}, name="Coupon", starts_at=NOW + 1, cap_total=2, cap_per_day=2)]
    )
    situation = Situation(of, Profile(shown={"1": [DAY, 2, 5]}), NO_VISITOR, True, {}, NOW, DAY)

    against = all_against(of.rules[0], Page(situation))
    (decision,) = decide(situation, ["hero"], trace=True)

    assert [(one.outcome, one.used, one.cap) for one in against] == [
        ("UNSCHEDULED", 0, 0),
        ("CONDITION", 0, 0),
        ("CAPPED_TODAY", 2, 2),
        ("CAPPED", 5, 2),
    ]
    assert sentences(decision, of)[1] == (
        "Rule “Coupon” did not win: it is outside its dates, which begin on Monday 21 Sep 14:13, UTC; "
        "and Orders ever is 0 orders and must be at least 9 orders; and 2 of 2 impressions today used; and 5 of 2 impressions in all used."
    )


def test_nothing_is_said_of_a_visitor_of_whom_nothing_may_be_known():
    of = release([rule(1, {"visitor.orders": {"$gte": 9}}, cap_total=2, variant=0)], [variant("cart", "cart")])
    situation = Situation(of, Profile(shown={"1": [DAY, 2, 5]}), NO_VISITOR, False, {}, NOW, DAY)

    against = all_against(of.rules[0], Page(situation))

    assert [one.outcome for one in against] == ["NO_CONSENT"]


def offering():
    """Somebody who looked at p1, whose neighbours are p2 and p3, and a release of two creatives that offer those."""
    profile = Profile(session=Session(number=1, started_at=NOW, last_at=NOW, longest_product="p1"))
    of = release([], [variant("first", "related"), variant("second", "related")], [])
    return Page(Situation(of, profile, NO_VISITOR, True, {}, NOW, DAY))


def test_what_a_creative_would_show_changes_with_what_is_shown():
    page = offering()
    before = page.values(1)["item.name"]

    page.show(0)

    assert (before, page.values(1)["item.name"]) == ("Road Runner", "Easy Walker")


def test_what_is_shown_later_is_not_on_the_page_as_it_was():
    page = offering()
    before = page.copy()

    page.show(0)

    assert (before.used, before.items) == (set(), set())
    assert before.values(0)["item.name"] == "Road Runner"
